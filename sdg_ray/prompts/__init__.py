"""Prompts: the one place where rows are made.

A family turns seeds (a topic, a line of a file, a number) into prompts. Which seeds a shard has is fixed by the recipe
before anything starts, in proportion to the families' weights, and does not depend on how many shards there are: so a
run can grow. What was committed fixes the rows of a shard for every later step. A slot that could not be filled is a
row all the same, with its `error`.
"""

import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.record import PROMPT, Chat, hashed, prompt_id


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One prompt as a family gives it; `error` says why the slot is empty, if it is."""

    prompt: Chat
    reference: str | None = None
    origin: Mapping[str, Any] | None = None
    error: str | None = None


Program = Callable[[int, random.Random], Awaitable[Sequence[Draft]]]
"""From the number of a seed to its prompts. All chance comes from the generator given."""


class Family(Protocol):
    """A way to make prompts."""

    @property
    def seeds(self) -> int | None:
        """How many seeds there are; None if there is always another."""

    @property
    def weight(self) -> float:
        """The family's share of a shard, relative to the others'."""

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""

    def open(self) -> Program:
        """The program, in the worker that will run it."""


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """The prompts of a run: `shards` shards of `rows` seeds each, shared out to the families by their weights.

    Without `shards` there are as many as the family with most seeds needs.
    """

    families: Mapping[str, Family]
    rows: int = 64
    seed: int = 0
    shards: int | None = runtime(None)  # a run may grow: more shards leave the made ones as they are

    writes = PROMPT

    @property
    def planned_shards(self) -> int:
        """How many shards the run has."""
        if self.shards is not None:
            return self.shards
        return max(self._shards_for(name) for name in self.families)

    @property
    def planned(self) -> int:
        """How many seeds the run has."""
        return sum(len(self.seeds_of(name, k)) for k in range(self.planned_shards) for name in self.families)

    def seeds_of(self, family: str, shard: int) -> range:
        """The seeds of `family` in `shard`; empty past the family's last one."""
        share = self._share(family)
        limit = self.families[family].seeds
        start, stop = math.floor(shard * share + 1e-9), math.floor((shard + 1) * share + 1e-9)
        return range(start, stop) if limit is None else range(min(start, limit), min(stop, limit))

    def check(self) -> None:
        """Raise `Refused` where there is nothing to make, no end to it, or a family that cannot work."""
        if not self.families:
            raise Refused("recipe.prompts.families is empty; choose at least one family, such as world or given")
        if self.rows < 1 or (self.shards is not None and self.shards < 1):
            raise Refused("recipe.prompts.rows and recipe.prompts.shards must be at least 1")
        for name, family in self.families.items():
            if family.weight <= 0:
                raise Refused(f"recipe.prompts.families.{name}.weight must be above 0, not {family.weight}")
            family.check()
        if self.planned == 0:
            raise Refused("recipe.prompts makes no prompt; raise recipe.prompts.shards or recipe.prompts.rows")

    def open(self) -> Callable[[int], Awaitable[pa.Table]]:
        """The function from a shard's number to its prompts, the same whenever and wherever it is called."""
        programs = {name: family.open() for name, family in sorted(self.families.items())}

        async def make(shard: int) -> pa.Table:
            rows = [
                row
                for name, program in programs.items()
                for number in self.seeds_of(name, shard)
                for row in await self._rows(name, program, number, shard)
            ]
            return pa.Table.from_pylist(rows, schema=PROMPT)

        return make

    async def _rows(self, family: str, program: Program, number: int, shard: int) -> list[dict[str, Any]]:
        chance = random.Random(hashed(self.seed, family, number))
        drafts = await program(number, chance)
        return [
            {
                "prompt_id": prompt_id(self.seed, family, str(number), index),
                "shard": shard,
                "family": family,
                "prompt": draft.prompt,
                "reference": draft.reference,
                "origin": draft.origin,
                "error": draft.error,
            }
            for index, draft in enumerate(drafts)
        ]

    def _share(self, family: str) -> float:
        return self.rows * self.families[family].weight / sum(each.weight for each in self.families.values())

    def _shards_for(self, family: str) -> int:
        seeds = self.families[family].seeds
        if seeds is None:
            raise Refused(f"recipe.prompts.shards must be given: family {family!r} has no last seed")
        return math.ceil(seeds / self._share(family) - 1e-9)
