"""How a recipe becomes files. What happens to one shard at one step is written here, once; runners choose where.

A worker is one step, opened in one process. It brings a shard through its step: if the file is there, nothing is to be
done; else it reads the columns it needs from the steps before, computes, checks and commits. Data goes from step to
step through the store alone, so what a later step sees is what was committed, by this worker or by another that was
first, and killed, repeated and rival workers are harmless.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from sdg_ray.engines import EngineDied
from sdg_ray.prompts.family import Topics
from sdg_ray.recipe import FIRST, TOPICS, UNIQUE, Recipe
from sdg_ray.record import PROMPT, PROMPT_ID, counts
from sdg_ray.runner.retry import Retry, fresh, once
from sdg_ray.runner.suspects import Notes, Try, read_notes
from sdg_ray.stage import checked
from sdg_ray.store import Footer, Store, beside, in_thread, new_attempt


class Worker:
    """One step of a recipe, opened in this process; it may have several shards in hand at once."""

    def __init__(self, recipe: Recipe, store: Store, step: str) -> None:
        self.recipe, self.store, self.step, self.once = recipe, store, step, asyncio.Lock()
        self.topics: Topics | None = None
        self.marks: Mapping[str, str] | None = None
        self.notes: Mapping[int, Notes] | None = None
        self.retry = Retry(recipe, store.earlier, step) if store.earlier else None
        self.opened = once(self._open)
        if not self.retry:
            self.opened()  # a retry has a use for it only once a row is to be made again
        self.make = self._maker()

    async def suspects(self, shard: int) -> Notes:
        """What was noted of this shard before this worker was opened: it may have ended one."""
        async with self.once:
            if self.notes is None:
                self.notes = await in_thread(read_notes, self.store, self.step)
        return self.notes.get(shard, ())

    async def bring(self, shard: int, alone: bool = False) -> None:
        """Bring one shard through the step: afterwards its file is committed, by whomever.

        With `alone` nothing else is in the engine, and each part of the shard is noted before it is tried.
        """
        if await self.store.has(self.step, shard):
            return
        attempt, began = new_attempt(), time.time()
        notes = await self.suspects(shard)
        new = await self.make(Try(self.store, self.step, shard, attempt, notes, alone))
        footer = Footer(attempt=attempt, began=began, ended=time.time(), counts=_counts(new))
        await self.store.commit(self.step, shard, new, footer)

    async def try_to_bring(self, shard: int, alone: bool = False) -> str | None:
        """Bring a shard, or say why it stays pending. That an engine is dead concerns others as well and is raised."""
        try:
            await self.bring(shard, alone)
        except EngineDied:
            raise
        except Exception as error:  # one bad shard must not end a run of thousands: it is named with its reason
            return f"{self.step}: {type(error).__name__}: {' '.join(str(error).split())}"
        return None

    def _open(self) -> Any:
        """What this worker does with some items of a shard, opened: this may load a model."""
        again = self.store.earlier.run if self.store.earlier else ""
        if self.step == TOPICS:
            return self.recipe.prompts.open_topics(again)
        if self.step == FIRST:
            return self.recipe.prompts.open(again)
        return fresh(self.recipe.stages[self.step], again).open() if self.step != UNIQUE else None

    def _maker(self) -> Callable[[Try], Awaitable[pa.Table]]:
        """What this worker does with a shard."""
        return {TOPICS: self._topics, FIRST: self._prompts, UNIQUE: self._marked}.get(self.step, self._through)

    async def _topics(self, try_: Try) -> pa.Table:
        """A list of topics is one piece of work."""

        async def make(_: Sequence[int]) -> pa.Table:
            listed = self.opened()
            return await try_.over(1, lambda _: listed(try_.shard))

        planned = self.recipe.prompts.planned_topics
        sizes = [planned[sorted(planned)[try_.shard]]]
        return await (self.retry.slots(try_.shard, sizes, make) if self.retry else make([0]))

    async def _prompts(self, try_: Try) -> pa.Table:
        """A shard's prompts, from all its seeds or those that are to be made again."""
        seeds, families = self.recipe.prompts.seeds(try_.shard), self.recipe.prompts.families

        async def make(which: Sequence[int]) -> pa.Table:
            prompts, topics, some = self.opened(), await self._listed(), [seeds[n] for n in which]
            return await try_.over(len(some), lambda part: prompts(try_.shard, topics, some[part.start : part.stop]))

        sizes = [families[name].per_seed for name, _ in seeds]
        return await (self.retry.slots(try_.shard, sizes, make) if self.retry else make(range(len(seeds))))

    async def _listed(self) -> Topics:
        """The topics that the step before has made, which are read once."""
        async with self.once:
            if self.topics is None:
                made = [await self.store.read(TOPICS, n, PROMPT.names) for n in range(self.recipe.shards_of(TOPICS))]
                self.topics = self.recipe.prompts.listed(made)
        return self.topics

    async def _marked(self, try_: Try) -> pa.Table:
        """The errors of a shard's prompts, those among them that another prompt makes needless: all are read once."""
        async with self.once:
            if self.marks is None:
                self.marks = await self._marks()
        table = await self.store.read(FIRST, try_.shard, ["prompt_id", "error"])
        rows = zip(table["prompt_id"].to_pylist(), table["error"].to_pylist(), strict=True)
        errors = [self.marks.get(name, error) for name, error in rows]
        return pa.table({"prompt_id": table["prompt_id"], "error": pa.array(errors, pa.string())})

    async def _marks(self) -> Mapping[str, str]:
        assert self.recipe.unique
        rows: list[tuple[str, str]] = []
        for shard in range(self.recipe.shards_of(FIRST)):
            table = await self.store.read(FIRST, shard, ["prompt_id", "prompt", "origin", "error"])
            rows += [(row["prompt_id"], own(row)) for row in table.to_pylist() if row["error"] is None]
        if self.retry:
            return await self.retry.marks(self.recipe.unique, rows)
        return await asyncio.to_thread(self.recipe.unique.marks, rows)

    async def _through(self, try_: Try) -> pa.Table:
        """What the step's stage writes of a shard, for all its rows or those that are to be made again."""
        writes, sources = self.recipe.stages[self.step].writes, self.recipe.sources(self.step)
        table = beside([await self.store.read(step, try_.shard, columns) for step, columns in sources.items()])

        async def make(rows: pa.Table) -> pa.Table:
            function = self.opened()
            new = await try_.over(rows.num_rows, lambda part: function(rows.slice(part.start, len(part))))
            return checked(self.step, writes, new, rows.num_rows).replace_schema_metadata(new.schema.metadata)

        whole = await (self.retry.rows(try_.shard, table, make) if self.retry else make(table))
        return whole.add_column(0, PROMPT_ID, table["prompt_id"])


