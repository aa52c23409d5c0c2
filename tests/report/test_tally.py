"""The sums of a run, from the footers of its files."""

import asyncio
from pathlib import Path

import pyarrow as pa
import pytest

from sdg_ray.report.tally import Tally
from sdg_ray.store import Footer, Store, open_run
from tests.scripted import Scripted
from tests.small import STEPS, rows_of, run_here, small_recipe, table


def test_sums_are_those_of_the_files(tmp_path: Path) -> None:
    made = small_recipe(shards=3, rows=8)
    store, failed = run_here(made, tmp_path)
    tally = Tally(store=store, steps=made.steps)
    tally.update()

    def rows(step: str) -> list:
        return [row for shard in range(3) for row in rows_of(table(tmp_path, "first", step, shard))]

    answers = [answer for row in rows("responses") for answer in row["answered"]]
    assert tally.sum("prompts", "rows") == tally.sum("preferences", "rows") == 24
    assert tally.total("answers") == len(answers) == 96
    assert tally.sum("responses", "tokens_out") == sum(answer["tokens"] for answer in answers)
    assert tally.total("scored") == sum(score is not None for row in rows("reward") for score in row["score_reward"])
    assert tally.total("kept") == sum(keep for row in rows("selection") for keep in row["keep"])
    assert tally.total("pairs") == sum(len(row["pairs"]) for row in rows("preferences"))
    assert tally.total("kept") + sum(tally.reasons("left_out").values()) == 96
    assert tally.sum("reward", "tokens_in") > 0


def test_errors_are_counted_by_reason(tmp_path: Path) -> None:
    store, failed = run_here(small_recipe(engine=Scripted(too_long="7")), tmp_path)
    tally = Tally(store=store, steps=STEPS)
    tally.update()
    assert set(tally.reasons("errors")) == {"too long"}
    assert tally.reasons("errors")["too long"] % 4 == 0


def test_run_that_goes_on_is_seen_as_far_as_it_is(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(shards=1), tmp_path)
    tally = Tally(store=store, steps=STEPS)
    tally.update()
    assert {len(files) for files in tally.footers.values()} == {1}

    run_here(small_recipe(shards=3), tmp_path)
    tally.update()
    assert {len(files) for files in tally.footers.values()} == {3}


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0.0),
        ([(10, 14)], 4.0),
        ([(10, 14), (12, 16)], 6.0),  # overlap counts once
        ([(10, 14), (100, 101)], 5.0),  # the pause between two launches does not count
        ([(10, 20), (11, 12), (13, 25)], 15.0),
    ],
)
def test_seconds_are_those_in_which_something_was_done(
    spans: list[tuple[float, float]], seconds: float, tmp_path: Path
) -> None:
    store = _with_spans(tmp_path, spans)
    tally = Tally(store=store, steps=("a",))
    tally.update()
    assert tally.seconds("a") == seconds


def _with_spans(root: Path, spans: list[tuple[float, float]]) -> Store:
    store = open_run(str(root), "first", {"a": {"is": "a"}})
    for shard, (began, ended) in enumerate(spans):
        footer = Footer(attempt=str(shard), began=began, ended=ended)
        asyncio.run(store.commit("a", shard, pa.table({"prompt_id": ["x"]}), footer))
    return store
