"""A recipe in this process, with no Ray started: for one machine, for debugging, and as the meaning of correct."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdg_ray.engines import EngineDied
from sdg_ray.errors import Refused
from sdg_ray.recipe import Recipe
from sdg_ray.runner import Worker
from sdg_ray.runner.careful import Careful
from sdg_ray.store import Store


@dataclass(frozen=True, kw_only=True)
class Local:
    """Every step once, in this process; `overlap` shards at a time in each.

    An engine that dies is started again, `restarts` times in a row at most while no shard gets done.
    """

    overlap: int = 3
    restarts: int = 8

    def check(self, recipe: Recipe) -> None:
        """Raise `Refused` where no shard could be in hand."""
        if self.overlap < 1:
            raise Refused(f"cluster.overlap must be at least 1, not {self.overlap}")

    def run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        """Bring the shards through the steps they miss; why those that failed did."""
        return asyncio.run(self._run(recipe, store, missing))

    async def _run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        needed = {step for steps in missing.values() for step in steps}
        benches = {step: Bench(recipe, store, step, self.restarts) for step in recipe.steps if step in needed}
        room = {step: asyncio.Semaphore(self.overlap) for step in benches}

        async def bring(shard: int, steps: Sequence[str]) -> str | None:
            for step in steps:
                async with room[step]:
                    failed = await benches[step].bring(shard)
                if failed:
                    return failed
            return None

        failures = await asyncio.gather(*(bring(shard, steps) for shard, steps in missing.items()))
        return {shard: failed for shard, failed in zip(missing, failures, strict=True) if failed}


class Bench:
    """The worker of a step, and another one once its engine has died."""

    def __init__(self, recipe: Recipe, store: Store, step: str, restarts: int) -> None:
        self.recipe, self.store, self.step, self.restarts = recipe, store, step, restarts
        self.in_vain, self.done, self.opening = 0, -1, asyncio.Lock()
        self.careful = self._opened()

    async def bring(self, shard: int) -> str | None:
        """Bring a shard, or say why it stays pending."""
        while True:
            careful = self.careful
            try:
                return await careful.bring(shard)
            except EngineDied as died:
                async with self.opening:
                    if self.careful is careful and not self._may_open():
                        return f"{self.step}: {died}"
                    if self.careful is careful:
                        self.careful = self._opened()

    def _opened(self) -> Careful:
        return Careful(Worker(self.recipe, self.store, self.step))

    def _may_open(self) -> bool:
        """Whether another start may be of use; asked once for every engine that died."""
        done = len(self.store.done(self.step))
        self.in_vain, self.done = (self.in_vain + 1 if done == self.done else 1), done
        return self.in_vain <= self.restarts
