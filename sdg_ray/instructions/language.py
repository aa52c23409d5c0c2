"""The language of an answer.

    follows("Der Mond zieht das Meer an.", language="de")    True

Where the benchmark's detector cannot tell, the instruction counts as followed; here it does not, because nothing shows
that it was.
"""

import random

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting
from sdg_ray.instructions.languages import detect


def response_language(text: str, *, language: str) -> bool:
    """Most of the answer is in the language with this code."""
    return detect(text) == language


def draw_language(chance: random.Random, setting: Setting) -> Kwargs:
    """One of the languages that may be asked for."""
    return {"language": chance.choice(setting.languages)}


GROUP = (
    Instruction(
        id="language:response_language",
        asks=(
            "Write your whole answer in {language:language}.",
            "Answer in {language:language} and in no other language.",
            "Use only {language:language} in your answer.",
        ),
        follows=response_language,
        draw=draw_language,
        fits=lambda setting: bool(setting.languages),
    ),
)
