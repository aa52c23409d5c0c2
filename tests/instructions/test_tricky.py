"""Answers that a careless checker gets wrong."""

import json
from typing import Any

import pytest

from sdg_ray.instructions import check

CODE = '```python\nx = [1, 2]\n# a comment\nprint("* no bullet")\n```'

# what is tricky, the instruction, its arguments, the answer, whether it follows
TRICKY: tuple[tuple[str, str, dict[str, Any], str, bool], ...] = (
    ("comma in code", "punctuation:no_comma", {}, CODE, False),
    ("list in code is a bracket", "detectable_content:number_placeholders", {"num_placeholders": 1}, CODE, True),
    ("bullet in a string", "detectable_format:number_bullet_lists", {"num_bullets": 1}, CODE, False),
    ("JSON after a fence and text", "detectable_format:json_format", {}, 'Here:\n```json\n{"a": 1}\n```', False),
    ("JSON with fence inside", "detectable_format:json_format", {}, '{"code": "```"}', True),
    ("two JSON values", "detectable_format:json_format", {}, "{}\n{}", False),
    ("byte order mark", "detectable_format:title", {}, "\ufeff<<Tides>>", True),
    ("no-break spaces", "startend:end_checker", {"end_phrase": "The end."}, "It is. The end.\u00a0\u00a0", True),
    ("spaces before the end", "startend:quotation", {}, '  "It is."  \t\n', True),
    ("curly quotes", "startend:quotation", {}, "\u201cIt is.\u201d", False),
    ("quotes within", "startend:quotation", {}, '"It is "so"."', True),
    ("dotless capital", "change_case:english_capital", {}, "İSTANBUL IS BIG", True),
    ("sharp s has no capital", "change_case:english_lowercase", {}, "the street is called hauptstraße", True),
    ("emoji has no case", "change_case:english_lowercase", {}, "yes 👍", True),
    ("only an emoji", "change_case:english_lowercase", {}, "👍", False),
    ("fullwidth letters", "keywords:existence", {"keywords": ["ok"]}, "ＯＫ", False),
    ("keyword with accents", "keywords:existence", {"keywords": ["café"]}, "un CAFÉ, please", True),
    ("keyword in code", "keywords:existence", {"keywords": ["print"]}, CODE, True),
    ("keyword in markdown", "keywords:existence", {"keywords": ["tide"]}, "The **tide**.", True),
    ("keyword with underscore", "keywords:forbidden_words", {"forbidden_words": ["tide"]}, "the_tide", True),
    ("one line of stars", "length_constraints:number_paragraphs", {"num_paragraphs": 1}, "***\n\n***", False),
    ("spaces after the divider", "length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***   \nb", True),
    ("empty lines with spaces", "length_constraints:nth_paragraph_first_word",
     {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "two"}, "one\n   \n   \ntwo", True),
    ("a paragraph that is not there", "length_constraints:nth_paragraph_first_word",
     {"num_paragraphs": 1, "nth_paragraph": 2, "first_word": "two"}, "one", False),
    ("numbers with stops", "length_constraints:number_sentences", {"num_sentences": 2, "relation": "less than"},
     "It is 3.14 at 5.30 on example.com.", True),
    ("no stop at the end", "length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"},
     "It is. And it goes on", True),
    ("words of other scripts", "length_constraints:number_words", {"num_words": 3, "relation": "at least"},
     "раз два три", True),
    ("stars for words", "length_constraints:number_words", {"num_words": 1, "relation": "at least"}, "***", False),
    ("nested bullets", "detectable_format:number_bullet_lists", {"num_bullets": 3}, "* a\n  * b\n\t- c", True),
    ("emphasis is no bullet", "detectable_format:number_bullet_lists", {"num_bullets": 1}, "*a* is\n* b", True),
    ("bullets are no highlights", "detectable_format:number_highlighted_sections", {"num_highlights": 1},
     "* a * b *", False),
    ("multiplication", "detectable_format:number_highlighted_sections", {"num_highlights": 1}, "2 * 3 * 4", False),
    ("emphasis not closed", "detectable_format:number_highlighted_sections", {"num_highlights": 1},
     "It is *not * so", False),
    ("section in the text", "detectable_format:multiple_sections",
     {"section_spliter": "Section", "num_sections": 2}, "Section 1\nSee Section 2.", False),
    ("nested brackets of code", "detectable_format:title", {}, "vector<vector<int>> x;", False),
    ("postscript in quotes", "detectable_content:postscript", {"postscript_marker": "P.S."}, '"Hi.\nP.S. More."', True),
    ("null arguments are none", "punctuation:no_comma", {"keywords": None, "relation": None}, "It is.", True),
)  # fmt: skip


@pytest.mark.parametrize(("what", "id", "kwargs", "answer", "follows"), TRICKY, ids=[row[0] for row in TRICKY])
def test_tricky(what: str, id: str, kwargs: dict[str, Any], answer: str, follows: bool) -> None:
    assert check(json.dumps({"instruction_id_list": [id], "kwargs": [kwargs]}), answer) == [follows]
