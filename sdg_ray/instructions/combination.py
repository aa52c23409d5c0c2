"""Two answers in one, and an answer after the prompt's own words.

    follows("Blue.\n******\nGrey.")    True

Different from the benchmark's checker: exactly six asterisks divide, and something has to follow the repeated prompt.
"""

import random
import re

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting

DIVIDER = re.compile(r"(?<!\*)\*{6}(?!\*)")
LONGEST_REPEATED = 400  # characters; a document is not repeated word for word


def two_responses(text: str) -> bool:
    """Six asterisks divide two different answers; a divider before the first or after the second is let be."""
    parts = [part.strip() for part in DIVIDER.split(text)]
    answers = [part for part in parts if part]
    return len(answers) == 2 and answers[0] != answers[1] and all(parts[1:-1])


def repeat_prompt(text: str, *, prompt_to_repeat: str) -> bool:
    """The answer begins with the prompt, in large or small letters, and goes on."""
    said, asked = text.strip().lower(), prompt_to_repeat.strip().replace("\r\n", "\n").lower()
    return said.startswith(asked) and bool(re.search(r"\w", said[len(asked) :]))


def draw_prompt(chance: random.Random, setting: Setting) -> Kwargs:
    """The prompt itself."""
    return {"prompt_to_repeat": setting.prompt.strip()}


GROUP = (
    Instruction(
        id="combination:two_responses",
        asks=(
            "Give two different answers, divided by six asterisks: ******",
            "Write two different responses. Put ****** between them and nowhere else.",
            "Answer twice, in two different ways, with ****** between the first answer and the second.",
        ),
        follows=two_responses,
    ),
    Instruction(
        id="combination:repeat_prompt",
        asks=(
            "First repeat what stands in the quotes, word for word and without the quotes, then give your answer: "
            '"{prompt_to_repeat}"',
            "Before you answer, say the request again without any change, and write nothing before it. It is: "
            '"{prompt_to_repeat}"',
            'Start your answer with the words "{prompt_to_repeat}" exactly as they stand here, without the quotes, and '
            "then go on with the answer itself.",
        ),
        follows=repeat_prompt,
        draw=draw_prompt,
        fits=lambda setting: 0 < len(setting.prompt.strip()) <= LONGEST_REPEATED,
    ),
)
