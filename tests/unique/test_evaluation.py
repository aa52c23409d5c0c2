"""Evaluation sets: where their texts come from, and which prompts stand too close to them."""

import json
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.unique import Unique
from sdg_ray.unique.contamination import Contamination
from sdg_ray.unique.evaluation import EvaluationSet
from sdg_ray.unique.text import normal

ITEM = "Anna has twelve red apples and gives five of them to Ben, so how many apples has she left?"
ROWS: list[dict[str, Any]] = [{"question": ITEM, "answer": 7}, {"question": None}, {"question": "What is a quark?"}]


def hit(prompt: str, *items: str, ngram: int = 13) -> str | None:
    """The reason of one prompt, with one evaluation set."""
    return Contamination([normal(prompt)], {"mine": [normal(item) for item in items]}, ngram).find(0)


def lines(folder: Path, *rows: Any) -> str:
    file = folder / "mine.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return str(file)


def test_thirteen_shared_words_are_contamination_and_twelve_are_not() -> None:
    words = ITEM.split()
    assert hit(f"Tell me: {' '.join(words[2:15])}!", ITEM) == (
        "contaminated: mine: twelve red apples and gives five of them to ben so how many"
    )
    assert hit(f"Tell me: {' '.join(words[2:14])}!", ITEM) is None
    assert hit(ITEM.replace("five", "six"), ITEM) is None
    assert hit(ITEM.replace("Ben,", "BEN \u2013"), ITEM) is not None


def test_short_item_counts_as_a_whole() -> None:
    item = "Name the largest of the inner planets."
    assert hit(f"Please answer. {item} Be brief.", item) == "contaminated: mine: name the largest of the inner planets"
    assert hit("Name the largest of the inner moons.", item) is None
    assert hit("Name the largest of the inner", item) is None


def test_item_of_a_few_words_must_be_the_whole_prompt() -> None:
    assert hit("what is a QUARK", "What is a quark?") == "contaminated: mine: what is a quark"
    assert hit("What is a quark made of?", "What is a quark?") is None
    assert hit("", "?") is None


def test_runs_that_begin_alike_are_told_apart_by_their_length() -> None:
    short, long = "a b c d e f", "a b c d e x y z"
    assert hit("a b c d e x y z", short, long) == "contaminated: mine: a b c d e x y z"
    assert hit("a b c d e f", short, long) == "contaminated: mine: a b c d e f"
    assert hit("a b c d e g", short, long) is None


@pytest.mark.parametrize("ngram", [1, 3, 5, 8])
def test_any_length_of_run_works(ngram: int) -> None:
    words = [f"w{number}" for number in range(ngram)]
    assert hit(f"x {' '.join(words)} y", f"u {' '.join(words)} v", ngram=ngram) is not None
    assert hit(f"x {' '.join(words[:-1])} y", f"u {' '.join(words)} v", ngram=ngram) is None


WORDS = st.lists(st.sampled_from("abc"), max_size=14).map(" ".join)


@given(WORDS, st.lists(WORDS, max_size=3))
def test_hit_is_a_run_that_both_have(prompt: str, items: list[str]) -> None:
    def expected(item: str) -> bool:
        size = len(item.split())
        runs = [item.split()[at : at + 8] for at in range(max(1, size - 7))]
        if size < 5:
            return size > 0 and item == prompt
        return any(f" {' '.join(run)} " in f" {prompt} " for run in runs)

    found = hit(prompt, *items, ngram=8)
    assert (found is not None) == any(expected(item) for item in items)


def test_marks_name_the_set(tmp_path: Path) -> None:
    first = EvaluationSet(
        source=lines(tmp_path, {"text": "Nothing that anybody would ask for in a prompt."}), column="text"
    )
    (tmp_path / "b").mkdir()
    second = EvaluationSet(source=lines(tmp_path / "b", *ROWS), column="question")
    unique = Unique(evaluation={"first": first, "second": second})
    found = unique.marks([("a", "Why?"), ("b", ITEM), ("c", "What is a quark?")])
    assert {name: reason.split(":")[:2] for name, reason in found.items()} == {
        "b": ["contaminated", " second"],
        "c": ["contaminated", " second"],
    }


def test_texts_come_from_lines_parquet_and_a_dataset_alike(tmp_path: Path) -> None:
    source = lines(tmp_path, *ROWS)
    (tmp_path / "data").mkdir()
    table = pa.Table.from_pylist([{"question": row["question"]} for row in ROWS])
    pq.write_table(table, tmp_path / "mine.parquet")
    pq.write_table(table, tmp_path / "data" / "test.parquet")

    found = [
        EvaluationSet(source=name, column="question")
        for name in (source, str(tmp_path / "mine.parquet"), str(tmp_path / "data"))
    ]

    assert all(list(each.texts) == [ITEM, "What is a quark?"] for each in found)
    assert len({each.content for each in found}) == 1


def test_lists_of_texts_and_messages_are_texts(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello!"}]
    source = lines(tmp_path, {"turns": ["One?", "Two?"]}, {"turns": chat}, {"other": 1})
    assert EvaluationSet(source=source, column="turns").texts == ["One?", "Two?", "Hello.", "Hello!"]


def test_content_is_the_identity_and_the_place_is_not(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    one, other = lines(tmp_path, *ROWS), lines(tmp_path / "b", *ROWS)
    found = EvaluationSet(source=one, column="question")
    assert identity(found) == identity(EvaluationSet(source=other, column="question"))
    lines(tmp_path, *ROWS[1:])
    assert identity(found) != identity(EvaluationSet(source=one, column="question"))


def test_texts_do_not_travel_with_the_set(tmp_path: Path) -> None:
    found = EvaluationSet(source=lines(tmp_path, *ROWS), column="question")
    assert ITEM.encode() not in pickle.dumps(found)
    assert pickle.loads(pickle.dumps(found)).texts == found.texts


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ({"question": ITEM, "answer": 7}, "prompt", "has no column 'prompt'; it has question, answer"),
        ({"question": ITEM, "answer": 7}, "answer", "row 1: 'answer' holds int, not text"),
        ({"question": None}, "question", "has no text in 'question'"),
        ("just text", "question", "needs an object on every line"),
    ],
)
def test_column_without_text_is_refused(row: Any, column: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=said):
        EvaluationSet(source=lines(tmp_path, row), column=column)


def test_source_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{")
    (tmp_path / "bad.parquet").write_text("nothing")
    for name, said in [
        ("none.jsonl", "is no file here"),
        ("bad.jsonl", "is not JSON on every line"),
        ("bad.parquet", "is not Parquet"),
        ("none", "no dataset with the split 'test'"),
    ]:
        with pytest.raises(Refused, match=said):
            EvaluationSet(source=str(tmp_path / name), column="question")


def test_missing_column_of_parquet_is_refused_by_name(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x"], "b": ["y"]}), tmp_path / "mine.parquet")
    with pytest.raises(Refused, match="has no column 'question'; it has a, b"):
        EvaluationSet(source=str(tmp_path / "mine.parquet"), column="question")
