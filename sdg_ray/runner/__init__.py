"""How a recipe becomes files. What happens to one shard at one step is written here, once; runners choose where.

A worker is one step, opened in one process. It brings a shard through its step: if the file is there, nothing is to be
done; else it reads the columns it needs from the steps before, computes, checks and commits. Data goes from step to
step through the store alone, so what a later step sees is what was committed, by this worker or by another that was
first, and killed, repeated and rival workers are harmless.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from sdg_ray.engines import EngineDied
from sdg_ray.recipe import FIRST, Recipe
from sdg_ray.record import PROMPT_ID, counts
from sdg_ray.stage import checked
from sdg_ray.store import Footer, Store, beside, new_attempt


class Worker:
    """One step of a recipe, opened in this process; it may have several shards in hand at once."""

    def __init__(self, recipe: Recipe, store: Store, step: str) -> None:
        self.recipe, self.store, self.step = recipe, store, step
        if step == FIRST:
            self.make = recipe.prompts.open()
        else:
            self.function = recipe.stages[step].open()

    async def bring(self, shard: int) -> None:
        """Bring one shard through the step: afterwards its file is committed, by whomever."""
        if await self.store.has(self.step, shard):
            return
        attempt, began = new_attempt(), time.time()
        new = await (self.make(shard) if self.step == FIRST else self._through(shard))
        footer = Footer(attempt=attempt, began=began, ended=time.time(), counts=_counts(new))
        await self.store.commit(self.step, shard, new, footer)

    async def try_to_bring(self, shard: int) -> str | None:
        """Bring a shard, or say why it stays pending. A dead engine is no fault of the shard and is raised."""
        try:
            await self.bring(shard)
        except EngineDied:
            raise
        except Exception as error:  # one bad shard must not end a run of thousands: it is named with its reason
            return f"{self.step}: {type(error).__name__}: {' '.join(str(error).split())}"
        return None

    async def _through(self, shard: int) -> pa.Table:
        stage, sources = self.recipe.stages[self.step], self.recipe.sources(self.step)
        table = beside([await self.store.read(step, shard, columns) for step, columns in sources.items()])
        new = await self.function(table)
        whole = checked(self.step, stage.writes, new, table.num_rows).replace_schema_metadata(new.schema.metadata)
        return whole.add_column(0, PROMPT_ID, table["prompt_id"])


class Runner(Protocol):
    """Where a recipe runs. Nothing in a runner can change the data."""

    def check(self, recipe: Recipe) -> None:
        """Raise `Refused` where there is no room for what the recipe needs."""

    def run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        """Bring the shards through the steps they miss; why those that failed did."""


def pending(recipe: Recipe, store: Store) -> dict[int, list[str]]:
    """The unfinished shards, and which of their steps are missing. One listing for each step."""
    done = {step: store.done(step) for step in recipe.steps}
    missing = {
        shard: [step for step in recipe.steps if shard not in done[step]]
        for shard in range(recipe.prompts.planned_shards)
    }
    return {shard: steps for shard, steps in missing.items() if steps}


def _counts(table: pa.Table) -> dict[str, object]:
    """What the footer says of a file's columns, with the tokens that its stage reports."""
    reported = {key.decode(): int(value) for key, value in (table.schema.metadata or {}).items()}
    return counts(table) | reported
