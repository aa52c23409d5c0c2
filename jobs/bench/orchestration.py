"""What the machinery costs where the models cost nothing: many small shards through all five steps, scripted engines.

    python jobs/bench/orchestration.py                  1,000 shards on Ray with two logical CPUs, and in this process
    python jobs/bench/orchestration.py shards=300       fewer shards

    shards=1000   how many shards
    rows=8        how many prompts a shard has, with four candidates each

Steady is from the first commit of the run to the last; wall is what the user waits, with Ray and its workers started.
The memory is that of the driver, with the progress lines of a real run, from the hundredth finished shard on.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.filters.finished import Finished
from sdg_ray.filters.min_score import MinScore
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.world import World
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.report.conservation import Conservation
from sdg_ray.report.progress import Progress
from sdg_ray.report.tally import Tally
from sdg_ray.runner import pending
from sdg_ray.runner.local import Local
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.pair import Pair
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.stages.select import Select
from sdg_ray.store import open_run

REPOSITORY = Path(__file__).parents[2]
WARM = 100  # from this many finished shards on the driver's memory should not grow
TARGET_MS, TARGET_MIB = 15.0, 50.0
MIB = 1 << 20


def main(arguments: Sequence[str], console: Console) -> int:
    """Both runners over the same recipe, and a table of what each cost."""
    options = typed(arguments, shards=1000, rows=8)
    made = scripted(options["shards"], options["rows"])
    table = Table(title=f"{options['shards']:,} shards of {options['rows']} prompts, five steps", box=box.SIMPLE_HEAD)
    for name in ("runner", "steady ms", "wall ms", "steady s", "wall s", "files", "driver MiB", "growth MiB"):
        table.add_column(name, justify="left" if name == "runner" else "right")
    with tempfile.TemporaryDirectory(prefix="orchestration-") as root:
        for name, run in (("ray, 2 CPUs", on_ray), ("local", in_process)):
            table.add_row(name, *measured(made, root, name.split(",")[0], run).cells())
    console.print(table)
    console.print(f"ms are per shard and step; aimed at: {TARGET_MS:g} ms steady on Ray, {TARGET_MIB:g} MiB of growth")
    return 0


def scripted(shards: int, rows: int) -> Recipe:
    """The main job's five steps, with engines that have their answers ready."""
    sys.path.insert(0, str(REPOSITORY))  # the scripted engine is with the tests, here and in the workers
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    from tests.scripted import Scripted

    return recipe(
        prompts=Prompts(families={"world": World(kinds=("arithmetic",))}, rows=rows, shards=shards),
        responses=Respond(engine=Scripted()),
        reward=Score(scorer=RewardModel(engine=Scripted())),
        selection=Select(filters={"finished": Finished(), "reward": MinScore(scorer="reward", threshold=2.0)}),
        preferences=Pair(),
    )


@dataclass(kw_only=True)
class Cost:
    """What one run cost."""

    steps: int  # shards times steps
    files: int
    wall: float
    steady: float
    memory: Sequence[int]  # the driver's, in bytes, since shard WARM

    def cells(self) -> list[str]:
        """A row of the table."""
        each = 1000 / self.steps
        rates = [f"{self.steady * each:.1f}", f"{self.wall * each:.1f}", f"{self.steady:.1f}", f"{self.wall:.1f}"]
        growth = f"{(max(self.memory) - self.memory[0]) / MIB:+.1f}" if self.memory else ""
        return [*rates, f"{self.files:,}", f"{self.memory[0] / MIB:.0f}" if self.memory else "", growth]


def measured(made: Recipe, root: str, name: str, run: Any) -> Cost:
    """One runner's cost, from a run of its own."""
    began = time.monotonic()
    store = open_run(root, name, made.identities())
    tally = Tally(store=store, steps=made.steps)
    from jobs.bench.looking import looking  # found where `scripted` has put the repository

    watch = Watch(Path(root) / name / made.steps[-1])
    with Progress(Conservation(made, tally), Console(quiet=True)), looking(watch.look, every=0.5):
        failed: Mapping[int, str] = run(made, store, pending(made, store))
    wall = time.monotonic() - began
    if failed or pending(made, store):
        raise RuntimeError(f"the run was not completed: {failed}")
    ended = [footer.ended for files in tally.footers.values() for footer in files.values()]
    return Cost(steps=len(ended), files=len(ended), wall=wall, steady=max(ended) - min(ended), memory=watch.memory)


def on_ray(made: Recipe, store: Any, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """On a cluster of this machine, as a job starts it, told to have two CPUs."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # as a job does
    import ray

    from sdg_ray.runner.ray import Cluster

    ray.init(address="local", num_cpus=2, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    try:
        return Cluster().run(made, store, missing)
    finally:
        ray.shutdown()


def in_process(made: Recipe, store: Any, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """Without Ray."""
    return Local().run(made, store, missing)


@dataclass
class Watch:
    """The memory of this process at each look, in bytes, once `WARM` files are in the folder of the last step."""

    folder: Path
    process: psutil.Process = field(default_factory=psutil.Process)
    memory: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Note the memory."""
        if self.folder.is_dir() and sum(each.suffix == ".parquet" for each in self.folder.iterdir()) >= WARM:
            self.memory.append(self.process.memory_info().rss)


if __name__ == "__main__":
    command(main, __doc__)
