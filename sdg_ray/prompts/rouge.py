"""ROUGE-L: how alike two texts are, by the longest sequence of words that both have in order.

"the cat sat on the mat", "the dog sat on a mat"  ->  the ... sat on ... mat  ->  4 of 6 words on both sides, 0.67
"""

import re
from collections.abc import Sequence


def rouge_l(one: str, other: str) -> float:
    """The F-measure, from 0 to 1; case and punctuation do not matter. Of texts without words, 0."""
    words, others = _words(one), _words(other)
    total = len(words) + len(others)
    return 2 * _common(words, others) / total if total else 0.0


def _common(words: Sequence[str], others: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(others) + 1)
    for word in words:
        before = 0  # what the row above has one place to the left
        for place, other in enumerate(others, 1):
            above = row[place]
            row[place] = before + 1 if word == other else max(above, row[place - 1])
            before = above
    return row[-1]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
