"""A judge rates each candidate by itself, from 1 (useless) to 5 (excellent), by a rubric.

    helpful    the answer is right, does what was asked for and says it clearly     (templates/judge/rubrics.txt)
    or your own text: "the answer is one that a child of ten understands"

Where the judge's last number in double brackets is none of the five, or there is none, there is no score.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.engines import Engine, Sampling, Session
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion
from sdg_ray.scorers.asked import GREEDY, said, spoken, written
from sdg_ray.template import choices, template, worded

PLACES = ("conversation", "answer", "rubric")
RUBRICS = "judge/rubrics"
RATINGS = {str(rating): float(rating) for rating in range(1, 6)}
NUMBER = re.compile(r"\[\[\s*(-?[\d.]+)\s*\]\]")


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """The rating of each candidate in the words of a model; `rubric` is the name of one in a file, or what counts.

    Scorers with several rubrics stand side by side under a `name` each.
    """

    engine: Engine
    name: str = "rubric"
    template: str = worded("judge/pointwise")
    rubric: str = "helpful"
    sampling: Sampling = GREEDY

    parts = None

    @property
    def counts(self) -> str:
        """What counts, in full."""
        return choices(RUBRICS).get(self.rubric, self.rubric)

    def check(self) -> None:
        """Raise `Refused` for a rubric that is neither known nor a text, another template, or another engine."""
        if len(self.counts.split()) < 2:
            known = ", ".join(choices(RUBRICS))
            raise Refused(
                f"scorer {self.name!r} has the rubric {self.rubric!r}; name one of {known}, or say in words what counts"
            )
        template(self.template, *PLACES)
        self.engine.check(self.sampling.max_tokens)

    def start(self) -> "Rating":
        """Load the model."""
        return Rating(self, self.engine.start())


class Rating:
    """A judge that rates, loaded."""

    def __init__(self, rubric: Rubric, session: Session) -> None:
        self.rubric, self.session = rubric, session
        self.question = template(rubric.template, *PLACES)

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The rating of each candidate, all asked for at once."""
        return await asyncio.gather(*(self._rated(spoken(prompt), written(response)) for response in responses))

    async def _rated(self, talk: str, answer: str) -> Opinion:
        question = self.question.fill(conversation=talk, answer=answer, rubric=self.rubric.counts)
        found = await said(self.session, question, self.rubric.sampling, NUMBER)
        return Opinion(score=RATINGS.get(found.verdict or ""), tokens=found.tokens, error=found.error)
