"""The sums of a run: what the footers of its files say, step by step.

The listing says which files there are and each footer what is in one, so the same sums come out for a run that is still
going, for one that was killed five times, and for one that somebody else made.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.recipe import FIRST, UNIQUE
from sdg_ray.store import Footer, Store

AT_ONCE = 64  # footers asked for at a time


@dataclass(kw_only=True)
class Tally:
    """The footers of a run seen so far: `footers[step][shard]`."""

    store: Store
    steps: Sequence[str]
    footers: dict[str, dict[int, Footer]] = field(init=False)
    new: list[tuple[str, int]] = field(init=False, default_factory=list)  # seen since an update last said so

    def __post_init__(self) -> None:
        self.footers = {step: {} for step in self.steps}

    def update(self) -> list[tuple[str, int]]:
        """Look at the run again, one listing for each step; the files that are new, by step and shard."""
        asyncio.run(self._update())
        new, self.new = self.new, []
        return new

    async def _update(self) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def see(step: str, shard: int, size: int) -> None:
            async with room:
                self.footers[step][shard] = await self.store.footer(step, shard, size)
            self.new.append((step, shard))

        unseen = [
            see(step, shard, size)
            for step in self.steps
            for shard, size in self.store.done(step).items()
            if shard not in self.footers[step]
        ]
        await asyncio.gather(*unseen)

    def sum(self, step: str, count: str) -> int:
        """The sum of one count over a step's files, 0 where no file has it."""
        return sum(footer.counts.get(count, 0) for footer in self.footers[step].values())

    def total(self, count: str) -> int:
        """The sum of one count over all steps."""
        return sum(self.sum(step, count) for step in self.steps)

    def reasons(self, count: str) -> Counter[str]:
        """The sums of a count that is itself by reason (`errors`, `left_out`), over all steps."""
        found: Counter[str] = Counter()
        for step in self.steps:
            if step != UNIQUE:  # its errors are those of the prompts once more, and its marks are none
                found.update(self.reasons_of(step, count))
        return found

    def reasons_of(self, step: str, count: str) -> Counter[str]:
        """The sums of such a count over one step."""
        found: Counter[str] = Counter()
        for footer in self.footers.get(step, {}).values():
            reasons: Mapping[str, Any] = footer.counts.get(count, {})
            found.update(reasons)
        return found

    def unscored(self, step: str) -> Counter[str]:
        """The answers to which a step has no score because of a failure, by what failed."""
        found: Counter[str] = Counter()
        for footer in self.footers[step].values():
            found.update(unscored(footer))
        return found

    def marked(self) -> Counter[str]:
        """The prompts that were good and are not used, because others make them needless, by reason."""
        there = {shard: footer.counts["errors"] for shard, footer in self.footers.get(UNIQUE, {}).items()}
        before = (self.footers[FIRST][shard].counts["errors"] for shard in there)
        return sum(map(Counter, there.values()), Counter[str]()) - sum(map(Counter, before), Counter[str]())

    def seconds(self, step: str) -> float:
        """For how long at least one shard was in the step: overlaps count once, pauses between launches not at all."""
        total, until = 0.0, float("-inf")
        for footer in sorted(self.footers[step].values(), key=lambda footer: footer.began):
            total += max(0.0, footer.ended - max(footer.began, until))
            until = max(until, footer.ended)
        return total


def listed(reasons: Counter[str]) -> str:
    """Reasons and how often each was given, the most frequent first: `duplicate 22, near-duplicate 11`."""
    return ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())


def unscored(footer: Footer) -> dict[str, int]:
    """The answers in a file that have no score because of a failure, by what failed."""
    named = ((name.partition(":"), count) for name, count in footer.counts.items())
    return {kind: count for (name, _, kind), count in named if name == "unscored"}
