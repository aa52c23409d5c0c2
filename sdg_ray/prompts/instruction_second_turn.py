"""A prompt, its first answer, and a user who asks for the answer to be revised under an instruction.

Why is the sky blue?  ->  Blue light, which is short, is scattered most.  ->  Please revise ... Do not use any commas.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.instructions import Drawn, check, reference
from sdg_ray.prompts.asking import Asking
from sdg_ray.prompts.family import Draft, Family, Means, Program
from sdg_ray.prompts.instruction_choice import LANGUAGES, Choice, empty, form, said
from sdg_ray.record import Chat
from sdg_ray.template import template, worded

FORMS = tuple(f"instruction/second_{name}" for name in ("again", "change", "revise", "same"))
DRAWS = 8  # how often instructions are drawn until the first answer breaks one


@dataclass(frozen=True, kw_only=True)
class InstructionSecondTurn:
    """The prompts of `base` with the writer's answer, and a second user turn that asks to revise it.

    At least one of the instructions is not followed by the first answer, so that there is something to revise.
    """

    base: Family
    quota: int | None = 5_000
    instructions: tuple[int, int] = (1, 2)
    ids: tuple[str, ...] | None = None
    languages: tuple[str, ...] = LANGUAGES
    forms: tuple[str, ...] = worded(FORMS)

    @property
    def seeds(self) -> int | None:
        """The seeds of the base."""
        return self.base.seeds

    @property
    def per_seed(self) -> int:
        """As many as the base gives."""
        return self.base.per_seed

    @property
    def needs(self) -> frozenset[str]:
        """What the base needs, and a model for the first answer."""
        return self.base.needs | {"writer"}

    @property
    def topics(self) -> str:
        """The list of topics that the base takes its subjects from, if it does."""
        return getattr(self.base, "topics", "")

    @property
    def choice(self) -> Choice:
        """Which instructions."""
        return Choice(instructions=self.instructions, ids=self.ids, languages=self.languages)

    def check(self) -> None:
        """Raise `Refused` for instructions that cannot be asked for, or a template that does not fit."""
        self.choice.check()
        for name in self.forms:
            template(name, "instruction")
        self.base.check()

    def open(self, means: Means) -> Program:
        """From a seed of the base to its prompts, answered and to be revised."""
        base, asking = self.base.open(means), means.asking

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            drafts = await base(number, chance.at("base"))
            talks = (self._talk(asking, draft, chance.at("talk", i)) for i, draft in enumerate(drafts))
            return await asyncio.gather(*talks)

        return make

    async def _talk(self, asking: Asking, draft: Draft, chance: Chance) -> Draft:
        if draft.error is not None:
            return draft
        answer = await asking.answer(draft.prompt, chance.at("answer"))
        if answer.text is None:
            return empty(draft, f"no first answer: {answer.error}")
        asked = draft.prompt[-1]["content"]
        drawn = self._to_revise(asked, answer.text, chance.at("draw"))
        if not drawn:
            return empty(draft, "no instruction: the first answer follows all that suit the prompt")
        revise = form(self.forms, chance.at("form"), "instruction")
        chat: Chat = [
            *draft.prompt,
            {"role": "assistant", "content": answer.text},
            {"role": "user", "content": revise.fill(instruction=said(drawn))},
        ]
        made = {**answer.origin, "template": revise.version, "parents": [asked, answer.text]}
        return Draft(prompt=chat, reference=reference(drawn), origin={**(draft.origin or {}), **made})

    def _to_revise(self, asked: str, answer: str, chance: Chance) -> list[Drawn]:
        """Instructions of which the answer breaks at least one; none where that is not found."""
        for attempt in range(DRAWS):
            drawn = self.choice.draw(asked, chance.at(attempt))
            if not all(check(reference(drawn), answer)):
                return drawn
        return []
