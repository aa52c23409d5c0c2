"""Sixty-four machines, simulated: are all replicas kept busy, what does it cost the driver, and where is the next wall?

    python jobs/bench/scale.py                     100,000 prompts on 64 replicas, in about five minutes; Ctrl-C ends it
    python jobs/bench/scale.py prompts=20000       fewer

    machines=64      replicas of the 340B model, a machine each
    prompts=100000   with four answers each
    rows=64          prompts of a shard
    speed=8          so many times as fast as the real replicas would be
    listed=100000    shards in the folder that is listed

Everything is as in a real run but the model (`replica.py` beside this file): the job's cluster on Ray with one process
for each replica, its progress lines, its store on the local disk. All of it shares this machine's processor, so what a
replica loses to waiting for others here is an upper bound. A replica is busy while it has work for its full speed.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.world import World
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.report.conservation import Conservation
from sdg_ray.report.progress import Progress
from sdg_ray.report.tally import Tally
from sdg_ray.runner import pending
from sdg_ray.stages.respond import Respond
from sdg_ray.store import Store, open_run

if TYPE_CHECKING:
    from jobs.bench.costs import Costs

REPOSITORY = Path(__file__).parents[2]
EDGE = 0.02  # of the time at the beginning and the end, when not all replicas can have work
GPUS = 8  # of a machine
MIB = 1 << 20
LOOKS = 5.0  # seconds between two listings of a step, by the progress lines
STEPS = 2
PAGES = 5  # of a thousand names, that are listed over S3


def main(arguments: Sequence[str], console: Console) -> int:
    """The run, then the listings, then the two tables."""
    sys.path.insert(0, str(REPOSITORY))  # the replica is with the benchmarks, here and in the workers
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    from jobs.bench.listings import listed_here, listed_on_s3

    options = typed(arguments, machines=64, prompts=100_000, rows=64, speed=8.0, listed=100_000)
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        seen = simulated(options["machines"], options["prompts"], options["rows"], options["speed"], Path(folder))
        here, there = listed_here(Path(folder), options["listed"]), listed_on_s3(PAGES * 1000)
    console.print(_utilisation(seen, options))
    console.print(_bottlenecks(seen, here, there, options))
    for line in _walls(seen, here, options):
        console.print(line, highlight=False, soft_wrap=True)
    return 0


@dataclass(kw_only=True)
class Seen:
    """What was seen of the run: its span, how busy each replica was, and what the driver and Ray took."""

    began: float
    ended: float
    shards: int
    tokens: int
    busy: Sequence[np.ndarray]  # of each replica: times, and seconds busy until then
    costs: "Costs"

    def share(self, edge: float) -> list[float]:
        """The share of the span, without its edges, in which each replica was busy."""
        length = self.ended - self.began
        window = self.began + edge * length, self.ended - edge * length
        found = (np.interp(window, times, seconds) for times, seconds in self.busy)
        return [float(until - since) / (window[1] - window[0]) for since, until in found]


def simulated(machines: int, prompts: int, rows: int, speed: float, folder: Path) -> Seen:
    """The run of all prompts on as many replicas."""
    from jobs.bench.costs import Costs
    from jobs.bench.looking import looking
    from jobs.bench.replica import Replica

    notes = folder / "replicas"
    notes.mkdir()
    engine = Replica(speed=speed, folder=str(notes), together=machines)
    made = recipe(
        prompts=Prompts(families={"world": World(kinds=("arithmetic",))}, rows=rows, shards=-(-prompts // rows)),
        responses=Respond(engine=engine, n=4),
    )
    store = open_run(str(folder / "runs"), "scale", made.identities())
    tally, costs = Tally(store=store, steps=made.steps), Costs()
    with Progress(Conservation(made, tally), Console(quiet=True)), looking(costs.look, every=1.0):
        _on_ray(made, store, machines)
    footers = tally.footers["responses"].values()
    return Seen(
        began=min(footer.began for footer in footers),
        ended=max(footer.ended for footer in footers),
        shards=made.prompts.planned_shards,
        tokens=tally.sum("responses", "tokens_out"),
        busy=[np.loadtxt(file, ndmin=2).T for file in sorted(notes.glob("*.busy"))],
        costs=costs,
    )


def _on_ray(made: Recipe, store: Store, machines: int) -> None:
    """On a cluster of this machine that says it has all the GPUs."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # as a job does
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    import ray

    from sdg_ray.runner.ray import Cluster, Pool

    quiet = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}
    ray.init(address="local", num_cpus=8, num_gpus=GPUS * machines, **quiet)
    try:
        cluster = Cluster(pools={"responses": Pool(gpus=GPUS, min=machines), "prompts": Pool(overlap=8)})
        cluster.check(made)
        failed = cluster.run(made, store, pending(made, store))
    finally:
        ray.shutdown()
    if failed or pending(made, store):
        raise Refused(f"the run was not completed: {failed}")


def _utilisation(seen: Seen, options: dict[str, float]) -> Table:
    title = f"{options['prompts']:,} prompts, four answers each, on {options['machines']} simulated replicas"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("span", "as real", "tokens out", "busy, all of it", "busy, without the edges", "the idlest replica"):
        table.add_column(name, justify="right")
    real, inner = (seen.ended - seen.began) * options["speed"], seen.share(EDGE)
    shares = (f"{np.mean(share):.1%}" for share in (seen.share(0.0), inner))
    span = f"{seen.ended - seen.began:,.0f} s"
    table.add_row(span, f"{real / 60:,.0f} min", f"{seen.tokens:,}", *shares, f"{min(inner):.1%}")
    return table


def _bottlenecks(seen: Seen, here: float, there: float, options: dict[str, float]) -> Table:
    table = Table(title="what is not shared out over the machines", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("")
    table.add_column("measured", justify="right")
    driver, ray = (seconds * 1000 / seen.shards for seconds in seen.costs.between(seen.began, seen.ended))
    least, most = seen.costs.memory(seen.began, seen.ended)
    table.add_row(f"driver: processor seconds for 1,000 shards through {STEPS} steps", f"{driver:.1f}")
    table.add_row("raylet and gcs: the same", f"{ray:.1f}")
    table.add_row("driver: memory, and its growth in the run", f"{most / MIB:,.0f} MiB, {(most - least) / MIB:+,.0f}")
    table.add_row(f"listing a step of {options['listed']:,} shards on a local disk", f"{here:.1f} s")
    table.add_row(f"listing one of {PAGES * 1000:,} shards over S3 from a test server", f"{there:.1f} s")
    return table


def _walls(seen: Seen, here: float, options: dict[str, float]) -> list[str]:
    """How far each of these goes, and which comes first."""
    driver, _ = seen.costs.between(seen.began, seen.ended)
    real = (seen.ended - seen.began) * options["speed"]
    driven = options["machines"] * real / driver
    shards = LOOKS / here * options["listed"]
    return [
        f"- The driver is one process, one interpreter: busy all the time, it serves {driven:,.0f} machines or more.",
        f"- The progress lines list every step each {LOOKS:g} s, which a local disk does up to {shards:,.0f} shards of "
        "a step. S3 names 1,000 objects a request, one after the other: at 50 ms each, 100,000 shards take 5 s.",
        "- So the listings come next, by the number of shards not of machines, then the driver, by shards a second; "
        "larger shards (recipe.prompts.rows) move both.",
    ]


if __name__ == "__main__":
    command(main, __doc__)
