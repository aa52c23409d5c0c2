"""One step after another on a cluster: for models that do not fit beside each other, and with the same files."""

from itertools import pairwise
from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.runner import bring_all, pending
from sdg_ray.runner.ray import Cluster, Pool
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.score import Score
from sdg_ray.store import open_run
from tests.odd import Odd
from tests.scripted import Scripted
from tests.small import STEPS, body, run_here, small_recipe

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("cluster")]
LARGE = {"responses": Pool(cpus=3), "reward": Pool(cpus=3)}  # of four


def test_staged_does_what_streaming_has_no_room_for_and_makes_the_same_files(tmp_path: Path) -> None:
    made = small_recipe(shards=4)
    run_here(made, tmp_path, "here")
    with pytest.raises(Refused, match=r"need 6\.3 cpus and the cluster has 4; .* with cluster\.schedule=staged"):
        Cluster(pools=LARGE).check(made)
    staged = Cluster(pools=LARGE, schedule="staged")
    staged.check(made)
    store = open_run(str(tmp_path), "there", made.identities())

    assert not bring_all(made, store, staged)

    for step in STEPS:
        for shard in range(4):
            name = f"{step}/shard-{shard:05d}.parquet"
            assert body(tmp_path / "here" / name) == body(tmp_path / "there" / name)
    times = [[file.stat().st_mtime for file in (tmp_path / "there" / step).glob("*.parquet")] for step in STEPS]
    assert all(max(one) < min(other) for one, other in pairwise(times))


def test_shard_that_fails_in_a_stage_is_left_out_of_the_later_ones_and_the_others_finish(tmp_path: Path) -> None:
    made = small_recipe(reward=Odd(stage=Score(scorer=RewardModel(engine=Scripted())), at=1))
    store = open_run(str(tmp_path), "first", made.identities())

    failed = Cluster(schedule="staged").run(made, store, pending(made, store))

    assert failed == {1: "reward: BrokenPromise: reward made 3 rows of 4: mark rows, never drop or add them"}
    assert pending(made, store) == {1: list(STEPS[2:])}
