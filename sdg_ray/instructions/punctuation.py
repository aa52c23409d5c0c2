"""Punctuation that an answer lacks.

    follows("Red and blue.")    True

Different from the benchmark's checker: the commas of Chinese, Japanese and Arabic text are commas too.
"""

from sdg_ray.instructions.instruction import Instruction

COMMAS = frozenset(",，、،")


def no_comma(text: str) -> bool:
    """There is no comma."""
    return not COMMAS & set(text)


GROUP = (
    Instruction(
        id="punctuation:no_comma",
        asks=(
            "Do not use any commas.",
            "Your answer must not contain a comma.",
            "Write without commas.",
        ),
        follows=no_comma,
    ),
)
