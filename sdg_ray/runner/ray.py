"""A recipe on a Ray cluster. The only module that imports `ray.data`.

One block is one shard's ticket: its number, and why it failed if it did. Each step is a pool of workers, and tickets
stream through the pools; the data itself goes through the store. So Ray schedules, scales, retries and applies
backpressure as it always does, a block that Ray has to make again finds its file committed, and the driver holds
nothing but tickets.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import ray
import ray.data

from sdg_ray.errors import Refused
from sdg_ray.recipe import Recipe
from sdg_ray.runner.desk import TICKET, Desk, Place
from sdg_ray.store import Store, new_attempt


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The workers of one step: between `min` and `max` of them, each with `overlap` shards in hand."""

    min: int = 1
    max: int | None = None  # by default as many as `min`
    cpus: float = 0.1
    gpus: float = 0.0
    overlap: int = 3
    restarts: int = 3  # how often a worker whose process ended is started again

    @property
    def most(self) -> int:
        """The largest number of workers."""
        return self.max or self.min


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where a recipe runs: pools by step. Nothing in here can change the data.

    `address` is the cluster's (`auto` for one that runs here); by default the one that this job was submitted to,
    else one started for it on this machine.
    """

    pools: Mapping[str, Pool] = field(default_factory=dict)
    address: str | None = None

    def pool(self, step: str) -> Pool:
        """The pool of a step; one that is not named gets a single light worker."""
        return self.pools.get(step, Pool())

    def check(self, recipe: Recipe) -> None:
        """Raise `Refused` where a pool is of no step, or the cluster Ray is connected to lacks what the pools need."""
        if unknown := sorted(set(self.pools) - set(recipe.steps)):
            raise Refused(f"cluster.pools.{unknown[0]} is of no step; the steps are {', '.join(recipe.steps)}")
        for step, pool in self.pools.items():
            if min(pool.min, pool.overlap) < 1 or pool.most < pool.min:
                raise Refused(f"cluster.pools.{step}: min and overlap must be at least 1, and max at least min")
        there = ray.cluster_resources()
        for resource, name in (("GPU", "gpus"), ("CPU", "cpus")):
            needed = max(
                sum(self.pool(step).min * getattr(self.pool(step), name) for step in phase) for phase in recipe.phases
            )
            if needed > there.get(resource, 0) + 1e-6:
                raise Refused(
                    f"the pools need {needed:g} {name} and the cluster has {there.get(resource, 0):g}; "
                    f"lower cluster.pools.<step>.{name} or .min, or choose another cluster=..."
                )

    def run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        """Bring the shards through the steps they miss; why those that failed did. Needs a connected Ray."""
        _settle()
        data = ray.data.from_blocks([pa.table({"shard": [n], "failed": [None]}, schema=TICKET) for n in missing])
        needed = {step for steps in missing.values() for step in steps}
        launch = new_attempt()
        for step in recipe.steps:
            if step in needed:
                restarts = self.pool(step).restarts
                place = Place(recipe=recipe, store=store, step=step, launch=launch, restarts=restarts)
                data = self._through(data, place)
        failed: dict[int, str] = {}
        try:
            for batch in data.iter_batches(batch_size=None, batch_format="pyarrow"):
                failed.update((row["shard"], row["failed"]) for row in batch.to_pylist() if row["failed"])
        except (ray.exceptions.RayError, ray.exceptions.UserCodeException) as error:
            raise Refused(_why_no_worker_starts(error)) from error
        return failed

    def _through(self, data: ray.data.Dataset, place: Place) -> ray.data.Dataset:
        """The tickets, once each has been through a worker of a step."""
        pool = self.pool(place.step)
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
            num_gpus=pool.gpus,
        )  # Ray Data starts a worker again and sends a ticket again without limit: the desk sets the limit


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
    context.max_errored_blocks = -1  # a lost ticket is a pending shard, and the listing shows it
