"""Open questions: questions on a topic, and each of them refined in several modes, for first questions are too short.

Tides  ->  Why do tides come twice a day?
       ->  I am planning a walk across the flats with my children. Why do tides come twice a day, and ...
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.refine import Refining
from sdg_ray.template import template, worded


@dataclass(frozen=True, kw_only=True)
class OpenQa:
    """`questions` on one topic, and each of them once more in every one of the `modes`.

    The steps and modes are those of the technical report, section 3.2.1; a seed is one topic, and topics come round
    again with other questions when all have been used.
    """

    quota: int | None = 20_000
    topics: str = "general"
    questions: int = 2
    modes: tuple[str, ...] = ("context", "format", "detail", "related")
    ask: str = worded("open_qa/questions")
    refine: str = worded("open_qa/refine")

    seeds = None
    needs = frozenset({"writer", "topics"})

    @property
    def per_seed(self) -> int:
        """Every question plain, and in each mode."""
        return self.questions * self.refining.versions

    @property
    def refining(self) -> Refining:
        """How questions are refined."""
        return Refining(template=self.refine, place="question", file="open_qa/modes", modes=tuple(self.modes))

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, a mode that there is not, or nothing to ask."""
        template(self.ask, "n", "topic")
        self.refining.check()
        if self.questions < 1:
            raise Refused(f"prompts.open_qa: questions must be at least 1, not {self.questions}")

    def open(self, means: Means) -> Program:
        """From a number to the prompts on one topic."""
        asking, topics, wanted = means.asking, means.topics[self.topics], template(self.ask, "n", "topic")

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            topic = topics[number % len(topics)]
            made = await asking.items(wanted, self.questions, chance, topic=topic.name)
            return await self.refining.all(asking, made, topic.path, chance.at("refine"))

        return make
