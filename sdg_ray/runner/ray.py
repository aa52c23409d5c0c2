"""A recipe on a Ray cluster. The only module that imports `ray.data`.

One block is one shard's ticket: its number, and why it failed if it did. Each step is a pool of workers, and tickets
stream through the pools; the data itself goes through the store. So Ray schedules, scales, retries and applies
backpressure as it always does, a block that Ray has to make again finds its file committed, and the driver holds
nothing but tickets.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import ray
import ray.data

from sdg_ray.errors import Refused
from sdg_ray.recipe import Recipe
from sdg_ray.runner.desk import TICKET, Desk, Place
from sdg_ray.runner.groups import Groups
from sdg_ray.runner.patience import OutOfPatience, patiently
from sdg_ray.runner.pools import STAGED, STREAMING, Machines, Nodes, Pool, at_once, has_use, misfit, pool_of
from sdg_ray.store import Store


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where a recipe runs: pools by step. Nothing in here can change the data.

    `address` is the cluster's (`auto` for one that runs here); by default the one that this job was submitted to,
    else one started for it on this machine. With the schedule `streaming` the pools of a phase are there at once, and a
    shard goes from one to the next; with `staged` one step follows another, for models that do not fit beside each
    other. `autoscaler` says what may be brought, on a cluster that grows. A run in which no shard gets done for
    `patience` seconds ends there, and says what it waited for.
    """

    pools: Mapping[str, Pool] = field(default_factory=dict)
    address: str | None = None
    schedule: str = STREAMING
    autoscaler: Machines | None = None
    patience: float = 7200.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "pools", {step: pool_of(step, given) for step, given in self.pools.items()})
        if self.schedule not in (STREAMING, STAGED):
            raise Refused(f"cluster.schedule is {self.schedule!r}; it can be {STREAMING} or {STAGED}")

    def pool(self, step: str) -> Pool:
        """The pool of a step; one that is not named gets a single light worker."""
        return self.pools.get(step, Pool())

    def suited(self, recipe: Recipe) -> "Cluster":
        """This cluster with the pools that a recipe has use for: optional ones only where their step loads a model."""
        pools = {step: pool for step, pool in self.pools.items() if has_use(recipe, step, pool)}
        return replace(self, pools=pools)

    def check(self, recipe: Recipe) -> None:
        """Raise `Refused` where a pool is of no step, or the cluster Ray is connected to lacks what the pools need."""
        suited = self.suited(recipe)
        if unknown := sorted(set(suited.pools) - set(recipe.steps)):
            raise Refused(f"cluster.pools.{unknown[0]} is of no step; the steps are {', '.join(recipe.steps)}")
        for step, pool in suited.pools.items():
            pool.check(step)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        if reason := suited.misfit(recipe, nodes):
            raise Refused(reason)

    def misfit(self, recipe: Recipe, there: Nodes) -> str | None:
        """Why what a recipe needs does not fit on machines, and how to mend it; None where it does."""
        nodes = self.autoscaler.beside(there) if self.autoscaler else there
        groups = [{step: self.pool(step) for step in steps} for steps in at_once(recipe, self.schedule)]
        reasons = [reason for group in groups if (reason := misfit(group, nodes))]
        if not reasons:
            return None
        cure = "lower cluster.pools.<step>.gpus, .cpus or .min, or choose another cluster=..."
        if self.schedule == STREAMING and not replace(self, schedule=STAGED).misfit(recipe, there):
            cure += "; with cluster.schedule=staged, one step after the other, there is room"
        return f"{reasons[0]}; {cure}"

    def run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        """Bring the shards through the steps they miss; why those that failed did. Needs a connected Ray."""
        _settle()
        suited, failed, gone = self.suited(recipe), dict[int, str](), set[int]()
        for steps in at_once(recipe, self.schedule):
            shards = [n for n, lacks in missing.items() if n not in gone and set(steps) & set(lacks)]
            needed = [step for step in steps if any(step in missing[shard] for shard in shards)]
            if needed:
                came = suited._streamed([suited._place(recipe, store, step) for step in needed], shards)
                failed.update({shard: reason for shard, reason in came.items() if reason})
                gone.update(set(shards) - {shard for shard, reason in came.items() if not reason})
        return failed

    def _place(self, recipe: Recipe, store: Store, step: str) -> Place:
        pool = self.pool(step)
        return Place(recipe=recipe, store=store, step=step, restarts=pool.restarts, several=pool.most > 1)

    def _streamed(self, places: Sequence[Place], shards: Sequence[int]) -> dict[int, str | None]:
        """Shards through the pools of some steps, all there at once: the tickets that came out, with their reasons."""
        data = ray.data.from_blocks([pa.table({"shard": [n], "failed": [None]}, schema=TICKET) for n in shards])
        came: dict[int, str | None] = {}
        with Groups() as groups:
            for place in places:
                data = self._through(data, place, groups)
            try:
                batches = data.iter_batches(batch_size=None, batch_format="pyarrow")
                for batch in patiently(batches, lambda: _done(places), self.patience):
                    came.update((row["shard"], row["failed"]) for row in batch.to_pylist())
            except OutOfPatience:
                came |= dict.fromkeys(set(shards) - came.keys(), self._waited_for(places))
            except (ray.exceptions.RayError, ray.exceptions.UserCodeException) as error:
                raise Refused(_why_no_worker_starts(error)) from error
        return came

    def _waited_for(self, places: Sequence[Place]) -> str:
        """Why no ticket may have come: what the cluster lacks by now, if that can be seen."""
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        why = self.misfit(places[0].recipe, nodes) or "there is room for them; look at `ray status` and Ray's logs"
        steps = ", ".join(place.step for place in places)
        return f"{steps}: no shard got done for {self.patience:g} s, waiting for workers: {why}"

    def _through(self, data: ray.data.Dataset, place: Place, groups: Groups) -> ray.data.Dataset:
        """The tickets, once each has been through a worker of a step."""
        pool = self.pool(place.step)
        spans = pool.machines > 1
        return data.map_batches(
            Desk,
            fn_constructor_kwargs={"place": place},
            batch_size=1,  # Ray Data wants a number where there are GPUs; a block is one ticket anyway
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(
                min_size=pool.min,
                max_size=pool.most,
                max_concurrent_calls_per_actor=pool.overlap,
                max_tasks_in_flight_per_actor=pool.overlap + 1,
            ),
            num_cpus=pool.cpus,
            num_gpus=0 if spans else pool.gpus,
            ray_remote_args_fn=groups.maker(pool) if spans else None,
        )  # Ray Data starts a worker again and sends a ticket again without limit: the desk sets the limit


def _done(places: Sequence[Place]) -> list[int]:
    """How many shards each step has."""
    return [len(place.store.done(place.step)) for place in places]


def _why_no_worker_starts(error: Exception) -> str:
    """The sentence at the root of Ray's report of a worker that could not be opened."""
    text = str(error)
    if refusals := re.findall(r"Refused: (.+)", text):
        return refusals[-1]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"a worker could not start: {lines[-1] if lines else error!r}"


def _settle() -> None:
    """Ray Data's settings for a run: quiet, and patient with models that take long to load."""
    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setLevel(logging.ERROR)  # what it plans and has done is in its log file all the same
    context: Any = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.memory_usage_poll_interval_s = None  # it would start a thread for every ticket
    context.execution_options.verbose_progress = False
    context.execution_no_progress_timeout_s = -1  # a cold load of the largest model can take longer than any guess
    context.autoscaling_config.actor_pool_util_upscaling_threshold = 1.0  # more workers once all have their hands full
    context.max_errored_blocks = -1  # a lost ticket is a pending shard, and the listing shows it
