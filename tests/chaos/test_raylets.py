"""A run on a Ray cluster of three machines, while its driver, its workers and whole machines are killed or frozen."""

import contextlib
import itertools
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.chaos.forks import Forks
from tests.chaos.job import made_of
from tests.chaos.laws import assert_lawful, assert_no_op, committed, content, shards_there, unchanged
from tests.chaos.processes import kill, start, wait_for
from tests.chaos.raylets import Raylets
from tests.chaos.seed import AGAIN, chance

pytestmark = [pytest.mark.chaos, pytest.mark.cluster]
SHARDS = 12
FILES = 2 + 3 * SHARDS


@dataclass
class Driver:
    """The job on the cluster, started again whenever it ended without being done."""

    settings: dict[str, Any]
    folder: Path
    launches: Iterator[int] = field(default_factory=itertools.count)

    def __enter__(self) -> "Driver":
        self.job = self._started()
        return self

    def __exit__(self, *error: object) -> None:
        kill(self.job)

    def _started(self) -> subprocess.Popen[bytes]:
        self.said = self.folder / f"driver-{next(self.launches)}.log"
        return start(self.settings, self.said)

    def again(self) -> None:
        """SIGKILL, and another launch of the same job."""
        kill(self.job)
        self.job = self._started()

    def goes_on(self) -> bool:
        """Whether it works; one that has left shards pending is started again."""
        code = self.job.poll()
        assert code in (None, 0, 1), f"{AGAIN}: {code}: {self.said.read_text()[-3000:]}"
        if code == 1:
            self.job = self._started()
        return code != 0

    def wait(self, happened: Callable[[], bool], seconds: float = 120) -> None:
        """Until something has happened, or the job is done."""
        try:
            wait_for(lambda: not self.goes_on() or happened(), seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; {AGAIN}; {self.said.read_text()[-3000:]}") from error


def test_run_outlasts_its_driver_its_workers_and_machines(forks: Forks, tmp_path: Path) -> None:
    settings = {"where": "here", "run": "first", "recipe": "dialogues", "shards": SHARDS}
    alone = forks.start(settings | {"root": f"{tmp_path}/alone", "seconds": 0.0}, tmp_path / "alone.log")
    assert alone.wait() == "exited 0", alone.words()
    fate, root, names = chance("raylets"), tmp_path / "runs", (f"more-{n}" for n in itertools.count())
    settings |= {"root": str(root), "seconds": 0.3}
    victims = ["worker", "machine", "driver", "worker", "machine", "driver", "frozen"]
    fate.shuffle(victims)

    with contextlib.ExitStack() as running:
        cluster = running.enter_context(Raylets(tmp_path / "cluster.log", "one", "two"))
        driver = running.enter_context(Driver(settings | {"where": cluster.address}, tmp_path))
        machines, seen = ["one", "two"], dict[str, bytes]()
        for victim, shards in zip(victims, sorted(fate.sample(range(1, FILES - 6), len(victims))), strict=True):
            driver.wait(lambda shards=shards: shards_there(root) >= shards and bool(cluster.workers()))
            time.sleep(fate.uniform(0.0, 0.3))
            if victim == "driver":
                driver.again()
            elif victim in ("machine", "frozen"):
                (cluster.kill if victim == "machine" else cluster.freeze)(machines.pop(fate.randrange(2)))
                time.sleep(fate.uniform(0.0, 1.0))
                machines.append(next(names))
                cluster.add(machines[-1])
            else:
                with contextlib.suppress(psutil.NoSuchProcess, IndexError):
                    fate.choice(cluster.workers()).kill()
            unchanged(seen, content(root))
            seen = content(root)
        driver.wait(lambda: False, 180)
        unchanged(seen, content(root))
        assert_lawful(made_of(settings), root)
        whole = committed(root)
        cluster.thaw()
        woken = committed(root)
        unchanged(whole, woken)
        added = sorted(path for path in woken.keys() - whole.keys() if "/attempts/" not in path)
        assert not added, f"a machine that was given up has made {added}; {AGAIN}"  # it may note that it began again

    assert content(root) == content(tmp_path / "alone"), AGAIN
    assert_no_op(lambda: forks.start(settings, tmp_path / "again.log").wait(), root)
