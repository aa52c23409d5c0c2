"""A job killed while it makes topics, prompts, marks and dialogues ends with the very files of one left alone."""

import os
import random
import time
from pathlib import Path

import pytest

from sdg_ray.runner import bring_all, pending
from sdg_ray.runner.local import Local
from sdg_ray.store import open_run
from tests.chaos.job import dialogue_recipe
from tests.chaos.processes import started, wait_for
from tests.small import body

pytestmark = pytest.mark.chaos
FILES = "shard-?????.parquet"
SHARDS = 12
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))


def bodies(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob(FILES) if ".partial" not in path.parts)
    return {str(path.relative_to(root)): body(path) for path in files}


@pytest.mark.parametrize("where", ["here", pytest.param("ray", marks=pytest.mark.cluster)])
def test_job_killed_in_every_step_of_its_prompts_ends_as_one_left_alone(tmp_path: Path, where: str) -> None:
    alone = open_run(str(tmp_path / "alone"), "first", dialogue_recipe(SHARDS, 0.0).identities())
    made = dialogue_recipe(SHARDS, 0.0)
    assert not bring_all(made, alone, Local()) and not pending(made, alone)

    chance, root, seen = random.Random(SEED), tmp_path / "killed", dict[str, bytes]()
    settings = {"where": where, "shards": SHARDS, "seconds": 0.2, "root": str(root), "run": "first", "dialogues": True}
    total = 2 + 3 * SHARDS
    moments = [0, 1, *sorted(chance.sample(range(2, total - 2), 10 if where == "here" else 3))]
    for number, files in enumerate(moments):
        with started(settings, tmp_path / f"job-{number}.log") as job:
            wait_for(lambda job=job, files=files: job.poll() is not None or len(list(root.rglob(FILES))) >= files)
            time.sleep(chance.uniform(0.0, 0.2))
        now = bodies(root)
        assert seen.items() <= now.items(), f"a committed file changed; CHAOS_SEED={SEED}"
        seen = now

    said = tmp_path / "job-last.log"
    with started(settings, said) as job:
        assert job.wait(600) == 0, f"CHAOS_SEED={SEED}\n{said.read_text()[-3000:]}"
    assert bodies(root) == bodies(tmp_path / "alone"), f"CHAOS_SEED={SEED}"
