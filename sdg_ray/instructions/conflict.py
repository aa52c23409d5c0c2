"""Which instructions cannot be asked for together.

    conflicts("change_case:english_capital", "change_case:english_lowercase")    True
    clash({"keywords:existence": {"keywords": ["moon"]}, "keywords:letter_frequency": {...: fewer than 2 "o"}})     True

The benchmark's table, made symmetric, and what it lacks: pairs that no answer can follow by our checkers, or that make
no sense together, such as sections headed `Section` in an answer without a capital letter.
"""

from collections.abc import Iterable, Iterator, Mapping

from sdg_ray.instructions.instruction import Kwargs

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


def clash(asked: Mapping[str, Kwargs]) -> bool:
    """Whether what some instructions have one write passes the bound of another, on a letter or on capital words."""
    written = " ".join(_written(asked)).lower()
    letter, capitals = asked.get("keywords:letter_frequency"), asked.get("change_case:capital_word_frequency")
    sections = asked.get("detectable_format:multiple_sections", {})
    headings = sections["num_sections"] if sections.get("section_spliter", "").isupper() else 0
    return bool(
        (letter and not _room(letter["let_relation"], letter["let_frequency"], written.count(letter["letter"])))
        or (capitals and not _room(capitals["capital_relation"], capitals["capital_frequency"], headings))
    )


def _written(asked: Mapping[str, Kwargs]) -> Iterator[str]:
    """The words that every answer to these has in it."""
    for id, kwargs in asked.items():
        if id == "keywords:existence":
            yield from kwargs["keywords"]
        elif id == "keywords:frequency" and kwargs["relation"] == "at least":
            yield from [kwargs["keyword"]] * kwargs["frequency"]
        elif id == "detectable_format:multiple_sections":
            yield from [kwargs["section_spliter"]] * kwargs["num_sections"]
        else:
            yield from (kwargs[name] for name in ("first_word", "end_phrase", "postscript_marker") if name in kwargs)


def _room(relation: str, bound: int, count: int) -> bool:
    return relation != "less than" or count < bound


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
