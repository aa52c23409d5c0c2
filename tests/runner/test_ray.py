"""What is particular to Ray: equal files, workers that die, and pools that do not fit."""

from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.runner import pending
from sdg_ray.runner.ray import Cluster, Pool
from sdg_ray.runner.suspects import guilty, read_notes
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.score import Score
from sdg_ray.store import open_run
from tests.odd import Odd
from tests.runner.test_both import given_recipe
from tests.scripted import Scripted
from tests.small import STEPS, assert_complete, body, run_here, small_recipe, table

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("cluster")]


def test_local_and_ray_give_equal_files(tmp_path: Path) -> None:
    made = small_recipe(shards=5)
    run_here(made, tmp_path, "here")
    store = open_run(str(tmp_path), "there", made.identities())

    Cluster(pools={"responses": Pool(min=2)}).run(made, store, pending(made, store))

    for step in STEPS:
        for shard in range(5):
            here, there = (table(tmp_path, run, step, shard) for run in ("here", "there"))
            assert here.replace_schema_metadata().equals(there.replace_schema_metadata())
            name = f"{step}/shard-{shard:05d}.parquet"
            assert body(tmp_path / "here" / name) == body(tmp_path / "there" / name)


@pytest.mark.parametrize("how", ["kill", "crash"])
def test_row_that_ends_its_worker_is_an_error_and_all_others_are_answered(tmp_path: Path, how: str) -> None:
    engine = Scripted(seconds=0.05, crash="crash", log=str(tmp_path / "starts"))
    made = given_recipe(tmp_path, {5: f"please {how}"}, engine, lines=28)
    store = open_run(str(tmp_path), "first", made.identities())

    assert not Cluster().run(made, store, pending(made, store))

    assert_complete(made, tmp_path)
    rows = [row for shard in range(7) for row in table(tmp_path, "first", "responses", shard).to_pylist()]
    errors = {n: row["answered"][0]["error"] for n, row in enumerate(rows) if row["answered"][0]["error"]}
    said = {"kill": "the engine died, as the prompt asked", "crash": "its process was gone 2 times"}
    assert errors == {5: f"ended the engine: {said[how]}"}
    assert len((tmp_path / "starts").read_text().splitlines()) <= 2 + 4


def test_engine_that_always_dies_ends_the_run_with_every_shard_pending_and_no_row_blamed(tmp_path: Path) -> None:
    made = given_recipe(tmp_path, {}, Scripted(kill="question"), lines=20)
    store = open_run(str(tmp_path), "first", made.identities())

    failed = Cluster(pools={"responses": Pool(restarts=2)}).run(made, store, pending(made, store))

    assert pending(made, store) == dict.fromkeys(range(5), list(STEPS[1:]))
    assert failed == dict.fromkeys(range(5), failed[0])
    assert failed[0].startswith("responses: its worker ended 3 times while no shard got done")
    assert not any(guilty(4, notes) for notes in read_notes(store, "responses").values())


def test_shard_that_a_stage_spoils_stays_pending_by_name_and_the_others_finish(tmp_path: Path) -> None:
    made = small_recipe(reward=Odd(stage=Score(scorer=RewardModel(engine=Scripted())), at=1))
    store = open_run(str(tmp_path), "first", made.identities())

    failed = Cluster().run(made, store, pending(made, store))

    assert failed == {1: "reward: BrokenPromise: reward made 3 rows of 4: mark rows, never drop or add them"}
    assert pending(made, store) == {1: list(STEPS[2:])}


def test_worker_that_cannot_start_ends_the_run_with_the_reason(tmp_path: Path) -> None:
    made = small_recipe(engine=Scripted(loads=False))
    store = open_run(str(tmp_path), "first", made.identities())

    with pytest.raises(Refused, match="^model scripted could not be loaded$"):
        Cluster().run(made, store, pending(made, store))


def test_several_workers_and_overlapping_shards_make_every_row_once(tmp_path: Path) -> None:
    made = small_recipe(shards=12, engine=Scripted(seconds=0.01))
    store = open_run(str(tmp_path), "first", made.identities())
    pools = {"responses": Pool(min=1, max=3, overlap=2), "reward": Pool(min=2, overlap=5)}

    assert not Cluster(pools=pools).run(made, store, pending(made, store))

    assert_complete(made, tmp_path)


@pytest.mark.parametrize(
    ("pools", "sentence"),
    [
        ({"responses": Pool(min=2, gpus=8)}, "the pools need 16 gpus and the cluster has 0; lower cluster.pools"),
        ({"reward": Pool(cpus=1000)}, "the pools need 1000.4 cpus and the cluster has 4"),
        ({"answers": Pool()}, "cluster.pools.answers is of no step; the steps are prompts, responses"),
    ],
)
def test_pools_that_cannot_work_are_refused_before_anything_starts(pools: dict[str, Pool], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence.replace(".", r"\.")):
        Cluster(pools=pools).check(small_recipe())
