"""Instructions followed strictly and loosely, for a whole answer and one by one."""

import asyncio
import json
import random

import pytest

from sdg_ray import instructions
from sdg_ray.scorers.instructions import Instructions
from tests.scorers.scoring import columns, opinions, scores


def reference(*asked: tuple[str, dict]) -> str:
    return json.dumps({"instruction_id_list": [id for id, _ in asked], "kwargs": [kwargs for _, kwargs in asked]})


NO_COMMA = ("punctuation:no_comma", {})
LOWER = ("change_case:english_lowercase", {})
THE_END = ("startend:end_checker", {"end_phrase": "the end."})


def test_all_have_to_be_followed() -> None:
    both = reference(NO_COMMA, LOWER)
    assert scores(Instructions(), both, "so it is.", "So it is.", "so, it is.", "") == [1.0, 0.0, 0.0, 0.0]


def test_parts_have_the_four_figures_and_each_instruction() -> None:
    found = opinions(Instructions(), reference(NO_COMMA, LOWER), "Sure\nso it is.", "so, it is.")
    assert found[0].score == 0.0 and found[0].parts == {
        "prompt_strict": 0.0,
        "prompt_loose": 1.0,
        "instruction_strict": 0.5,
        "instruction_loose": 1.0,
        "followed": [
            {"id": "punctuation:no_comma", "strict": True, "loose": True},
            {"id": "change_case:english_lowercase", "strict": False, "loose": True},
        ],
    }
    assert found[1].parts is not None
    assert (found[1].parts["prompt_loose"], found[1].parts["instruction_loose"]) == (0.0, 0.5)


def test_of_a_conversation_the_last_answer_counts() -> None:
    turns = [
        {"role": "assistant", "content": "Yes, the end."},
        {"role": "user", "content": "again"},
        {"role": "assistant", "content": "yes the end."},
    ]
    asked = reference(NO_COMMA, THE_END)
    found = asyncio.run(Instructions().start().score([], [turns, turns[:1]], asked))
    assert [opinion.score for opinion in found] == [1.0, 0.0]


def test_verdicts_are_those_of_the_checkers() -> None:
    rng = random.Random(3)
    text = "The moon pulls on the sea, and so the water rises.\n\n* Twice a day.\n* Every day.\n\nP.S. So they say."
    for _ in range(200):
        asked = instructions.reference(instructions.draw(rng, 3, "Why do tides follow the moon?"))
        found = opinions(Instructions(), asked, text)[0]
        assert found.parts is not None
        strict = [each["strict"] for each in found.parts["followed"]]
        assert strict == instructions.check(asked, text)
        assert found.score == float(all(strict))
        assert [each["loose"] for each in found.parts["followed"]] == instructions.check_loose(asked, text)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        "72",
        "{}",
        reference(),
        reference(("no:such", {})),
        reference(("punctuation:no_comma", {"n": 1})),
        reference(("length_constraints:number_words", {"relation": "at least", "num_words": "many"})),
        reference(("length_constraints:number_words", {"relation": "about", "num_words": 5})),
        reference(("keywords:existence", {"keywords": [2024]})),
        reference(("keywords:existence", {"keywords": "so"})),
        reference(("startend:end_checker", {"end_phrase": 5})),
        reference(("detectable_format:number_bullet_lists", {"num_bullets": "1"})),
        "[" * 100_000,
    ],
)
def test_reference_without_instructions_gives_no_score(bad: str | None) -> None:
    assert scores(Instructions(), bad, "so it is.") == [None]


def test_columns() -> None:
    found = columns(Instructions(), reference(NO_COMMA), "so", "so, so")
    assert found["score_instructions"] == [1.0, 0.0]
    assert found["parts_instructions"][0]["followed"] == [{"id": "punctuation:no_comma", "strict": True, "loose": True}]
