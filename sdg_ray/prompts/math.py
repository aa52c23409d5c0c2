"""Problems of mathematics on a keyword, for one level of school after the other.

Fractions, "middle school"  ->  A recipe for four needs two thirds of a litre of milk. How much do six need?
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.keywords import LEVELS
from sdg_ray.template import template, worded


@dataclass(frozen=True, kw_only=True)
class Math:
    """`problems` on one keyword for one level; levels take turns, so that in the end every keyword meets every one."""

    quota: int | None = 20_000
    topics: str = "math"
    problems: int = 2
    levels: tuple[str, ...] = LEVELS
    ask: str = worded("math/problems")

    seeds = None
    needs = frozenset({"writer", "topics"})

    @property
    def per_seed(self) -> int:
        """All problems on one keyword."""
        return self.problems

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, no level, or nothing to ask."""
        template(self.ask, "n", "topic", "level")
        if self.problems < 1 or not self.levels:
            raise Refused("prompts.math: problems must be at least 1, and there must be a level")

    def open(self, means: Means) -> Program:
        """From a number to the problems on one keyword."""
        asking, topics, levels = means.asking, means.topics[self.topics], list(self.levels)
        wanted = template(self.ask, "n", "topic", "level")

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            rounds, place = divmod(number, len(topics))
            topic, level = topics[place], levels[(place + rounds) % len(levels)]
            made = await asking.items(wanted, self.problems, chance, topic=topic.name, level=level)
            return [Draft.of(each, topic.path, item=level) for each in made]

        return make
