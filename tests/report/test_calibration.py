"""Thresholds that labels ask for: the curve, the least threshold for a precision, and what cannot be had."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from jobs.calibrate import main, typed_as
from sdg_ray.config import build, compose
from sdg_ray.errors import Refused
from sdg_ray.filters.min_score import MinScore
from sdg_ray.report.calibration import best, curve, fitted, labelled, read_labels
from sdg_ray.stage import Columns
from sdg_ray.stages.select import Select
from sdg_ray.store import open_run
from tests.small import run_here, small_recipe, table


def points(*pairs: tuple[float, float]) -> list:
    found = np.array(pairs, dtype=np.float64)
    return curve(found[:, 0], found[:, 1])


def test_curve_counts_what_every_threshold_keeps() -> None:
    found = points((1.0, 0), (2.0, 1), (3.0, 0), (3.0, 1), (4.0, 1))
    assert [(each.threshold, each.kept, each.precision) for each in found] == [
        (4.0, 1, 1.0),
        (3.0, 3, pytest.approx(2 / 3)),
        (2.0, 4, 0.75),
        (1.0, 5, 0.6),
    ]
    assert [each.recall for each in found] == pytest.approx([1 / 3, 2 / 3, 1, 1])


def test_interval_is_wilsons() -> None:
    found = points(*[(1.0, 1.0)] * 8, *[(1.0, 0.0)] * 2)[0]
    assert (found.low, found.high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
    assert f"{points(*[(1.0, 0.0)] * 15)[0].low:.0%}" == "0%"


def test_least_threshold_that_reaches_the_target() -> None:
    found = points((4.0, 1), (3.0, 1), (2.0, 0), (1.0, 1), (0.0, 0))
    assert fitted(found, 0.75, 1).threshold == 1.0
    assert fitted(found, 0.9, 1).threshold == 3.0
    assert fitted(found, 0.9, 3) is None
    assert best(found, 3).threshold == 1.0
    assert best(found, 9) is None


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e-30, 1e30, -1.0])
def test_threshold_that_is_typed_keeps_what_its_point_keeps(scale: float) -> None:
    scores = np.random.default_rng(2).normal(size=5000).astype(np.float32).astype(np.float64) * scale
    found = curve(scores, np.ones(len(scores)))
    for point in found[::50]:
        assert (scores >= typed_as(point, found)).sum() == point.kept
    few = points((2.3456, 1), (1.0, 0))
    assert typed_as(few[0], few) == 2.345


def test_a_higher_threshold_of_a_score_that_knows_keeps_more_that_is_right() -> None:
    chance = np.random.default_rng(1)
    scores = chance.normal(size=4000)
    right = (scores + chance.normal(size=4000) > 0).astype(float)
    thirds = curve(scores, right)[1000::1000]
    assert [each.precision for each in thirds] == sorted((each.precision for each in thirds), reverse=True)


@dataclass(frozen=True)
class Truth:
    """Every second candidate is right."""

    reads = ("responses",)
    writes = pa.schema([("score_truth", pa.list_(pa.float32()))])

    def check(self) -> None:
        pass

    def open(self) -> Columns:
        async def told(rows: pa.Table) -> pa.Table:
            made = [[float(i % 2) for i in range(len(row))] for row in rows["responses"].to_pylist()]
            return pa.table({"score_truth": made}, schema=self.writes)

        return told


@pytest.fixture
def run(tmp_path: Path) -> Path:
    store, failed = run_here(small_recipe(truth=Truth()), tmp_path)
    assert not failed
    return tmp_path


def shown(root: Path, *arguments: str) -> str:
    console = Console(width=160, record=True)
    assert main(["run=first", f"root={root}", "least=1", *arguments], console) == 0
    return console.export_text()


def test_a_verifiers_column_labels_a_run(run: Path) -> None:
    text = shown(run, "truth=truth", "precision=0.5")
    assert "world" in text and "50%" in text
    assert "recipe.selection.filters.reward.families.world=" in text


def test_target_that_is_not_reached_is_said_and_sets_nothing(run: Path) -> None:
    text = shown(run, "truth=truth", "precision=1.0", "least=20")
    assert "none; best at" in text and "recipe.selection" not in text


def test_people_label_candidates_in_a_file(run: Path) -> None:
    row = table(run, "first", "reward", 0).to_pylist()[0]
    lines = [{"prompt_id": row["prompt_id"], "candidate": n, "right": n < 2} for n in range(4)]
    (run / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)))
    store = open_run(str(run), "first", small_recipe(truth=Truth()).identities(), None)
    found = asyncio.run(labelled(store, "reward", read_labels(str(run / "labels.jsonl"))))
    scores, right = found["world"]
    assert scores.tolist() == pytest.approx(row["score_reward"]) and right.tolist() == [1, 1, 0, 0]
    assert "4" in shown(run, f"labels={run / 'labels.jsonl'}")


def test_what_cannot_be_used_is_refused(run: Path) -> None:
    (run / "bad.jsonl").write_text('{"prompt_id": "x"}')
    (run / "said.jsonl").write_text('{"prompt_id": "x", "candidate": 0, "right": "false"}')
    for arguments, sentence in (
        (
            ("truth=reward",),
            "truth=reward does not say what is right: it gave .*, and a label is 1 or 0; take a scorer",
        ),
        (("truth=nobody",), "run 'first' has no scores by 'nobody'; there are: reward, truth"),
        ((f"labels={run / 'bad.jsonl'}",), "bad.jsonl, line 1: it must be like"),
        ((f"labels={run / 'said.jsonl'}",), "said.jsonl, line 1: it must be like"),
        ((f"labels={run / 'none.jsonl'}",), "none.jsonl"),
        ((), "either truth=SCORER or labels=FILE"),
        (("truth=truth", "precision=1.5"), "precision must be above 0"),
    ):
        with pytest.raises(Refused, match=sentence.replace("[", "\\[")):
            shown(run, *arguments)


def test_a_score_that_no_filter_looks_at_gets_one(run: Path) -> None:
    lines = shown(run, "scorer=truth", "truth=truth", "precision=0.9").splitlines()
    place = "recipe.selection.filters.truth"
    assert f"+filter@{place}=min_score {place}.scorer=truth {place}.threshold=..." in lines
    assert f"{place}.families.world=1.0" in lines
    typed = [
        f"+filter@{place}=min_score",
        f"{place}.scorer=truth",
        f"{place}.threshold=0",
        f"{place}.families.world=1.0",
    ]
    added = compose("generate", ["run=x", "recipe=world", *typed]).recipe.selection.filters.truth
    assert build(added) == MinScore(scorer="truth", threshold=0.0, families={"world": 1.0})


def test_a_filter_of_another_name_is_set_by_that_name(tmp_path: Path) -> None:
    selection = Select(filters={"mine": MinScore(scorer="reward", threshold=2.0)})
    run_here(small_recipe(truth=Truth(), selection=selection), tmp_path)
    lines = shown(tmp_path, "truth=truth", "precision=0.5").splitlines()
    assert [line for line in lines if line.startswith("recipe.selection.filters.mine.families.world=")]
    assert not [line for line in lines if line.startswith("+filter")]
