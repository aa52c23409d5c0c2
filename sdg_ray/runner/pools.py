"""Pools of workers and the machines they need: which of them a recipe has use for, and whether they fit.

    Pool(gpus=16, machines=2, min=3)     three workers, each with eight GPUs on each of two machines

Nothing here knows Ray, so the runner, the plan and the doctor count alike.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.errors import Refused
from sdg_ray.recipe import FIRST, TOPICS, UNIQUE, Recipe

STREAMING, STAGED = "streaming", "staged"
RESOURCES = (("GPU", "gpus"), ("CPU", "cpus"))  # as Ray calls them, and as a pool does
LITTLE = 1e-6

Nodes = Sequence[Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The workers of one step: between `min` and `max` of them, each with `overlap` shards in hand.

    A worker has `gpus` GPUs, in equal parts on so many `machines`. A pool that is `optional` is for recipes in which
    its step loads a model, or without GPUs asks one, and is as good as absent in others: so a file with pools can serve
    many recipes.
    """

    min: int = 1
    max: int | None = None  # by default as many as `min`
    cpus: float = 0.1
    gpus: float = 0.0
    machines: int = 1
    overlap: int = 3
    restarts: int = 8  # how often in a row a worker is started again while no shard of its step gets done
    optional: bool = False

    @property
    def most(self) -> int:
        """The largest number of workers."""
        return self.max or self.min

    @property
    def share(self) -> float:
        """The GPUs of one worker on one machine."""
        return self.gpus / self.machines

    def check(self, step: str) -> None:
        """Raise `Refused` for numbers that fit to no worker, or not to each other."""
        if min(self.min, self.overlap) < 1 or self.most < self.min:
            raise Refused(f"cluster.pools.{step}: min and overlap must be at least 1, and max at least min")
        if min(self.cpus, self.gpus, self.restarts) < 0:
            raise Refused(f"cluster.pools.{step}: cpus, gpus and restarts must not be below 0")
        if self.machines < 1 or self.machines > 1 and (self.gpus < self.machines or self.gpus % self.machines):
            raise Refused(
                f"cluster.pools.{step}: gpus={self.gpus:g} are those of a worker on all its machines, and cannot be in "
                f"equal parts on machines={self.machines}"
            )
        if self.machines > 1 and self.most > self.min:
            raise Refused(f"cluster.pools.{step}: workers that span machines stay for a phase, so max must be min")


@dataclass(frozen=True, kw_only=True)
class Machines:
    """What an autoscaler may bring: `most` machines at a time, each with so many GPUs and CPUs."""

    most: int
    gpus: float = 0.0
    cpus: float = 1.0

    def beside(self, nodes: Nodes) -> Nodes:
        """The machines that are there, and those that may still come."""
        alike = sum(node.get("GPU", 0) >= self.gpus and node.get("CPU", 0) >= self.cpus for node in nodes)
        return [*nodes, *[{"GPU": self.gpus, "CPU": self.cpus}] * (self.most - alike)]


def pool_of(step: str, given: Any) -> Pool:
    """A pool, also from what was typed for a step that the cluster's file says nothing of: `{min: 2, gpus: 8}`."""
    if isinstance(given, Pool):
        return given
    names = [field.name for field in dataclasses.fields(Pool)]
    if unknown := sorted(set(given) - set(names)):
        raise Refused(f"cluster.pools.{step} has no {unknown[0]!r}; it has {', '.join(names)}")
    if wrong := [name for name, value in given.items() if not isinstance(value, int | float | None)]:
        raise Refused(f"cluster.pools.{step}.{wrong[0]} is {given[wrong[0]]!r}, which is no number")
    return Pool(**given)


def at_once(recipe: Recipe, schedule: str) -> tuple[tuple[str, ...], ...]:
    """The steps in groups whose workers are there at the same time."""
    return recipe.phases if schedule == STREAMING else tuple((step,) for step in recipe.steps)


def has_use(recipe: Recipe, step: str, pool: Pool) -> bool:
    """Whether a recipe has a use for a pool: always, unless it is optional."""
    return not pool.optional or asks_model(recipe, step, served=not pool.gpus)


def asks_model(recipe: Recipe, step: str, served: bool = False) -> bool:
    """Whether the workers of a step load a model themselves; with `served` one behind an address counts as well."""
    parts = {TOPICS: recipe.prompts.writer, FIRST: recipe.prompts, UNIQUE: recipe.unique, **recipe.stages}
    return step in recipe.steps and _holds_engine(parts[step], served)


def _holds_engine(value: Any, served: bool) -> bool:
    """Whether a part of a recipe is or holds an engine, found by looking through its dataclasses."""
    if isinstance(value, Mapping):
        return any(_holds_engine(each, served) for each in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_engine(each, served) for each in value)
    if hasattr(value, "model") and hasattr(value, "start"):
        return served or not isinstance(value, Endpoint)
    if not dataclasses.is_dataclass(value):
        return False
    return any(_holds_engine(getattr(value, field.name), served) for field in dataclasses.fields(value))


def misfit(pools: Mapping[str, Pool], nodes: Nodes) -> str | None:
    """Why the least workers of these pools cannot all be there at once, in a sentence; None where they can."""
    for resource, name in RESOURCES:
        needed = sum(pool.min * getattr(pool, name) for pool in pools.values())
        there = sum(node.get(resource, 0) for node in nodes)
        if needed > there + LITTLE:
            return f"the pools need {needed:g} {name} and the cluster has {there:g}"
    return crowded(pools, nodes)


def crowded(pools: Mapping[str, Pool], nodes: Nodes) -> str | None:
    """Which worker finds no machine with its GPUs free, though there are enough in all.

    The largest are placed first, each where it leaves least: with GPUs in ones, twos, fours and eights nothing is
    refused that has room.
    """
    free = [node.get("GPU", 0.0) for node in nodes]
    parts = [(pool.share, step) for step, pool in pools.items() for _ in range(pool.min * pool.machines) if pool.gpus]
    for share, step in sorted(parts, key=lambda part: -part[0]):
        room = [number for number, gpus in enumerate(free) if gpus >= share - LITTLE]
        if not room:
            has = ", ".join(f"{node.get('GPU', 0):g}" for node in nodes)
            return f"a worker of {step} needs {share:g} gpus on one machine, and none has them free; they have {has}"
        free[min(room, key=lambda number: free[number])] -= share
    return None
