"""How an answer begins and ends.

follows("It is blue. Any other questions?", end_phrase="Any other questions?")    True
"""

import random

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting

PHRASES = ("Any other questions?", "Is there anything else I can help with?")


def end_checker(text: str, *, end_phrase: str) -> bool:
    """The phrase is the last thing said, in large or small letters; quotes around the answer are let be."""
    return text.strip().strip('"').rstrip().lower().endswith(end_phrase.strip().lower())


def quotation(text: str) -> bool:
    """The whole answer is in straight double quotes, and there is something between them."""
    answer = text.strip()
    return answer[0] == answer[-1] == '"' and bool(answer.strip('" \n\t'))


def draw_phrase(chance: random.Random, setting: Setting) -> Kwargs:
    """Which phrase."""
    return {"end_phrase": chance.choice(PHRASES)}


GROUP = (
    Instruction(
        id="startend:end_checker",
        asks=(
            'End your answer with exactly this phrase: "{end_phrase}" Nothing should follow it.',
            'The last words of your answer must be "{end_phrase}"',
            'Finish with the very words "{end_phrase}" and say no more after them.',
        ),
        follows=end_checker,
        draw=draw_phrase,
    ),
    Instruction(
        id="startend:quotation",
        asks=(
            "Wrap your whole answer in double quotation marks.",
            'Put " before the first word of your answer and after its last.',
            "Your entire answer should stand between double quotes.",
        ),
        follows=quotation,
    ),
)
