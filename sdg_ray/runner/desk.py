"""A worker in a Ray actor: tickets in, tickets out. What happens when its process ends is decided here.

An engine does not recover, so when it dies this process ends, as it may for other reasons. Ray starts it again and
sends its tickets once more. What the dead one has noted is then tried alone (`careful.py`); where it could not note
anything, the first few shards are. Ray Data waits for ever for a worker that Ray has given up, so Ray never does: one
that starts again and again while nothing gets done stays up and declines what it is sent.
"""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import ray

from sdg_ray.engines import EngineDied
from sdg_ray.recipe import Recipe
from sdg_ray.runner import Worker
from sdg_ray.runner.careful import Careful
from sdg_ray.store import Store

TICKET = pa.schema([pa.field("shard", pa.int32(), nullable=False), pa.field("failed", pa.string())])
WARY = 8  # shards that a worker started again takes one at a time, for one that vanished has noted nothing
HOLD = 30.0  # seconds for which a declined ticket is held, so that workers that do well get the others


@dataclass(frozen=True, kw_only=True)
class Place:
    """One step of a run, and how often in a row its workers may be started again while no shard gets done."""

    recipe: Recipe
    store: Store
    step: str
    restarts: int
    several: bool = False  # whether there are other workers


class Desk:
    """A worker in a Ray actor."""

    def __init__(self, place: Place) -> None:
        self.place, times = place, _times_in_vain(place)
        self.declines: str | None = None
        if times > place.restarts:
            self.declines = (
                f"{place.step}: its worker ended {times} times while no shard got done; see Ray's logs of it"
            )
            return
        try:
            self.careful = Careful(Worker(place.recipe, place.store, place.step), wary=WARY if times else 0)
            gc.freeze()  # libraries and models stay; to look through them for garbage takes a third of a second
        except Exception as error:  # Ray Data would wait for ever for a worker that does not come up again
            if not times:
                raise  # nothing works yet: the run ends here and says why
            self.declines = f"{place.step}: its worker ended and could not be opened again: {error}"

    async def __call__(self, ticket: pa.Table) -> AsyncIterator[pa.Table]:
        """The same ticket, with a reason in it if the shard failed here."""
        (row,) = ticket.to_pylist()
        if row["failed"] is None:
            try:
                row["failed"] = await self._bring(row["shard"])
            except EngineDied:
                _end()
        yield pa.Table.from_pylist([row], schema=TICKET)

    async def _bring(self, shard: int) -> str | None:
        """Bring a shard, or say why it stays pending."""
        if self.declines is None:
            return await self.careful.bring(shard)
        await asyncio.sleep(HOLD if self.place.several else 0)
        return self.declines


def _end() -> None:
    """End this process, and first those it has started: an engine's own would go on to hold the memory of GPUs."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid():
                os.kill(int(stat.parent.name), signal.SIGKILL)
    os._exit(1)


def _times_in_vain(place: Place) -> int:
    """How often this worker was started again since a shard of its step was last committed, this time included."""
    context = ray.get_runtime_context()
    if not context.was_current_actor_reconstructed:
        return 0
    worker, done = f"worker-{context.get_actor_id()}", len(place.store.done(place.step))
    starts = [body.get("done") for name, body in place.store.notes(place.step).items() if name.startswith(worker)]
    place.store.note(place.step, f"{worker}.{len(starts):04d}", {"done": done})
    return 1 + starts.count(done)
