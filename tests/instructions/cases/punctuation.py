"""Punctuation."""

from tests.instructions.cases import Case

CASES = (
    Case(
        "punctuation:no_comma",
        follow=("Red and blue.", "Red; blue.", "it's", "3.14", "a\nb", "Red - blue!", "‚low quote’"),
        fail=("Red, blue.", ",", "1,000", "red,blue", "红，蓝", "أحمر، أزرق", "赤、青"),
    ),
)
