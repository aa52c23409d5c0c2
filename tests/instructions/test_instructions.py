"""Drawing, conflicts, references, and the strict and loose checks."""

import json
import random
from collections import Counter
from itertools import combinations, product
from typing import Any

import pytest

from sdg_ray.instructions import INSTRUCTIONS, NAMES, Drawn, check, check_loose, conflicts, draw, reference
from sdg_ray.instructions.instruction import SPOKEN, Setting

PROMPT = "Is it true that tides follow the moon?"
IDS = tuple(INSTRUCTIONS)
KWARGS = {  # the published ids, and the names of their arguments
    "keywords:existence": {"keywords"},
    "keywords:frequency": {"keyword", "frequency", "relation"},
    "keywords:forbidden_words": {"forbidden_words"},
    "keywords:letter_frequency": {"letter", "let_frequency", "let_relation"},
    "language:response_language": {"language"},
    "length_constraints:number_sentences": {"num_sentences", "relation"},
    "length_constraints:number_paragraphs": {"num_paragraphs"},
    "length_constraints:number_words": {"num_words", "relation"},
    "length_constraints:nth_paragraph_first_word": {"num_paragraphs", "nth_paragraph", "first_word"},
    "detectable_content:number_placeholders": {"num_placeholders"},
    "detectable_content:postscript": {"postscript_marker"},
    "detectable_format:number_bullet_lists": {"num_bullets"},
    "detectable_format:constrained_response": set(),
    "detectable_format:number_highlighted_sections": {"num_highlights"},
    "detectable_format:multiple_sections": {"section_spliter", "num_sections"},
    "detectable_format:json_format": set(),
    "detectable_format:title": set(),
    "combination:two_responses": set(),
    "combination:repeat_prompt": {"prompt_to_repeat"},
    "startend:end_checker": {"end_phrase"},
    "startend:quotation": set(),
    "change_case:capital_word_frequency": {"capital_frequency", "capital_relation"},
    "change_case:english_capital": set(),
    "change_case:english_lowercase": set(),
    "punctuation:no_comma": set(),
}
RANGES = {
    "num_sentences": (1, 20),
    "num_placeholders": (1, 4),
    "num_bullets": (1, 5),
    "num_highlights": (1, 4),
    "num_sections": (1, 5),
    "num_paragraphs": (1, 5),
    "nth_paragraph": (1, 5),
    "frequency": (1, 3),
    "let_frequency": (1, 10),
    "capital_frequency": (1, 20),
    "num_words": (100, 500),
}


def drawn_often(id: str, times: int = 300) -> list[dict[str, Any]]:
    return [INSTRUCTIONS[id].draw(random.Random(seed), Setting(prompt=PROMPT)) for seed in range(times)]


def test_ids_and_arguments_are_the_published_ones() -> None:
    assert {id: set(drawn_often(id, 1)[0]) for id in INSTRUCTIONS} == KWARGS


@pytest.mark.parametrize("id", IDS)
def test_drawn_arguments_are_in_the_published_ranges(id: str) -> None:
    for kwargs in drawn_often(id):
        for name in kwargs.keys() & RANGES.keys():
            assert RANGES[name][0] <= kwargs[name] <= RANGES[name][1], name
        for name in kwargs.keys() & {"keywords", "forbidden_words"}:
            assert len(set(kwargs[name])) == 2
        if "nth_paragraph" in kwargs:
            assert kwargs["nth_paragraph"] <= kwargs["num_paragraphs"]
        for name in kwargs.keys() & {"relation", "let_relation", "capital_relation"}:
            assert kwargs[name] in ("less than", "at least")
        assert kwargs.get("language", "en") in NAMES


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_of_every_range_are_drawn(name: str) -> None:
    id = next(id for id, names in KWARGS.items() if name in names)
    found = {kwargs[name] for kwargs in drawn_often(id, 6000)}
    assert (min(found), max(found)) == RANGES[name]


@pytest.mark.parametrize("id", IDS)
def test_no_instruction_forbids_everything(id: str) -> None:
    less = [kwargs for kwargs in drawn_often(id) if "less than" in kwargs.values()]
    assert all(number > 1 for kwargs in less for number in kwargs.values() if isinstance(number, int))


@pytest.mark.parametrize("id", IDS)
def test_every_sentence_says_every_argument(id: str) -> None:
    kwargs = drawn_often(id, 1)[0]
    asks = INSTRUCTIONS[id].asks
    assert len(set(asks)) >= 3
    for ask in asks:
        said = SPOKEN.format(ask, **kwargs)
        for value in kwargs.values():
            words = value if isinstance(value, list) else [NAMES.get(str(value), str(value))]
            assert all(word in said for word in words), said


