"""Beginnings and ends."""

from tests.instructions.cases import Case

CASES = (
    Case(
        "startend:end_checker",
        kwargs={"end_phrase": "Any other questions?"},
        follow=(
            "Blue. Any other questions?",
            "Blue.\nany other questions?",
            "Any other questions?",
            '"Blue. Any other questions?"',
            "Blue. ANY OTHER QUESTIONS?  \n",
            'Blue. "Any other questions?"',
        ),
        fail=(
            "Blue.",
            "Any other questions? No.",
            "Blue. Any other questions",
            "Blue. Any other questions?!",
            "Blue. Any more questions?",
            "Blue. *Any other questions?*",
        ),
    ),
    Case(
        "startend:quotation",
        follow=('"Blue."', ' "Blue."\n', '"a "b" c"', '"a\nb"', '"42"', '"«Blau»"'),
        fail=('"', '""', '" "', '"Blue.', 'Blue."', "“Blue.”", "'Blue.'", '"Blue." Yes.', 'He said "Blue."'),
    ),
)
