"""Pairs: by truth, else by who can tell; the best kept against the worst; and what is asked of either."""

import asyncio
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.errors import Refused
from sdg_ray.record import PAIRS
from sdg_ray.stages.pair import Pair

Scores = list[float | None]
FLOATS = pa.list_(pa.float32())


def made(row: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    """The pairs of one row; what the row does not say is of no account."""
    n = len(next(row[name] for name in row if name.startswith("score_")))
    plain = {
        "prompt_id": "0a",
        "family": "math",
        "keep": [True] * n,
        "answered": [{"model": "m", "tokens": 10} for _ in range(n)],
    }
    columns = {
        name: pa.array([value], FLOATS) if name.startswith("score_") else [value]
        for name, value in (plain | row).items()
    }
    stage = Pair(**settings)
    stage.check()
    table = asyncio.run(stage.open()(pa.table(columns)))
    assert table.schema.equals(PAIRS)
    return table["pairs"][0].as_py()


def ends(pairs: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(pair["chosen"], pair["rejected"]) for pair in pairs]


def by_reward(scores: Scores, keep: list[bool], **settings: Any) -> list[dict[str, Any]]:
    return made({"score_reward": scores, "keep": keep}, **settings)


def test_best_kept_is_chosen_and_worst_of_all_rejected() -> None:
    assert by_reward([1.0, 3.0, 4.0, 2.0], [True, True, False, True]) == [
        {"chosen": 1, "rejected": 0, "margin": 2.0, "by": "reward"}
    ]
    assert by_reward([0.5, 3.0], [False, True])[0]["rejected"] == 0


def test_no_pair_where_nothing_was_kept_or_nothing_is_worse() -> None:
    assert by_reward([1.0, 3.0], [False, False]) == []
    assert by_reward([3.0, 1.0], [False, True]) == []
    assert by_reward([2.0, 2.0], [True, True]) == []
    assert by_reward([2.0], [True]) == []
    assert by_reward([], []) == []


def test_what_has_no_score_is_neither_chosen_nor_rejected() -> None:
    assert ends(by_reward([None, 3.0, 1.0, None], [True, True, True, False])) == [(1, 2)]
    assert by_reward([None, 3.0], [True, True]) == []


def test_margin_has_to_be_larger_than_the_least() -> None:
    assert by_reward([1.0, 2.0], [True, True], min_margin=1.0) == []
    assert len(by_reward([1.0, 2.25], [True, True], min_margin=1.0)) == 1


def test_quality_that_is_what_is_asked_for_is_enough() -> None:
    assert ends(by_reward([0.7, 0.5], [True, True], chosen_at_least=0.7)) == [(0, 1)]
    assert by_reward([0.6875, 0.5], [True, True], chosen_at_least=0.7) == []


scores = st.one_of(st.none(), st.floats(-5, 5, width=32))


@given(st.lists(st.tuples(scores, st.booleans()), max_size=8), st.floats(0, 3))
def test_chosen_is_kept_and_better_than_rejected_by_more_than_the_margin(row: list, least: float) -> None:
    values, keep = [score for score, _ in row], [kept for _, kept in row]
    for pair in by_reward(values, keep, min_margin=least):
        assert keep[pair["chosen"]]
        assert values[pair["chosen"]] - values[pair["rejected"]] > least
        assert values[pair["rejected"]] == min(value for value in values if value is not None)


def test_truth_decides_where_there_is_truth_whatever_the_reward() -> None:
    row = {"score_world": [0.0, 1.0, 0.0, 1.0], "score_reward": [9.0, 1.0, 2.0, 3.0]}
    assert made(row, truth=("world",)) == [{"chosen": 3, "rejected": 2, "margin": 1.0, "by": "world"}]


def test_among_equal_pairs_each_generator_has_its_share() -> None:
    scores = [1.0, 0.0] * 3  # three generators, each with a right answer and a wrong one
    rows = [{"prompt_id": f"{number:02x}", "score_world": scores} for number in range(200)]
    (each,) = zip(*(ends(made(row, truth=("world",), by=())) for row in rows), strict=True)
    chosen, rejected = (Counter(found) for found in zip(*each, strict=True))
    assert chosen.keys() == {0, 2, 4} and rejected.keys() == {1, 3, 5}
    assert min(*chosen.values(), *rejected.values()) > 40
    assert each == next(zip(*(ends(made(row, truth=("world",), by=())) for row in rows), strict=True))


def test_truth_that_is_the_same_for_all_makes_no_pair() -> None:
    for verdict in (0.0, 1.0):
        assert made({"score_world": [verdict] * 2, "score_reward": [1.0, 5.0]}, truth=("world",)) == []


def test_without_truth_the_first_that_tells_two_apart_decides() -> None:
    nobody = {"score_world": [None, None], "score_judge": [None, 1.0], "score_reward": [1.0, 5.0]}
    found = made(nobody, truth=("world",), by=("judge", "reward"))
    assert found[0]["by"] == "reward"
    tied = nobody | {"score_judge": [0.5, 0.5]}
    assert made(tied, by=("judge", "reward"))[0]["by"] == "reward"
    judged = nobody | {"score_judge": [1.0, 0.0]}
    assert made(judged, truth=("world",), by=("judge", "reward")) == [
        {"chosen": 0, "rejected": 1, "margin": 1.0, "by": "judge"}
    ]


def verdicts(*found: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"other": other, "verdict": verdict} for other, verdict in found]