def test_numbers_and_their_nouns_agree() -> None:
    assert SPOKEN.format("{n:bullet point}", n=1) == "1 bullet point"
    assert SPOKEN.format("{n:bullet point}", n=3) == "3 bullet points"


def test_conflicts_are_symmetric_and_everything_conflicts_with_itself() -> None:
    assert all(conflicts(a, b) == conflicts(b, a) for a, b in product(IDS, IDS))
    assert all(conflicts(id, id) for id in IDS)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("change_case:english_capital", "change_case:english_lowercase"),
        ("change_case:english_lowercase", "change_case:capital_word_frequency"),
        ("language:response_language", "change_case:english_capital"),
        ("language:response_language", "keywords:existence"),
        ("detectable_format:multiple_sections", "change_case:english_lowercase"),
        ("detectable_format:json_format", "detectable_format:title"),
        ("combination:two_responses", "combination:repeat_prompt"),
        ("length_constraints:number_paragraphs", "length_constraints:nth_paragraph_first_word"),
        ("combination:repeat_prompt", "punctuation:no_comma"),
        ("length_constraints:number_sentences", "detectable_format:number_bullet_lists"),
        ("length_constraints:number_sentences", "length_constraints:number_paragraphs"),
        ("detectable_format:multiple_sections", "detectable_format:number_highlighted_sections"),
        ("startend:quotation", "detectable_format:title"),
        *((other, "detectable_format:constrained_response") for other in IDS),
    ],
)
def test_what_no_answer_can_do_conflicts(a: str, b: str) -> None:
    assert conflicts(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("detectable_format:json_format", "keywords:existence"),
        ("combination:two_responses", "detectable_format:title"),
        ("combination:repeat_prompt", "keywords:existence"),
        ("punctuation:no_comma", "length_constraints:number_words"),
        ("startend:quotation", "startend:end_checker"),
    ],
)
def test_what_goes_together_does_not(a: str, b: str) -> None:
    assert not conflicts(a, b)


def test_no_bound_is_passed_by_what_the_other_instructions_have_one_write() -> None:
    ids = ["keywords:letter_frequency", "keywords:existence", "startend:end_checker"]
    capitals = ["change_case:capital_word_frequency", "detectable_format:multiple_sections"]
    for seed in range(2000):
        asked = {each.id: each.kwargs for each in draw(random.Random(seed), 3, PROMPT, ids)}
        letter = asked["keywords:letter_frequency"]
        least = " ".join([*asked["keywords:existence"]["keywords"], asked["startend:end_checker"]["end_phrase"]])
        if letter["let_relation"] == "less than":
            assert least.lower().count(letter["letter"]) < letter["let_frequency"]
        words, sections = (each.kwargs for each in sorted(draw(random.Random(seed), 2, PROMPT, capitals), key=_id))
        if words["capital_relation"] == "less than" and sections["section_spliter"] == "SECTION":
            assert sections["num_sections"] < words["capital_frequency"]


def _id(drawn: Drawn) -> str:
    return drawn.id


def test_drawn_instructions_never_conflict() -> None:
    for seed in range(1500):
        drawn = draw(random.Random(seed), 1 + seed % 5, PROMPT)
        assert len(drawn) == 1 + seed % 5
        assert not any(conflicts(a.id, b.id) for a, b in combinations(drawn, 2))


def test_no_word_is_forbidden_that_another_asks_for() -> None:
    ids = ("keywords:existence", "keywords:forbidden_words", "keywords:frequency", "startend:end_checker")
    for seed in range(300):
        drawn = {each.id: each.kwargs for each in draw(random.Random(seed), 4, "Can I help with questions?", ids)}
        forbidden = set(drawn["keywords:forbidden_words"]["forbidden_words"])
        asked = {*drawn["keywords:existence"]["keywords"], drawn["keywords:frequency"]["keyword"]}
        assert len(forbidden | asked) == 5
        assert not forbidden & set(drawn["startend:end_checker"]["end_phrase"].lower().strip("?").split())


def test_every_instruction_is_drawn_and_only_those_allowed() -> None:
    assert {each.id for seed in range(400) for each in draw(random.Random(seed), 1, PROMPT)} == set(IDS)
    allowed = {"startend:quotation", "punctuation:no_comma", "detectable_format:title"}
    found = Counter(each.id for seed in range(100) for each in draw(random.Random(seed), 2, PROMPT, ids=allowed))
    assert found.keys() == allowed


def test_fewer_are_drawn_where_no_more_go_together() -> None:
    only = ("change_case:english_capital", "change_case:english_lowercase")
    assert len(draw(random.Random(0), 3, PROMPT, only)) == 1
    assert draw(random.Random(0), 1, PROMPT, ()) == []


