"""Which rows of a run are marked, and by what they are marked."""

import json
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.bench.unique import planted, precision, recall
from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.unique import Unique
from sdg_ray.unique.evaluation import EvaluationSet
from sdg_ray.unique.semantic import Semantic

LONG = "Write a short letter to the mayor of your town that says why the old library by the river should stay open"


def marks(*texts: str, unique: Unique | None = None) -> dict[str, str]:
    """Marks of rows that are named by their numbers."""
    return (unique or Unique()).marks((str(row), text) for row, text in enumerate(texts))


def test_repetition_names_the_first_of_its_kind() -> None:
    assert marks("Why?", "What is 2 + 2?", "why? ", "what is  2 + 2?", "WHY?", "What is 2 - 2?") == {
        "2": "duplicate: of 0",
        "3": "duplicate: of 1",
        "4": "duplicate: of 0",
    }


def test_near_duplicate_names_what_it_is_like_and_how_much() -> None:
    near = LONG.replace("mayor", "major")
    found = marks(LONG, "Why is the sky blue?", near)
    assert found == {"2": "near-duplicate: 0.90 like 0"}


def test_one_word_in_twenty_is_a_near_duplicate_and_one_in_ten_is_not() -> None:
    ten = "How many people live in the old town of Bern"
    assert marks(LONG, LONG.replace("river", "forest")) == {"1": "near-duplicate: 0.83 like 0"}
    assert marks(ten, ten.replace("people", "artists")) == {}
    assert marks(ten, ten.replace("people", "artists"), unique=Unique(similarity=0.5)).keys() == {"1"}


def test_row_is_judged_by_kept_rows_only() -> None:
    """A chain of small changes: each is like its neighbours, and only what is like a kept row goes."""
    first, second, third = (
        LONG,
        LONG.replace("mayor", "major"),
        LONG.replace("mayor", "major").replace("river", "forest"),
    )
    assert marks(second, third) == {"1": "near-duplicate: 0.83 like 0"}
    assert marks(first, second, third) == {"1": "near-duplicate: 0.90 like 0"}


def test_empty_texts_and_single_words_are_rows_like_others() -> None:
    assert marks("", "word", " \n", "Word", "work", "\u4f60\u597d", "\u4f60\u597d", "\ud800") == {
        "2": "duplicate: of 0",
        "3": "duplicate: of 1",
        "6": "duplicate: of 5",
    }
    assert marks() == {}


def test_language_without_spaces_has_near_duplicates_too() -> None:
    text = (
        "\u8bf7\u7528\u4e09\u53e5\u8bdd\u89e3\u91ca\u4e3a\u4ec0\u4e48\u5929\u7a7a\u662f\u84dd\u8272\u7684\u5e76\u4e14"
    )
    text += "\u7ed9\u51fa\u4e00\u4e2a\u65e5\u5e38\u751f\u6d3b\u4e2d\u7684\u4f8b\u5b50"
    assert marks(text, text + "\u5427").keys() == {"1"}


@cache
def some() -> Sequence[tuple[str, str]]:
    return [(f"row{row}", text) for row, text in enumerate(planted(1500, 150, 3).texts)]


@pytest.mark.parametrize("seed", range(3))
def test_planted_near_duplicates_are_found_and_nothing_else_is(seed: int) -> None:
    made = planted(3000, 0, seed)
    found = marks(*made.texts)
    assert len(found) > 50
    assert recall(made, found) >= 0.99
    assert precision(made, found) == 1
    negatives = [row for row, (_, similarity) in made.truth.items() if similarity < 0.75]
    assert len(negatives) > 50
    assert not [row for row in negatives if str(row) in found]


def test_most_of_a_crowd_of_prompts_in_one_frame_is_told_apart() -> None:
    made = planted(1000, 1000, 1)
    found = marks(*made.texts)
    assert recall(made, found) >= 0.9
    assert precision(made, found) == 1


@settings(max_examples=5)
@given(st.integers(1, 1499))
def test_marks_of_a_run_stay_when_it_grows(size: int) -> None:
    grown = Unique().marks(some())
    prefix = Unique().marks(some()[:size])
    assert prefix == {name: reason for name, reason in grown.items() if int(name[3:]) < size}


ALPHABET = st.text(alphabet="ab ", max_size=12)


@given(st.lists(ALPHABET, max_size=30), st.integers(0, 30))
def test_marks_stay_and_name_kept_rows_whatever_the_texts(texts: list[str], size: int) -> None:
    unique = Unique(similarity=0.5)
    grown = marks(*texts, unique=unique)
    assert marks(*texts[:size], unique=unique) == {row: why for row, why in grown.items() if int(row) < size}
    for row, reason in grown.items():
        named = reason.split()[-1]
        assert int(named) < int(row)
        assert named not in grown


def test_marks_are_the_same_every_time() -> None:
    assert list(Unique().marks(some()).items()) == list(Unique().marks(iter(some())).items())


def test_order_decides_who_stays_but_not_how_many_groups_there_are() -> None:
    texts = ["Why?", "How?", "why?", "how?", "WHY?"]
    random.Random(0).shuffle(texts)
    assert len(marks(*texts)) == 3
    assert "0" not in marks(*texts)


def test_first_reason_is_the_one_that_is_given(tmp_path: Path) -> None:
    file = tmp_path / "test.jsonl"
    file.write_text(json.dumps({"question": LONG}))
    unique = Unique(evaluation={"mine": EvaluationSet(source=str(file), column="question")})

    found = marks("Why?", LONG, "why?", LONG, unique=unique)

    hit = "write a short letter to the mayor of your town that says why"
    # a row that is not kept repeats nothing: the second is contaminated as the first is
    assert found == {"1": f"contaminated: mine: {hit}", "2": "duplicate: of 0", "3": f"contaminated: mine: {hit}"}


def test_question_in_chinese_is_found_in_what_stands_around_it(tmp_path: Path) -> None:
    file = tmp_path / "test.jsonl"
    file.write_text(json.dumps({"question": "小明有五个苹果，他吃了两个，还剩几个？"}))
    unique = Unique(evaluation={"mine": EvaluationSet(source=str(file), column="question")})
    found = marks(
        "请回答：小明有五个苹果，他吃了两个，还剩几个？请说明理由。", "小红有五个梨，她买了两个。", unique=unique
    )
    assert list(found) == ["0"] and found["0"].startswith("contaminated: mine: 小 明 有")


@pytest.mark.parametrize(
    ("unique", "said"),
    [
        (Unique(similarity=0), "unique.similarity must lie above 0"),
        (Unique(similarity=1.1), "unique.similarity must lie above 0"),
        (Unique(similarity=0.2, permutations=4), "unique.permutations=4 are too few"),
        (Unique(permutations=0), "unique.permutations=0 are too few"),
        (Unique(ngram=0), "unique.ngram must be at least one word"),
        (Unique(semantic=Semantic(model="no/such/folder")), "has no config.json"),
    ],
)
def test_setting_that_cannot_work_is_refused(unique: Unique, said: str) -> None:
    with pytest.raises(Refused, match=said):
        unique.check()


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.8, 0.95, 1.0])
def test_what_works_is_accepted_and_is_an_identity(similarity: float) -> None:
    unique = Unique(similarity=similarity)
    unique.check()
    json.dumps(identity(unique))
