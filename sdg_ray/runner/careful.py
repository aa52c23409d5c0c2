"""A worker that is careful with shards which may have ended one before: those have the engine to themselves.

Where an engine dies all shards in hand are under suspicion, and are noted before anything else happens. Whoever owns
the worker then starts another one: a process in Ray, an engine in this process without it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sdg_ray.bucket import Unusable
from sdg_ray.engines import EngineAway, EngineDied
from sdg_ray.runner import Worker
from sdg_ray.runner.suspects import Note, write_note
from sdg_ray.store import in_thread, new_attempt


class Careful:
    """Brings shards through one step, several at a time; `wary` is how many at first come one by one in any case."""

    def __init__(self, worker: Worker, wary: int = 0) -> None:
        self.worker, self.wary, self.gate = worker, wary, Gate()
        self.in_hand: set[int] = set()
        self.noting = asyncio.Lock()
        self.died: EngineDied | None = None

    async def bring(self, shard: int) -> str | None:
        """Bring a shard, or say why it stays pending. Raises `EngineDied` once what was in hand is noted."""
        try:
            return await self._bring(shard)
        except Unusable as lost:  # notes can be neither read nor written
            return f"{self.worker.step}: {type(lost).__name__}: {lost}"

    async def _bring(self, shard: int) -> str | None:
        if self.wary or await self.worker.suspects(shard):
            self.wary = max(0, self.wary - 1)
            async with self.gate.alone():
                self._check_alive()
                return await self._tried(shard, alone=True)
        async with self.gate.together():
            self._check_alive()
            self.in_hand.add(shard)
            try:
                return await self._tried(shard, alone=False)
            except EngineDied as died:
                await self._note_all_in_hand(str(died))
                raise
            finally:
                self.in_hand.discard(shard)

    def _check_alive(self) -> None:
        """Raise where the engine has died while this shard waited, which had no part in that."""
        if self.died:
            raise self.died

    async def _tried(self, shard: int, alone: bool) -> str | None:
        try:
            return await self.worker.try_to_bring(shard, alone)
        except EngineAway as away:
            return f"{self.worker.step}: {away}"
        except EngineDied as died:
            self.died = died
            raise

    async def _note_all_in_hand(self, reason: str) -> None:
        """One of these has ended the engine. Only the first to find out writes, the others wait until it is done."""
        async with self.noting:
            for shard in sorted(self.in_hand):
                note = Note(shard=shard, attempt=new_attempt(), number=0, alone=False, ended=reason)
                await in_thread(write_note, self.worker.store, self.worker.step, note)
            self.in_hand.clear()


class Gate:
    """Many may be inside together, or one alone."""

    def __init__(self) -> None:
        self.turn, self.empty, self.inside = asyncio.Lock(), asyncio.Event(), 0
        self.empty.set()

    @contextlib.asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Inside with others, once nobody is alone there or waits to be."""
        async with self.turn:
            self.inside += 1
            self.empty.clear()
        try:
            yield
        finally:
            self.inside -= 1
            if not self.inside:
                self.empty.set()

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Inside alone, once all others have left."""
        async with self.turn:
            await self.empty.wait()
            yield