def test_a_judge_must_have_said_so_of_these_two() -> None:
    row = {
        "score_judge": [1.0, 0.4, 0.0],
        "parts_judge": [verdicts((1, "win")), verdicts((0, "loss"), (2, "win")), verdicts((1, "loss"))],
    }
    found = made(row, by=("judge",), judges=("judge",), strategy="all")
    assert ends(found) == [(0, 1), (1, 2)]
    assert ends(made(row, by=("judge",), judges=("judge",))) == [(0, 1)]
    assert ends(made(row, by=("judge",))) == [(0, 2)]
    assert ends(made(row, by=("judge",), judges=("judge",), min_margin=3.0)) == [(0, 1)]


def test_strategies_take_one_any_or_all() -> None:
    row = {"score_reward": [4.0, 1.0, 2.0, 3.0]}
    assert ends(made(row)) == [(0, 1)]
    assert sorted(ends(made(row, strategy="all"))) == [(0, 1), (0, 2), (0, 3), (2, 1), (3, 1), (3, 2)]
    drawn = [ends(made(row | {"prompt_id": str(n)}, strategy="best_random")) for n in range(40)]
    assert {pair for pairs in drawn for pair in pairs} == {(0, 1), (0, 2), (0, 3)}
    assert drawn == [ends(made(row | {"prompt_id": str(n)}, strategy="best_random")) for n in range(40)]


def test_more_is_asked_of_the_chosen_than_of_what_is_kept() -> None:
    row = {"score_reward": [4.0, 1.0]}
    assert made(row, chosen_at_least=4.5) == []
    assert ends(made(row, chosen_at_least=4.0)) == [(0, 1)]
    assert ends(made(row, chosen_at_least=4.5, families={"math": 3.0})) == [(0, 1)]
    assert made(row, families={"math": 5.0}) == []
    assert ends(made(row, families={"writing": 5.0})) == [(0, 1)]


def test_truth_needs_no_more_from_the_reward() -> None:
    row = {"score_world": [1.0, 0.0], "score_reward": [1.0, None]}
    assert ends(made(row, truth=("world",), chosen_at_least=4.5)) == [(0, 1)]


def test_rewards_of_both_are_there_where_they_are_learnt_from() -> None:
    row = {"score_world": [1.0, 0.0, 0.0], "score_reward": [1.0, None, 2.0]}
    assert ends(made(row, truth=("world",), rewarded=True)) == [(0, 2)]


def test_only_the_candidates_of_the_named_models_are_paired() -> None:
    row = {
        "score_reward": [1.0, 2.0, 3.0, 4.0],
        "answered": [{"model": model, "tokens": 10} for model in ("own", "other", "own", "other")],
    }
    assert ends(made(row, models=("own",))) == [(2, 0)]


def test_chosen_is_not_much_longer_than_rejected() -> None:
    row = {"score_reward": [4.0, 3.0, 1.0], "answered": [{"model": "m", "tokens": n} for n in (100, 30, 20)]}
    assert ends(made(row)) == [(0, 2)]
    assert ends(made(row, max_length_ratio=2.0)) == [(1, 2)]


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(Refused, match="preferences.strategy is 'worst'; it can be best_worst, best_random, all"):
        Pair(strategy="worst").check()
    with pytest.raises(Refused, match="preferences.judges names 'judge', which is not in preferences.by"):
        Pair(judges=("judge",)).check()
    with pytest.raises(Refused, match="neither truth nor by"):
        Pair(by=()).check()
