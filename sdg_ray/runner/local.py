"""A recipe in this process, with no Ray started: for one machine, for debugging, and as the meaning of correct."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdg_ray.engines import EngineDied
from sdg_ray.errors import Refused
from sdg_ray.recipe import Recipe
from sdg_ray.runner import Worker
from sdg_ray.store import Store


@dataclass(frozen=True, kw_only=True)
class Local:
    """Every step once, in this process; `overlap` shards at a time in each."""

    overlap: int = 3

    def check(self, recipe: Recipe) -> None:
        """Raise `Refused` where no shard could be in hand."""
        if self.overlap < 1:
            raise Refused(f"cluster.overlap must be at least 1, not {self.overlap}")

    def run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        """Bring the shards through the steps they miss; why those that failed did."""
        return asyncio.run(self._run(recipe, store, missing))

    async def _run(self, recipe: Recipe, store: Store, missing: Mapping[int, Sequence[str]]) -> dict[int, str]:
        needed = {step for steps in missing.values() for step in steps}
        workers = {step: Worker(recipe, store, step) for step in recipe.steps if step in needed}
        room = {step: asyncio.Semaphore(self.overlap) for step in workers}

        async def bring(shard: int, steps: Sequence[str]) -> str | None:
            for step in steps:
                async with room[step]:
                    try:
                        failed = await workers[step].try_to_bring(shard)
                    except EngineDied as died:
                        failed = str(died)
                if failed:
                    return failed
            return None

        failures = await asyncio.gather(*(bring(shard, steps) for shard, steps in missing.items()))
        return {shard: failed for shard, failed in zip(missing, failures, strict=True) if failed}
