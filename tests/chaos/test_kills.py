"""Jobs that are killed at random moments lose nothing, change nothing, and repeat little."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.forks import Forks
from tests.chaos.job import OVERLAP, WORKERS, made_of
from tests.chaos.laws import assert_lawful, assert_no_op, committed, shards_there, unchanged
from tests.chaos.processes import started, wait_for
from tests.chaos.seed import AGAIN, chance

pytestmark = pytest.mark.chaos


def test_job_in_one_process_survives_25_kills(forks: Forks, tmp_path: Path) -> None:
    settings = _settings(tmp_path, where="here", shards=60, seconds=0.1)

    def killed_when(number: int, ripe: Callable[[], bool], late: float) -> None:
        job = forks.start(settings, tmp_path / f"job-{number}.log")
        wait_for(lambda: job.state != "running" or ripe())
        time.sleep(late)
        assert job.kill() == "killed 9", f"ended before it was killed; {AGAIN}\n{job.words()}"

    _killed_again_and_again(settings, killed_when, kills=25, workers=1)
    root, log = settings["root"], Path(settings["log"])
    assert_no_op(lambda: forks.start(settings, tmp_path / "again.log").wait(), root, log)


@pytest.mark.cluster
def test_job_on_ray_survives_kills_of_its_whole_process_tree(tmp_path: Path) -> None:
    settings = _settings(tmp_path, where="ray", shards=60, seconds=0.2)

    def killed_when(number: int, ripe: Callable[[], bool], late: float) -> None:
        said = tmp_path / f"job-{number}.log"
        with started(settings, said) as job:
            wait_for(lambda: job.poll() is not None or ripe())
            time.sleep(late)
            assert job.poll() is None, f"ended before it was killed; {AGAIN}\n{said.read_text()[-3000:]}"

    _killed_again_and_again(settings, killed_when, kills=6, workers=WORKERS)


def _settings(folder: Path, **more: Any) -> dict[str, Any]:
    return {"root": f"{folder}/runs", "run": "first", "log": f"{folder}/started", **more}


def _killed_again_and_again(
    settings: dict[str, Any], killed_when: Callable[[int, Callable[[], bool], float], None], kills: int, workers: int
) -> None:
    """Start the job and kill it, at moments of its progress that chance has chosen, and let it finish at last."""
    fate, root, seen = chance(settings["where"]), Path(settings["root"]), dict[str, str]()
    for number, shards in enumerate(sorted(fate.sample(range(5, settings["shards"] * 5 - 40), kills))):
        killed_when(number, lambda shards=shards: shards_there(root) >= shards, fate.uniform(0.0, 0.3))
        unchanged(seen, committed(root))
        seen = committed(root)

    said = root.parent / "job-last.log"
    with started(settings, said) as job:
        assert job.wait(600) == 0, f"{AGAIN}\n{said.read_text()[-3000:]}"

    unchanged(seen, committed(root))
    assert_lawful(made_of(settings), root)
    _assert_little_repeated(Path(settings["log"]), settings["shards"], kills, workers)


def _assert_little_repeated(log: Path, shards: int, kills: int, workers: int) -> None:
    """In each step, a kill costs at most what its workers had in hand."""
    started = Counter(line.split()[0] for line in log.read_text().splitlines())
    for column, several in (("responses", workers), ("score_reward", 1), ("pairs", 1)):
        repeated = started[column] - shards
        assert 0 <= repeated <= kills * several * OVERLAP, f"{column}: {repeated} repeated; {AGAIN}"


def test_job_killed_while_it_starts_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    settings = {"where": "here", "shards": 2, "seconds": 0.0, "root": f"{tmp_path}/runs", "run": "first"}
    for number in range(4):
        with started(settings, tmp_path / f"job-{number}.log"):
            time.sleep(0.4 * (number + 1))

    with started(settings, tmp_path / "last.log") as job:
        assert job.wait(600) == 0

    assert_lawful(made_of(settings), settings["root"])
