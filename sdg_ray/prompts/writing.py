"""Writing tasks: a kind of text and a topic, made into tasks, and each of them refined with more requirements.

poem, Tides  ->  Write a poem about the tides.
             ->  Write a poem about the tides in four verses of four lines; the last word of each verse is "moon".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.refine import Refining
from sdg_ray.template import choices, template, worded


@dataclass(frozen=True, kw_only=True)
class Writing:
    """`tasks` to write one kind of text on one topic, and each of them once more in every one of the `modes`.

    A seed is one topic with one of the kinds in the file `kinds` (technical report, section 3.2.1): kinds take turns,
    so that in the end every topic meets every kind.
    """

    quota: int | None = 20_000
    topics: str = "general"
    tasks: int = 2
    modes: tuple[str, ...] = ("point", "examples", "limits", "other")
    kinds: str = worded("writing/kinds")
    ask: str = worded("writing/tasks")
    refine: str = worded("writing/refine")

    seeds = None
    needs = frozenset({"writer", "topics"})

    @property
    def per_seed(self) -> int:
        """Every task plain, and in each mode."""
        return self.tasks * self.refining.versions

    @property
    def refining(self) -> Refining:
        """How tasks are refined."""
        return Refining(template=self.refine, place="task", file="writing/modes", modes=tuple(self.modes))

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, a mode that there is not, or nothing to write."""
        template(self.ask, "n", "kind", "topic")
        choices(self.kinds)
        self.refining.check()
        if self.tasks < 1:
            raise Refused(f"prompts.writing: tasks must be at least 1, not {self.tasks}")

    def open(self, means: Means) -> Program:
        """From a number to the tasks on one topic."""
        asking, topics, wanted = means.asking, means.topics[self.topics], template(self.ask, "n", "kind", "topic")
        kinds = list(choices(self.kinds).values())

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            rounds, place = divmod(number, len(topics))
            topic, kind = topics[place], kinds[(place + rounds) % len(kinds)]
            made = await asking.items(wanted, self.tasks, chance, kind=kind, topic=topic.name)
            return await self.refining.all(asking, made, topic.path, chance.at("refine"), item=kind)

        return make