def test_what_does_not_suit_a_prompt_is_not_drawn() -> None:
    def ids(prompt: str, languages: tuple[str, ...] = ("de",)) -> set[str]:
        drawn = [draw(random.Random(seed), 1, prompt, languages=languages) for seed in range(400)]
        return {each.id for found in drawn for each in found}

    yes_or_no, repeated, language = (
        "detectable_format:constrained_response",
        "combination:repeat_prompt",
        "language:response_language",
    )
    assert yes_or_no in ids("It rains. Should I go out?")
    assert yes_or_no not in ids("Write a poem about tides.")
    assert repeated not in ids("word " * 200)
    assert language not in ids(PROMPT, languages=())


def test_a_language_is_one_of_those_allowed_and_said_by_name() -> None:
    (drawn,) = draw(random.Random(1), 1, PROMPT, ids=("language:response_language",), languages=("fi",))
    assert drawn.kwargs == {"language": "fi"}
    assert "Finnish" in drawn.text


def test_keywords_are_the_prompts_own_where_it_has_enough() -> None:
    (drawn,) = draw(random.Random(0), 1, PROMPT, ids=("keywords:existence",))
    assert set(drawn.kwargs["keywords"]) <= {"true", "tides", "follow", "moon"}
    (drawn,) = draw(random.Random(0), 1, "Why?", ids=("keywords:existence",))
    assert len(drawn.kwargs["keywords"]) == 2


def test_the_same_chance_draws_the_same() -> None:
    assert draw(random.Random(7), 3, PROMPT) == draw(random.Random(7), 3, PROMPT)


def test_a_reference_is_a_row_of_the_benchmark() -> None:
    drawn = draw(random.Random(3), 3, PROMPT)
    row = json.loads(reference(drawn))
    assert row == {"instruction_id_list": [d.id for d in drawn], "kwargs": [d.kwargs for d in drawn]}
    assert len(check(reference(drawn), "It is.")) == 3


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("42", "no reference"),
        ("not JSON", "no reference"),
        ('{"instruction_id_list": ["punctuation:no_comma"]}', "no reference"),
        ('{"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}', "no reference"),
        ('{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [null]}', "no reference"),
        ('{"instruction_id_list": ["punctuation:no_dash"], "kwargs": [{}]}', "no instruction 'punctuation:no_dash'"),
        ('{"instruction_id_list": ["startend:end_checker"], "kwargs": [{}]}', "end_phrase"),
        ('{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"n": 1}]}', "'n'"),
    ],
)
def test_a_reference_that_is_none_is_said_so(wrong: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check(wrong, "It is.")


def test_a_relation_that_there_is_not_is_said_so() -> None:
    kwargs = {"num_words": 5, "relation": "around"}
    with pytest.raises(ValueError, match="around"):
        check(json.dumps({"instruction_id_list": ["length_constraints:number_words"], "kwargs": [kwargs]}), "It is.")


LOOSE = [
    ("first line", "startend:quotation", {}, 'Sure:\n"It is."'),
    ("last line", "startend:end_checker", {"end_phrase": "The end."}, "It is. The end.\nI hope this helps!"),
    ("both lines", "detectable_format:json_format", {}, 'Here:\n{"a": 1}\nGood luck!'),
    ("asterisks", "detectable_format:constrained_response", {}, "**My answer is yes.**"),
    ("asterisks and line", "detectable_format:constrained_response", {}, "Well.\n*My answer is yes.*"),
    ("line ends of Windows", "startend:quotation", {}, 'Sure:\r\n"It is."\r\n'),
]


@pytest.mark.parametrize(("what", "id", "kwargs", "answer"), LOOSE, ids=[row[0] for row in LOOSE])
def test_loose_forgives(what: str, id: str, kwargs: dict[str, Any], answer: str) -> None:
    wanted = json.dumps({"instruction_id_list": [id], "kwargs": [kwargs]})
    assert check(wanted, answer) == [False]
    assert check_loose(wanted, answer) == [True]


def test_loose_does_not_forgive_everything_and_nothing_is_still_nothing() -> None:
    wanted = json.dumps({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]})
    assert check_loose(wanted, "Red, blue.\nRed, blue.\nRed, blue.") == [False]
    assert check_loose(wanted, "") == check_loose(wanted, " \n ") == [False]


def test_each_instruction_is_judged_for_itself() -> None:
    wanted = json.dumps({"instruction_id_list": ["punctuation:no_comma", "startend:quotation"], "kwargs": [{}, {}]})
    assert check(wanted, "It is.") == [True, False]
    assert check(wanted, '"It, is."') == [False, True]
