"""The check that a stage kept its promise."""

import pyarrow as pa
import pytest

from sdg_ray.stage import BrokenPromise, checked

WRITES = pa.schema([("score", pa.list_(pa.float32()))])


def test_what_was_promised_passes_in_its_declared_types() -> None:
    made = checked("judge", WRITES, pa.table({"score": [[1.5], [None]]}), 2)
    assert made.schema.equals(WRITES)
    assert made["score"].to_pylist() == [[1.5], [None]]


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (pa.table({"score": [[1.0]]}), "judge made 1 rows of 2: mark rows, never drop or add them"),
        (pa.table({"score": [[1.0]] * 3}), "judge made 3 rows of 2"),
        (pa.table({"points": [[1.0]] * 2}), r"judge wrote the columns \['points'\], but its schema says \['score'\]"),
        (pa.table({"score": [[1.0]] * 2, "more": [1, 2]}), "judge wrote the columns"),
        (pa.table({"score": ["high", "low"]}), "judge wrote columns that do not fit its schema"),
    ],
)
def test_broken_promise_is_told_by_name(made: pa.Table, sentence: str) -> None:
    with pytest.raises(BrokenPromise, match=sentence):
        checked("judge", WRITES, made, 2)


def test_null_where_none_may_be_is_a_broken_promise() -> None:
    strict = pa.schema([pa.field("name", pa.string(), nullable=False)])
    with pytest.raises(BrokenPromise):
        checked("names", strict, pa.table({"name": ["a", None]}), 2)
