"""A job killed while it makes topics, prompts, marks and dialogues ends with the very rows of one left alone."""

import time
from pathlib import Path

import pytest

from tests.chaos.forks import Forks
from tests.chaos.job import made_of
from tests.chaos.laws import assert_lawful, content, shards_there, unchanged
from tests.chaos.processes import wait_for
from tests.chaos.seed import AGAIN, chance

pytestmark = pytest.mark.chaos
SHARDS = 12


def test_job_killed_in_every_step_of_its_prompts_ends_as_one_left_alone(forks: Forks, tmp_path: Path) -> None:
    settings = {"where": "here", "run": "first", "recipe": "dialogues", "shards": SHARDS, "seconds": 0.2}
    alone = forks.start(settings | {"root": f"{tmp_path}/alone", "seconds": 0.0}, tmp_path / "alone.log")
    assert alone.wait() == "exited 0", alone.words()

    fate, root, seen = chance("prompts"), tmp_path / "killed", dict[str, bytes]()
    settings |= {"root": str(root)}
    total = 2 + 3 * SHARDS
    for number, files in enumerate([0, 1, *sorted(fate.sample(range(2, total - 2), 10))]):
        job = forks.start(settings, tmp_path / f"job-{number}.log")
        wait_for(lambda job=job, files=files: job.state != "running" or shards_there(root) >= files)
        time.sleep(fate.uniform(0.0, 0.2))
        job.kill()
        unchanged(seen, content(root))
        seen = content(root)

    last = forks.start(settings, tmp_path / "job-last.log")
    assert last.wait(300) == "exited 0", f"{AGAIN}\n{last.words()}"
    assert_lawful(made_of(settings), root)
    assert content(root) == content(tmp_path / "alone"), AGAIN
