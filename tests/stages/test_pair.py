"""Pairs: the best of the kept against the worst of all."""

import asyncio

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.record import PAIRS
from sdg_ray.stages.pair import Pair

Scores = list[float | None]


def pairs(scores: Scores, keep: list[bool], min_margin: float = 0.0) -> list[dict]:
    table = pa.table({"keep": [keep], "score_judge": pa.array([scores], pa.list_(pa.float32()))})
    made = asyncio.run(Pair(scorer="judge", min_margin=min_margin).open()(table))
    assert made.schema.equals(PAIRS)
    return made["pairs"][0].as_py()


def test_best_kept_is_chosen_and_worst_of_all_rejected() -> None:
    assert pairs([1.0, 3.0, 4.0, 2.0], [True, True, False, True]) == [
        {"chosen": 1, "rejected": 0, "margin": 2.0, "by": "judge"}
    ]
    assert pairs([0.5, 3.0], [False, True])[0]["rejected"] == 0


def test_no_pair_where_nothing_was_kept_or_nothing_is_worse() -> None:
    assert pairs([1.0, 3.0], [False, False]) == []
    assert pairs([3.0, 1.0], [False, True]) == []
    assert pairs([2.0, 2.0], [True, True]) == []
    assert pairs([2.0], [True]) == []
    assert pairs([], []) == []


def test_what_has_no_score_is_neither_chosen_nor_rejected() -> None:
    assert pairs([None, 3.0, 1.0, None], [True, True, True, False]) == [
        {"chosen": 1, "rejected": 2, "margin": 2.0, "by": "judge"}
    ]
    assert pairs([None, 3.0], [True, True]) == []


def test_margin_has_to_be_larger_than_the_least() -> None:
    assert pairs([1.0, 2.0], [True, True], min_margin=1.0) == []
    assert len(pairs([1.0, 2.25], [True, True], min_margin=1.0)) == 1


scores = st.one_of(st.none(), st.floats(-5, 5, width=32))


@given(st.lists(st.tuples(scores, st.booleans()), max_size=8), st.floats(0, 3))
def test_chosen_is_kept_and_better_than_rejected_by_more_than_the_margin(row: list, least: float) -> None:
    values, keep = [score for score, _ in row], [kept for _, kept in row]
    for pair in pairs(values, keep, least):
        assert keep[pair["chosen"]]
        assert values[pair["chosen"]] - values[pair["rejected"]] > least
        assert values[pair["rejected"]] == min(value for value in values if value is not None)
