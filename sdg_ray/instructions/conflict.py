"""Which instructions cannot be asked for together.

    conflicts("change_case:english_capital", "change_case:english_lowercase")    True

The benchmark's table, made symmetric, and what it lacks: pairs that no answer can follow by our checkers, or that make
no sense together, such as sections headed `Section` in an answer without a capital letter.
"""

from collections.abc import Iterable

ALONE = "detectable_format:constrained_response"  # an answer of four words follows nothing else
ONLY_WITH = {
    "detectable_format:json_format": {"keywords:existence", "keywords:forbidden_words"},
    "combination:two_responses": {
        "keywords:existence",
        "keywords:forbidden_words",
        "language:response_language",
        "detectable_format:title",
        "punctuation:no_comma",
    },
    "combination:repeat_prompt": {"keywords:existence", "detectable_format:title"},  # the prompt may have a comma
}
NOT_WITH = {
    "language:response_language": {
        "keywords:existence",
        "keywords:frequency",
        "keywords:forbidden_words",
        "keywords:letter_frequency",
        "length_constraints:nth_paragraph_first_word",
        "detectable_format:multiple_sections",
        "startend:end_checker",
        "change_case:capital_word_frequency",
        "change_case:english_capital",
        "change_case:english_lowercase",
    },
    "length_constraints:number_sentences": {
        "length_constraints:number_paragraphs",
        "length_constraints:nth_paragraph_first_word",
        "detectable_content:postscript",
        "detectable_format:number_bullet_lists",
        "detectable_format:multiple_sections",
    },
    "length_constraints:number_paragraphs": {"length_constraints:nth_paragraph_first_word"},
    "detectable_format:multiple_sections": {
        "detectable_format:number_highlighted_sections",
        "change_case:english_capital",
        "change_case:english_lowercase",
    },
    "change_case:english_capital": {"change_case:english_lowercase", "change_case:capital_word_frequency"},
    "change_case:english_lowercase": {"change_case:capital_word_frequency"},
    "startend:quotation": {"detectable_format:title"},
}


def conflicts(a: str, b: str) -> bool:
    """Whether the instructions with these ids cannot be asked for together; an instruction conflicts with itself."""
    return a == b or ALONE in (a, b) or _bars(a, b) or _bars(b, a)


def _bars(a: str, b: str) -> bool:
    return b in NOT_WITH.get(a, ()) or (a in ONLY_WITH and b not in ONLY_WITH[a])


def together(ids: Iterable[str], n: int) -> tuple[str, ...] | None:
    """The first `n` of `ids` that can be asked for together, in their order; None where there are none."""
    if n == 0:
        return ()
    left = list(ids)
    while len(left) >= n:
        first = left.pop(0)
        rest = together((other for other in left if not conflicts(first, other)), n - 1)
        if rest is not None:
            return first, *rest
    return None
