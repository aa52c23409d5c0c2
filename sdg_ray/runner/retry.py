"""A run that retries another one: good rows are taken as they are, and only what ended as an error is made again.

    first     q1: answered     q2: no answer, "HTTP 503"     q3: no prompt, "short list"
    second    q1: as it was    q2: asked again               q3: written again, and then answered

There is one rule for every step: a row is taken over if what the step reads of it is as it was, and what the step made
of it is no error. So what follows from a row that was made again is made again too, and nothing else is. A shard that
the earlier run lacks is made in full. What is made again is drawn by fresh chance, for an engine that always says the
same would fail again; and a step loads its model when the first row needs it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

import pyarrow as pa

from sdg_ray.recipe import FIRST, TOPICS, UNIQUE, Recipe
from sdg_ray.record import PROMPT, hashed
from sdg_ray.runner.merge import Row, filled, grouped, placed, told
from sdg_ray.stage import Stage
from sdg_ray.stages.converse import Converse
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.store import Store, beside
from sdg_ray.unique import Unique

AT_ONCE = 64  # shards read together, where a run is searched for errors

T = TypeVar("T")


class Retry:
    """What one step takes over from the run `earlier`, and what it makes again."""

    def __init__(self, recipe: Recipe, earlier: Store, step: str) -> None:
        self.recipe, self.earlier, self.step = recipe, earlier, step

    async def slots(
        self, shard: int, sizes: Sequence[int], make: Callable[[Sequence[int]], Awaitable[pa.Table]]
    ) -> pa.Table:
        """Prompts or topics, of which groups of these sizes are made together; `make` makes the groups it is given.

        A group with an error is made once more, and only its errors take what comes of that.
        """
        try:
            old = (await self.earlier.read(self.step, shard, PROMPT.names)).cast(PROMPT)
        except FileNotFoundError:
            new = await make(range(len(sizes)))
            return told(new, new)
        groups = grouped(old.to_pylist(), sizes)
        again = [n for n, group in enumerate(groups) if any(row["error"] is not None for row in group)]
        if not again:
            return told(old, taken=old.num_rows)
        new = await make(again)
        for n, made in zip(again, grouped(new.to_pylist(), [sizes[n] for n in again]), strict=True):
            groups[n] = filled(groups[n], made)
        whole = pa.Table.from_pylist([row for group in groups for row in group], schema=PROMPT)
        return told(whole, new, taken=old["error"].null_count)

    async def rows(self, shard: int, table: pa.Table, make: Callable[[pa.Table], Awaitable[pa.Table]]) -> pa.Table:
        """What a stage writes for all rows of `table`, which it reads; `make` makes it for some of them."""
        try:
            before, old = await self._earlier(shard)
            errors = await self._errors(shard, before, old.to_pylist())
        except FileNotFoundError:
            new = await make(table)
            return told(new, new)
        rows = zip(table.to_pylist(), before, errors, strict=True)
        again = [n for n, (now, was, error) in enumerate(rows) if error or now != was]
        if not again:
            return told(old, taken=old.num_rows)
        new = await make(table.take(again))
        return told(placed(new, again, old), new, taken=old.num_rows - len(again))

    async def marks(self, unique: Unique, prompts: Sequence[tuple[str, str]]) -> dict[str, str]:
        """The prompts (id and text) that others make needless: those that the earlier run marked, and of new ones.

        What is new is judged after all that was kept: it may repeat an old prompt, and never makes one needless.
        """
        judged = await self._judged()
        marked = {name: mark for name, mark in judged.items() if mark is not None}
        left = [prompt for prompt in prompts if prompt[0] not in marked]
        found = await asyncio.to_thread(unique.marks, sorted(left, key=lambda prompt: prompt[0] not in judged))
        return marked | {name: mark for name, mark in found.items() if name not in judged}

    async def errors_in(self, shard: int) -> bool:
        """Whether the step has rows in this shard that a retry makes again, whatever the steps before it give."""
        if self.step in (TOPICS, FIRST):
            table = await self.earlier.read(self.step, shard, ["error"])
            return bool(table["error"].null_count < table.num_rows)
        if self.step == UNIQUE or not asks(self.recipe.stages[self.step]):
            return False
        before, old = await self._earlier(shard)
        return any(await self._errors(shard, before, old.to_pylist()))

    async def _earlier(self, shard: int) -> tuple[list[Row], pa.Table]:
        """The rows that the step read of a shard in the earlier run, and what it wrote. Raises FileNotFoundError."""
        writes, sources = self.recipe.stages[self.step].writes, self.recipe.sources(self.step)
        old = await self.earlier.read(self.step, shard, writes.names)
        before = beside([await self.earlier.read(step, shard, columns) for step, columns in sources.items()])
        return before.to_pylist(), old.cast(writes)

    async def _errors(self, shard: int, before: Sequence[Row], old: Sequence[Row]) -> list[bool]:
        """Of each row whether what the step made of it in the earlier run is an error."""
        stage = self.recipe.stages[self.step]
        if not isinstance(stage, Score):
            return [unanswered(made) for made in old]
        counted = (await self.earlier.footer(self.step, shard)).counts
        failed = any(name.startswith("unscored:") for name in counted)
        return [failed and unscored(stage, read, made) for read, made in zip(before, old, strict=True)]

    async def _judged(self) -> dict[str, str | None]:
        """The prompts that the earlier run had, with their marks."""
        found: dict[str, str | None] = {}
        for shard in sorted(self.earlier.done(UNIQUE)):
            made, marked = [await self.earlier.read(step, shard, ["prompt_id", "error"]) for step in (FIRST, UNIQUE)]
            rows = zip(made.to_pylist(), marked["error"].to_pylist(), strict=True)
            found.update((row["prompt_id"], mark) for row, mark in rows if row["error"] is None)
        return found


def errors_left(recipe: Recipe, earlier: Store) -> bool:
    """Whether there is anything in a run to make again: errors, or shards that were never done."""
    return asyncio.run(_errors_left(recipe, earlier))


async def _errors_left(recipe: Recipe, earlier: Store) -> bool:
    for step in recipe.steps:
        retry, shards = Retry(recipe, earlier, step), range(recipe.shards_of(step))
        if set(shards) - earlier.done(step).keys():
            return True
        for start in shards[::AT_ONCE]:
            if any(await asyncio.gather(*(retry.errors_in(n) for n in shards[start : start + AT_ONCE]))):
                return True
    return False


def asks(stage: Stage) -> bool:
    """Whether there may be errors in what a stage writes: it answers, puts answers together or scores."""
    return isinstance(stage, Score) or any(name.startswith("answered") for name in stage.writes.names)


def unanswered(made: Row) -> bool:
    """Whether a row has an answer that is an error; the whole row is asked again then, all its candidates."""
    answers = (answer for name, column in made.items() if name.startswith("answered") for answer in column)
    return any(answer["finish"] == "error" for answer in answers)


def unscored(stage: Score, read: Row, made: Row) -> bool:
    """Whether an answer of a row that is there was to be scored, and has no score.

    It is an error only where the file's footer counts scores that a model failed to give, for what a scorer cannot tell
    is none; nor is what a judge saw differently in the two orders.
    """
    if stage.families and read["family"] not in stage.families:
        return False
    scores, *parts = (made[name] for name in stage.writes.names)
    there = [i for i, answer in enumerate(read["answered"]) if answer["finish"] != "error"]
    return any(scores[i] is None and _silent(parts[0][i] if parts else None) for i in there)


def _silent(parts: Any) -> bool:
    """Whether no score means no verdict; a judge's comparisons say so one by one."""
    return any(each["verdict"] == "none" for each in parts) if isinstance(parts, list) else True


def fresh(stage: Stage, again: str) -> Stage:
    """A stage that draws its answers with other seeds, where it retries the run `again`; every other stage as it is."""
    if not again or not isinstance(stage, Respond | Converse):
        return stage
    return replace(stage, seed=int(hashed(stage.seed, "again", again, bits=48), 16))


def once(work: Callable[[], T]) -> Callable[[], T]:
    """`work`, done when it is called first; as it ended then, it ends at every further call."""
    ended: Future[T] = Future()

    def result() -> T:
        if not ended.done():
            try:
                ended.set_result(work())
            except Exception as error:  # a model that cannot be loaded is not loaded once more for every shard
                ended.set_exception(error)
        return ended.result()

    return result
