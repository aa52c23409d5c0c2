"""Python problems on a keyword, of one difficulty after the other.

itertools.groupby, "beginner"  ->  Write a function that says how often each letter is repeated without a break.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.template import Template, template, worded


@dataclass(frozen=True, kw_only=True)
class Coding:
    """`problems` on one keyword, of one level; levels take turns, so that in the end every keyword meets every one.

    Each level has a template of its own: `ask` and the level, such as coding/problems_beginner.
    """

    quota: int | None = 20_000
    topics: str = "python"
    problems: int = 2
    levels: tuple[str, ...] = ("beginner", "intermediate", "advanced")
    ask: str = runtime("coding/problems")
    templates: tuple[str, ...] = worded(init=False)  # their names

    seeds = None
    needs = frozenset({"writer", "topics"})

    def __post_init__(self) -> None:
        object.__setattr__(self, "templates", tuple(f"{self.ask}_{level}" for level in self.levels))

    @property
    def per_seed(self) -> int:
        """All problems on one keyword."""
        return self.problems

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit or is not there, no level, or nothing to ask."""
        self._templates()
        if self.problems < 1 or not self.levels:
            raise Refused("prompts.coding: problems must be at least 1, and there must be a level")

    def open(self, means: Means) -> Program:
        """From a number to the problems on one keyword."""
        asking, topics, levels = means.asking, means.topics[self.topics], self._templates()

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            rounds, place = divmod(number, len(topics))
            topic, (level, wanted) = topics[place], levels[(place + rounds) % len(levels)]
            made = await asking.items(wanted, self.problems, chance, topic=topic.name)
            return [Draft.of(each, topic.path, item=level) for each in made]

        return make

    def _templates(self) -> list[tuple[str, Template]]:
        named = zip(self.levels, self.templates, strict=True)
        return [(level, template(name, "n", "topic")) for level, name in named]
