"""Workers on several machines: real raylets that each say they have eight GPUs, and a scripted engine."""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen of runs on four machines, in a process of its own."""
    command = [sys.executable, "-m", "tests.runner.machines", str(tmp_path_factory.mktemp("machines"))]
    patient = {"RAY_raylet_start_wait_time_s": "300"}
    environment = os.environ | patient | {"PYTHONPATH": str(REPOSITORY), "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    ended = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=600)
    assert "SEEN " in ended.stdout, ended.stderr[-3000:]
    return json.loads(ended.stdout.rpartition("SEEN ")[2])


def notes(seen: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [note for note in seen["notes"] if note["name"] == name]


def test_worker_of_sixteen_gpus_has_eight_on_each_of_two_machines_and_starts_processes_in_both(seen) -> None:
    (wide,) = notes(seen["fits"], "writer")
    assert sorted(Counter(wide["group"]).values()) == [8, 8]
    assert wide["machine"] == wide["group"][0] == wide["inside"][0]
    assert set(wide["inside"]) <= set(wide["group"]) and wide["inside"][1] == wide["group"][-1]
    assert seen["fits"]["pending"] == 0 and not seen["fits"]["refused"]


def test_workers_never_share_gpus(seen) -> None:
    (wide,), judges = notes(seen["fits"], "writer"), notes(seen["fits"], "judge")
    assert [sorted(judge["gpus"]) for judge in judges] == [[str(n) for n in range(8)]] * 2
    assert len({judge["machine"] for judge in judges} | set(wide["group"])) == 4


def test_placement_groups_are_removed_after_a_run_and_after_one_that_failed(seen) -> None:
    assert notes(seen["fails"], "writer") and seen["fails"]["refused"] == "model writer could not be loaded"
    assert seen["fits"]["groups"] == seen["fails"]["groups"] == 0


def test_pool_grows_to_its_largest_size_and_shrinks_when_there_is_nothing_left_to_do(seen) -> None:
    living, writers = seen["grows"]["living"], notes(seen["grows"], "writer")
    assert seen["grows"]["pending"] == 0
    assert max(living) == len(writers) == 3 and living[:2] == [0, 1]
    assert len({writer["machine"] for writer in writers}) == 3
    assert living[-1] == 1, "they stayed until the last shard was through"


def test_what_no_machines_have_free_is_refused_before_anything_starts(seen) -> None:
    assert seen["crowded"].startswith(
        "a worker of reward needs 5 gpus on one machine, and none has them free; they have 8, 8, 8, 8; lower "
    )
    assert seen["crowded"].endswith("; with cluster.schedule=staged, one step after the other, there is room")
