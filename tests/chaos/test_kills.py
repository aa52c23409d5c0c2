"""Jobs that are killed at random moments lose nothing, change nothing, and repeat little."""

import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.job import OVERLAP, WORKERS, noted_recipe
from tests.chaos.processes import started, wait_for
from tests.small import STEPS, assert_complete, checksums

pytestmark = pytest.mark.chaos
FILES = "shard-?????.parquet"
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))


def test_job_in_one_process_survives_25_kills(tmp_path: Path) -> None:
    _killed_again_and_again(tmp_path, {"where": "here", "shards": 60, "seconds": 0.1}, kills=25, workers=1)


@pytest.mark.cluster
def test_job_on_ray_survives_10_kills_of_its_whole_process_tree(tmp_path: Path) -> None:
    _killed_again_and_again(tmp_path, {"where": "ray", "shards": 60, "seconds": 0.3}, kills=10, workers=WORKERS)


def _killed_again_and_again(folder: Path, settings: dict[str, Any], kills: int, workers: int) -> None:
    """Start the job and kill it, at moments of its progress that chance has chosen, and let it finish at last."""
    chance, root, log = random.Random(SEED), folder / "runs", folder / "started"
    settings |= {"root": str(root), "run": "first", "log": str(log)}
    made = noted_recipe(settings["shards"], settings["seconds"])
    seen: dict[str, str] = {}
    for number, files in enumerate(sorted(chance.sample(range(5, settings["shards"] * 5 - 30), kills))):
        said = folder / f"job-{number}.log"
        with started(settings, said) as job:
            wait_for(lambda job=job, files=files: job.poll() is not None or len(list(root.rglob(FILES))) >= files)
            time.sleep(chance.uniform(0.0, 0.3))
            assert job.poll() is None, f"ended before it was killed; CHAOS_SEED={SEED}\n{said.read_text()[-3000:]}"
        now = checksums(root)
        assert seen.items() <= now.items(), f"a committed file changed; CHAOS_SEED={SEED}"
        seen = now

    said = folder / "job-last.log"
    with started(settings, said) as job:
        assert job.wait(600) == 0, f"CHAOS_SEED={SEED}\n{said.read_text()[-3000:]}"

    assert seen.items() <= checksums(root).items(), f"a committed file changed; CHAOS_SEED={SEED}"
    assert_complete(made, root)
    _assert_little_repeated(log, settings["shards"], kills, workers)


def _assert_little_repeated(log: Path, shards: int, kills: int, workers: int) -> None:
    """In each step, a kill costs at most what its workers had in hand."""
    started = Counter(line.split()[0] for line in log.read_text().splitlines())
    for column, several in (("responses", workers), ("score_reward", 1), ("pairs", 1)):
        repeated = started[column] - shards
        assert 0 <= repeated <= kills * several * OVERLAP, f"{column}: {repeated} repeated; CHAOS_SEED={SEED}"


def test_job_killed_while_it_starts_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    settings = {"where": "here", "shards": 2, "seconds": 0.0, "root": str(root), "run": "first"}
    for number in range(5):
        with started(settings, tmp_path / f"job-{number}.log"):
            time.sleep(0.3 * (number + 1))

    with started(settings, tmp_path / "last.log") as job:
        assert job.wait(600) == 0

    assert_complete(noted_recipe(2, 0.0), root)
    assert sorted(path.name for path in (root / "first").iterdir() if path.is_dir()) == sorted(STEPS)
