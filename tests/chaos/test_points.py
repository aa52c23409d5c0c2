"""A job killed or stopped at any of its writes loses nothing, changes nothing and leaves nothing half-done.

Not at random moments: the writes of a small run are counted first, and then a run of its own ends at each of them.
"""

import itertools
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sdg_ray.recipe import Recipe
from tests.chaos.forks import Fork, Forks
from tests.chaos.job import made_of
from tests.chaos.laws import assert_lawful, assert_no_op, committed, content, unchanged
from tests.chaos.points import Point, traced
from tests.chaos.processes import wait_for
from tests.fault_proxy import FaultProxy

pytestmark = pytest.mark.chaos
SHARDS = {"steps": 1, "dialogues": 2, "poisoned": 1}


@dataclass(frozen=True)
class Lab:
    """Runs of one small recipe, each in a root of its own below `roots`."""

    forks: Forks
    folder: Path
    roots: str
    recipe: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def made(self) -> Recipe:
        """The recipe."""
        return made_of(self.settings("any"))

    def root(self, name: str) -> str:
        """Where the run of that name lies."""
        return f"{self.roots}/{name}"

    def log(self, name: str) -> Path:
        """What notes each shard that a step of it starts."""
        return self.folder / f"{name}.started"

    def settings(self, name: str) -> dict[str, object]:
        """The job's settings."""
        place = {"where": "here", "root": self.root(name), "run": "first", "log": str(self.log(name))}
        return place | {"recipe": self.recipe, "shards": SHARDS[self.recipe], "seconds": 0.0}

    def start(self, name: str, at: Point | None = None) -> Fork:
        """The job, under way."""
        return self.forks.start(self.settings(name), self.folder / f"{name}-{next(self.numbers)}.log", at)

    def finish(self, name: str) -> Fork:
        """The job, to its end, which has to be a good one."""
        job = self.start(name)
        ended = job.wait()
        assert ended == "exited 0", f"{name}: {ended}: {job.words()}"
        return job

    def left_alone(self) -> list[str]:
        """The calls of a job that nothing befalls; what it has made is in the run `alone`."""
        job = self.finish("alone")
        assert_lawful(self.made, self.root("alone"))
        assert_no_op(lambda: self.start("alone").wait(), self.root("alone"), self.log("alone"))
        return traced(f"{job.said}.points")

    def assert_as_if_left_alone(self, name: str) -> None:
        """The run is whole, and every shard's rows are those of the job that nothing befell."""
        assert_lawful(self.made, self.root(name))
        assert content(self.root(name)) == content(self.root("alone")), name


@pytest.fixture
def lab(forks: Forks, tmp_path: Path) -> Callable[..., Lab]:
    """Makes a lab: on local disk, or where it is told."""
    return lambda recipe, roots=f"{tmp_path}/runs": Lab(forks, tmp_path, roots, recipe)


def numbered(calls: list[str], part: str = "") -> list[int]:
    """The numbers of the calls with `part` in what they were about."""
    return [int(call.split()[0]) for call in calls if part in call]


@pytest.mark.parametrize(
    ("recipe", "part", "least"), [("steps", "", 16), ("dialogues", "", 25), ("poisoned", "attempts/", 3)]
)
def test_job_killed_before_and_after_each_write_ends_as_one_left_alone(
    lab: Callable[..., Lab], recipe: str, part: str, least: int
) -> None:
    here = lab(recipe)
    calls = numbered(here.left_alone(), part)
    assert len(calls) >= least
    for number, after in itertools.product(calls, (False, True)):
        name = f"killed-{'after' if after else 'before'}-{number}"
        killed = here.start(name, Point(number=number, after=after))
        assert killed.wait() == "killed 9", f"{name}: {killed.words()}"
        seen = committed(here.root(name))

        here.finish(name)

        unchanged(seen, committed(here.root(name)))
        here.assert_as_if_left_alone(name)


@pytest.mark.parametrize("where", ["folder", "s3"])
def test_job_stopped_at_each_write_changes_nothing_when_it_wakes_after_another_has_finished(
    lab: Callable[..., Lab], where: str, request: pytest.FixtureRequest
) -> None:
    here = lab("steps", request.getfixturevalue("s3_root")) if where == "s3" else lab("steps")
    for number in numbered(here.left_alone()):
        name = f"stopped-{number}"
        zombie = here.start(name, Point(number=number, signal=int(signal.SIGSTOP)))
        assert zombie.wait() == "stopped", f"{name}: {zombie.words()}"
        here.finish(name)
        before = committed(here.root(name))

        zombie.wake()

        assert zombie.wait() == "exited 0", f"{name}: {zombie.words()}"
        assert committed(here.root(name)) == before, f"{name}: the zombie changed what was there"
        here.assert_as_if_left_alone(name)


@pytest.mark.parametrize("held", ["hold before", "hold after"])
def test_write_that_outlives_its_writer_on_the_way_to_s3_or_back_changes_nothing(
    lab: Callable[..., Lab], s3_root: str, proxy: FaultProxy, held: str
) -> None:
    here = lab("steps", s3_root)
    for number in numbered(here.left_alone()):
        name = f"{held.replace(' ', '-')}-{number}"
        proxy.nth(number, held)
        killed = here.start(name)
        wait_for(lambda: proxy.held > proxy.let_go, 60)
        assert killed.kill() == "killed 9", f"{name}: {killed.words()}"
        seen = committed(here.root(name))

        here.finish(name)
        before = committed(here.root(name))
        proxy.release()

        unchanged(seen, before)
        assert committed(here.root(name)) == before, f"{name}: a write that came late changed what was there"
        here.assert_as_if_left_alone(name)
    assert set(proxy.written.values()) == {1}, proxy.written.most_common(3)
