"""A run as an export reads it: which step has which column, how far each shard is, and its rows, shard by shard.

reading = Reading(store)
reading.finished, reading.begun                 37, 40
for row in reading.rows(["prompt", "pairs"]):   never more than one shard at once
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import pyarrow.parquet as pq

from sdg_ray.errors import Refused
from sdg_ray.recipe import FIRST, TOPICS
from sdg_ray.store import Store, beside


class Reading:
    """A run to read from; what is in it is looked at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.steps = [step for step in store.homes if step != TOPICS]
        self.done = {step: set(store.done(step)) for step in self.steps}
        if not self.done.get(FIRST):
            raise Refused(f"run {store.run!r} has no records yet; let jobs/generate.py run until a shard is committed")

    @property
    def begun(self) -> int:
        """How many shards the run has, as far as its files show: those after the last begun one leave no trace."""
        return 1 + max(shard for shards in self.done.values() for shard in shards)

    @property
    def finished(self) -> int:
        """How many shards have been through every step."""
        return len(set.intersection(*self.done.values()))

    @cached_property
    def made_by(self) -> dict[str, str]:
        """Which step's files have a column; the last one counts, for `unique` writes `error` once more."""
        return {name: step for step in self.steps if self.done[step] for name in self._columns(step)}

    @property
    def scores(self) -> list[str]:
        """The scorers whose columns there are."""
        return sorted(name.removeprefix("score_") for name in self.made_by if name.startswith("score_"))

    def rows(self, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows of every shard that has all of these columns, in the order of the shards."""
        wanted = self._by_step(columns)
        for shard in sorted(set.intersection(*(self.done[step] for step in wanted))):
            yield from asyncio.run(self._rows(shard, wanted))

    async def _rows(self, shard: int, wanted: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        tables = [self.store.read(step, shard, columns) for step, columns in wanted.items()]
        return beside(await asyncio.gather(*tables)).to_pylist()

    def _by_step(self, columns: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {FIRST: ["prompt_id"]}
        for column in columns:
            found.setdefault(self.made_by[column], ["prompt_id"]).append(column)
        return found

    def _columns(self, step: str) -> list[str]:
        file = asyncio.run(self.store.file(step, min(self.done[step])))
        return pq.read_schema(file).names
