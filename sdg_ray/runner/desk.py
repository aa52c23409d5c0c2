"""A worker in a Ray actor: tickets in, tickets out. What happens when its process ends is decided here."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pyarrow as pa
import ray

from sdg_ray.engines import EngineDied
from sdg_ray.recipe import Recipe
from sdg_ray.runner import Worker
from sdg_ray.store import Store

TICKET = pa.schema([pa.field("shard", pa.int32(), nullable=False), pa.field("failed", pa.string())])
CAREFUL = 8  # shards that a restarted worker takes one at a time


@dataclass(frozen=True, kw_only=True)
class Place:
    """One step of one launch, and how often its workers may be started again."""

    recipe: Recipe
    store: Store
    step: str
    launch: str
    restarts: int


class Desk:
    """A worker in a Ray actor: tickets in, tickets out.

    An engine does not recover, so when it dies this process ends, as it may for other reasons. Ray starts it again and
    sends its tickets once more, and one of them may be to blame: so they are then taken one at a time, each noted
    before it is tried, and the shard that ended a worker alone as well stays pending, with that reason. Before a first
    crash nothing is noted. Ray Data waits for ever for a worker that Ray has given up, so Ray never does: after
    `restarts` this worker stays up and declines what it is sent.
    """

    def __init__(self, place: Place) -> None:
        self.place, self.alone, self.over, times = place, asyncio.Lock(), False, _times_restarted()
        self.careful = CAREFUL if times else 0
        self.declines: str | None = None
        if times > place.restarts:
            self.declines = f"{place.step}: its worker ended {times} times; Ray's logs of it may say why"
            return
        try:
            self.worker = Worker(place.recipe, place.store, place.step)
        except Exception as error:  # Ray Data would wait for ever for a worker that does not come up again
            if not times:
                raise  # nothing works yet: the run ends here and says why
            self.declines = f"{place.step}: its worker ended and could not be opened again: {error}"

    async def __call__(self, ticket: pa.Table) -> AsyncIterator[pa.Table]:
        """The same ticket, with a reason in it if the shard failed here."""
        (row,) = ticket.to_pylist()
        if row["failed"] is None:
            try:
                row["failed"] = self.declines or await self._bring(row["shard"])
            except EngineDied:
                os._exit(1)
        yield pa.Table.from_pylist([row], schema=TICKET)

    async def _bring(self, shard: int) -> str | None:
        """Bring a shard, or say why it stays pending."""
        if not self.careful:
            return await self.worker.try_to_bring(shard)
        async with self.alone:
            if self.over:
                await asyncio.sleep(1)  # the ticket of the shard that ended it is still on its way out
                os._exit(1)
            self.careful = max(0, self.careful - 1)
            if await self.place.store.note_attempt(self.place.step, shard, self.place.launch):
                return f"{self.place.step}: it ended its worker twice, the second time alone; Ray's logs may say why"
            try:
                return await self.worker.try_to_bring(shard)
            except EngineDied as died:
                self.over = True
                return f"{self.place.step}: {died}, twice"


def _times_restarted() -> int:
    """How often Ray has started the actor that this process is again."""
    known = ray._private.state.actors(ray.get_runtime_context().get_actor_id())
    return int(known["NumRestarts"])
