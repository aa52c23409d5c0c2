"""Requests that no assistant can answer without eyes, hands, news or private data, and how it should decline.

Tides, "now"  ->  How high is the water at the quay at this moment?
                  reference: I cannot see what is happening right now. Perhaps a friend at the quay can tell you.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.template import Template, choices, template, worded


@dataclass(frozen=True, kw_only=True)
class Incapable:
    """`questions` on one topic that need what an assistant lacks; the reference of each is how one declines it.

    A seed is one topic with one line of the file `lacks`; these take turns, so that in the end every topic meets every
    one. Questions without an answer that declines are errors: the answer is what they are for.
    """

    quota: int | None = 4_000
    topics: str = "general"
    questions: int = 2
    lacks: str = worded("incapable/needs")
    ask: str = worded("incapable/questions")
    decline: str = worded("incapable/decline")

    seeds = None
    needs = frozenset({"writer", "topics"})

    @property
    def per_seed(self) -> int:
        """All questions on one topic."""
        return self.questions

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, or nothing to ask."""
        choices(self.lacks)
        self._templates()
        if self.questions < 1:
            raise Refused(f"prompts.incapable: questions must be at least 1, not {self.questions}")

    def open(self, means: Means) -> Program:
        """From a number to the questions on one topic, each with the answer that declines it."""
        asking, topics, lacks = means.asking, means.topics[self.topics], list(choices(self.lacks).items())
        wanted, decline = self._templates()

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            rounds, place = divmod(number, len(topics))
            topic, (item, need) = topics[place], lacks[(place + rounds) % len(lacks)]
            made = await asking.items(wanted, self.questions, chance, topic=topic.name, need=need)
            drafts = [Draft.of(each, topic.path, item=item) for each in made]
            ends = (_declined(asking, draft, decline, need, chance.at("decline", i)) for i, draft in enumerate(drafts))
            return await asyncio.gather(*ends)

        return make

    def _templates(self) -> tuple[Template, Template]:
        return template(self.ask, "n", "topic", "need"), template(self.decline, "question", "need")


async def _declined(asking: Asking, draft: Draft, decline: Template, need: str, chance: Chance) -> Draft:
    """A question with the answer that declines it as its reference, or an error where there is none."""
    if draft.error is not None:
        return draft
    made: Made = await asking.text(decline, chance, question=draft.prompt[-1]["content"], need=need)
    origin = {**(draft.origin or {})}
    origin["template"] = f"{origin['template']} {made.template}"  # of the question, and of its reference
    if made.text is None:
        return Draft(prompt=[], error=f"not declined: {made.error}", origin=origin)
    return replace(draft, reference=made.text, origin=origin)