class Runner(Protocol):
    """Where a recipe runs. Nothing in a runner can change the data."""

    def check(self, recipe: Recipe) -> None:
        """Raise `Refused` where there is no room for what the recipe needs."""

    def run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        """Bring the shards through the steps they miss; why those that failed did."""


def bring_all(recipe: Recipe, store: Store, runner: Runner) -> dict[int, str]:
    """Bring every pending shard through its steps, one phase after the other; why those that failed did.

    A phase that is not complete ends the run: the steps after it concern all shards together.
    """
    failed: dict[int, str] = {}
    for steps in recipe.phases:
        if missing := pending(recipe, store, steps):
            failed = runner.run(recipe, store, missing)
            if failed or pending(recipe, store, steps):  # where storage is lost, there are reasons but no listing
                break
    return failed


def pending(recipe: Recipe, store: Store, steps: Sequence[str] | None = None) -> dict[int, list[str]]:
    """The unfinished shards, and which of these steps they miss; by default of all. One listing for each step."""
    missing: dict[int, list[str]] = {}
    for step in steps or recipe.steps:
        done = store.done(step)
        for shard in range(recipe.shards_of(step)):
            if shard not in done:
                missing.setdefault(shard, []).append(step)
    return dict(sorted(missing.items()))


def own(row: Mapping[str, Any]) -> str:
    """What of a prompt is compared with others: its turns but the system's, or what its family says is its own."""
    said = (message["content"] for message in row["prompt"] if message["role"] != "system")
    return (row["origin"] or {}).get("own") or "\n".join(said)


def _counts(table: pa.Table) -> dict[str, object]:
    """What the footer says of a file's columns, with the tokens that its stage reports."""
    reported = {key.decode(): int(value) for key, value in (table.schema.metadata or {}).items()}
    return counts(table) | reported
