"""Figures: those of a run are those that a plain count over its rows gives, and measures are what they are called."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sdg_ray.report.figures import drawn, figures, measures
from sdg_ray.report.figures.flat import Known
from sdg_ray.report.figures.numbers import Numbers, numbers
from sdg_ray.report.figures.truth import best_worst
from sdg_ray.report.tally import Tally
from sdg_ray.store import Footer, Store, open_run
from tests.scripted import Scripted
from tests.small import rows_of, run_here, small_recipe, table


def test_figures_are_those_of_a_plain_count(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(shards=3, rows=16, engine=Scripted(too_long="9")), tmp_path)
    found = figures(store)["runs"][0]

    def rows(step: str) -> list[Any]:
        return [row for shard in range(3) for row in rows_of(table(tmp_path, "first", step, shard))]

    good = [answer["finish"] != "error" for row in rows("responses") for answer in row["answered"]]
    keep = [each for row in rows("selection") for each in row["keep"]]
    pairs = [pair for row in rows("preferences") for pair in row["pairs"]]
    stages = {each["stage"]: (each["prompts"], each["answers"]) for each in found["funnel"]}
    assert stages["answered"] == (sum(good) // 4, sum(good)) and not all(good)
    assert stages["with an answer kept"][1] == sum(keep) == found["families"][0]["kept"] == found["models"][0]["kept"]
    assert stages["with a pair"] == (sum(bool(row["pairs"]) for row in rows("preferences")), len(pairs))
    assert found["pairs"]["rows"][0]["margin"] == pytest.approx(np.mean([pair["margin"] for pair in pairs]))
    tokens = [[answer["tokens"] for answer in row["answered"]] for row in rows("responses")]
    chosen = [(row, pair) for row, each in zip(tokens, rows("preferences"), strict=True) for pair in each["pairs"]]
    gaps = [row[pair["chosen"]] - row[pair["rejected"]] for row, pair in chosen]
    assert found["pairs"]["rows"][0]["gap"] == pytest.approx(np.mean(gaps)) and len(set(gaps)) > 2
    reward = found["attributes"][0]
    scores = [score for row in rows("reward") for score in row["score_reward"] if score is not None]
    assert reward["n"] == sum(reward["counts"]) == len(scores) and reward["missing"] == len(good) - sum(good)
    assert reward["mean"] == pytest.approx(np.mean(scores))
    assert sum(reward["kept"]) == sum(keep)


def test_correlations_over_what_both_have() -> None:
    chance = np.random.default_rng(0)
    one, other = chance.normal(size=200), chance.normal(size=200)
    other[:150] += 2 * one[:150]
    one[::7], other[::5] = np.nan, np.nan
    both = ~np.isnan(one) & ~np.isnan(other)
    found = measures.correlations({"one": one, "other": other, "same": np.ones(200)})
    assert found[0][1] == pytest.approx(np.corrcoef(one[both], other[both])[0, 1])
    assert found[0][2] is None and found[2][2] is None


def test_correlation_within_groups_does_not_see_what_is_between_them() -> None:
    groups = np.repeat(np.arange(50), 4)
    chance = np.random.default_rng(0)
    one = groups + chance.normal(size=200)
    other = groups + chance.normal(size=200)
    assert measures.correlation(one, other) > 0.95
    assert abs(measures.correlation(measures.within(one, groups), measures.within(other, groups))) < 0.2


def test_precision_rises_with_a_score_that_knows() -> None:
    scores = np.arange(100.0)
    right = (scores >= 50).astype(float)
    points = measures.precision(scores, right)
    assert points[0]["precision"] == 0.5 and points[0]["kept"] == 1
    assert points[-1]["precision"] == 1 and points[-1]["n"] >= 10
    at_50 = next(point for point in points if point["at"] == 50)
    assert at_50["precision"] == 1 and at_50["kept"] == 0.5
    low, high = points[0]["sure"]
    assert low < 0.5 < high


@pytest.mark.parametrize("values", [[1.0], [2.5, 2.5], [0.0, 1.0], [-1e6, 1e6], [1e-7, 2e-7], [1e30] * 40, []])
def test_every_value_is_in_a_bar(values: list[float]) -> None:
    found = np.array(values)
    assert sum(measures.counted(found, measures.edges([found]))) == len(values)
    assert all(point["kept"] == 1 for point in measures.precision(found, np.ones(len(found))))


@pytest.mark.parametrize("most", [10, 28, 35, 60, 400])
def test_bars_of_whole_numbers_are_level_where_the_numbers_are(most: int) -> None:
    gaps = np.arange(-most, most, dtype=np.float64)
    inner = measures.counted(gaps, measures.edges([gaps]))[1:-1]
    assert len(inner) > 5 and len(set(inner)) == 1


def test_grid_puts_a_point_where_its_column_begins() -> None:
    x, y = np.repeat([0.0, 10.0, 20.0], 10), np.repeat([1.0, 2.0, 3.0], 10)
    found = measures.bins(x, y, 10)
    at = {
        low: (sum(counts), median)
        for low, counts, median in zip(found["x"], found["counts"], found["medians"], strict=False)
    }
    assert at[0.0] == (10, 1.0) and at[10.0] == (10, 2.0) and at[20.0] == (10, 3.0)
    assert sum(count for count, _ in at.values()) == 30


TRUTH = [[1, 0, 0, 1], [1, 1, 1, 1], [0, 1, None, 0]]
REWARD = [[3.0, 1.0, 2.0, 4.0], [1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 9.0, None]]


def known(
    root: Path, truth: list[Any], reward: list[Any], asks: bool = False, parts: Mapping[str, pa.Array] | None = None
) -> Store:
    """A run of three prompts with these scores, and a pair of the first two candidates of each prompt."""
    scorer = {"is": "Score", "scorer": {"name": "world"} | ({"engine": {}} if asks else {})}
    store = open_run(str(root), "known", {"prompts": {"is": "P"}, "responses": {}, "world": scorer, "preferences": {}})
    ids = {"prompt_id": [f"{at:024x}" for at in range(3)]}
    answer = {"model": "m", "seed": 1, "finish": "stop", "prompt_tokens": 1, "tokens": 5, "error": None}
    asked = pa.array([[{"role": "user", "content": "?"}]] * 3)
    columns: dict[str, dict[str, Any]] = {
        "prompts": {"shard": [0] * 3, "family": ["f"] * 3, "prompt": asked, "reference": ["r"] * 3, "origin": _none()},
        "responses": {"responses": [[[{"role": "assistant", "content": "!"}]] * 4] * 3, "answered": [[answer] * 4] * 3},
        "world": {"score_world": _floats(truth), "score_reward": _floats(reward), **(parts or {})},
        "preferences": {"pairs": [[{"chosen": 0, "rejected": 1, "margin": 1.0, "by": "reward"}]] * 3},
    }
    columns["prompts"]["error"] = pa.nulls(3, pa.string())
    for step, each in columns.items():
        footer = Footer(attempt=step, began=0.0, ended=1.0, counts={"rows": 3})
        asyncio.run(store.commit(step, 0, pa.table(ids | each), footer))
    return store


def _floats(rows: list[Any]) -> pa.Array:
    return pa.array(rows, type=pa.list_(pa.float32()))


def _none() -> pa.Array:
    return pa.nulls(3, pa.struct([("path", pa.list_(pa.string()))]))


def test_agreement_with_truth_is_counted_over_pairs_that_truth_tells_apart(tmp_path: Path) -> None:
    run = figures(known(tmp_path, TRUTH, REWARD))["runs"][0]
    rows = {row["pairs_by"]: row for row in run["agreements"]}
    assert run["truths"] == ["world"]
    made = rows["this run's pairs by reward"]
    assert (made["pairs"], made["apart"], made["agreement"]) == (3, 2, 0.5)
    best = rows["best against worst by reward"]  # right over wrong; both right; wrong over right
    assert (best["pairs"], best["apart"], best["agreement"]) == (3, 2, 0.5)
    assert rows["two drawn at random"]["agreement"] == 0.5
    assert rows["two drawn at random"]["chosen_right"] == pytest.approx((0.5 + 1 + 1 / 3) / 3)


def test_order_of_equal_candidates_is_of_no_account() -> None:
    prompts, right = np.repeat(np.arange(400), 4), np.tile([0.0, 1.0, 0.0, 1.0], 400)
    level = {"level": np.tile([4.0, 4.0, 2.0, 2.0], 400)}  # of the equal ones, the first is wrong and the last is right
    none: dict[str, np.ndarray] = {}
    run = Numbers(
        ids=[], prompts=none, candidates={"prompt": prompts}, attributes=level, pairs=none, wins=none, known=Known(),
        share=1.0,
    )  # fmt: skip
    best, worst = best_worst(run, right, "level").T
    assert {*(best % 4)} == {0, 1} and {*(worst % 4)} == {2, 3}
    assert 0.4 < right[best].mean() < 0.6 and 0.4 < right[worst].mean() < 0.6
    assert (best_worst(run, right, "level")[:, 0] == best).all()


def test_scorer_that_asks_a_model_is_no_truth_even_if_it_says_one_or_nothing(tmp_path: Path) -> None:
    assert figures(known(tmp_path, TRUTH, REWARD, asks=True))["runs"][0]["truths"] == []


def test_verdicts_of_a_judge_are_pairs_and_words_are_no_attributes(tmp_path: Path) -> None:
    said = [[[] for _ in range(4)] for _ in range(3)]
    said[0][0] = [{"other": 1, "verdict": "win"}, {"other": 2, "verdict": "inconsistent"}]  # right over wrong
    said[0][3] = [{"other": 2, "verdict": "tie"}]  # equal answers, of which it was not asked
    said[0][1] = [{"other": 0, "verdict": "loss"}]
    said[2][0] = [{"other": 1, "verdict": "win"}]  # wrong over right
    said[2][1] = [{"other": 3, "verdict": "none"}]
    told = [[{"of": 0.5, "reason": "because"}] * 4] * 3
    verdict = pa.struct([("other", pa.int32()), ("first", pa.string()), ("verdict", pa.string())])
    parts = {"parts_judge": pa.array(said, type=pa.list_(pa.list_(verdict))), "parts_world": pa.array(told)}
    run = figures(known(tmp_path, TRUTH, REWARD, parts=parts))["runs"][0]
    verdicts = next(row for row in run["agreements"] if row["pairs_by"].startswith("verdicts of judge"))
    assert (verdicts["pairs"], verdicts["apart"], verdicts["agreement"]) == (2, 2, 0.5)
    assert verdicts["consistent"] == 0.75
    assert [each["name"] for each in run["attributes"]] == ["world", "reward", "world/of"]


def test_run_in_which_nothing_could_be_told_has_a_report(tmp_path: Path) -> None:
    nothing = [[None] * 4] * 3
    run = figures(known(tmp_path, nothing, nothing))["runs"][0]
    assert run["truths"] == [] and run["attributes"][0]["n"] == 0 and run["attributes"][0]["missing"] == 12


def test_records_are_drawn_evenly_and_the_same_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = run_here(small_recipe(shards=4, rows=32, threshold=4.5), tmp_path)
    run = asyncio.run(numbers(Tally(store=store, steps=list(store.homes))))
    chosen = drawn.stratified(run, 9)
    outcomes = [int(run.prompts["outcome"][each]) for each in drawn.stratified(run, 30)]
    there = Counter(run.prompts["outcome"].tolist())
    assert len(there) > 1 and set(outcomes[: len(there)]) == there.keys()
    assert all(outcomes.count(each) >= min(count, 30 // len(there)) for each, count in there.items())
    assert drawn.stratified(run, 9) == chosen and drawn.stratified(run, 20)[:9] == chosen

    monkeypatch.setattr(drawn, "BYTES", 5000)
    some, _ = asyncio.run(drawn.draw_records(store, run))
    assert 0 < len(some) < 10


def test_long_text_is_cut_and_says_so() -> None:
    assert drawn.cut("x" * 100_000).endswith("[40,000 more characters are in the run's files]")
    assert drawn.cut("short") == "short" and drawn.cut(None) is None
