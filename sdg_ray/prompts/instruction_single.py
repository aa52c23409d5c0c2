"""Another family's prompts, each with instructions that a program can check.

Why is the sky blue?  ->  Why is the sky blue? Do not use any commas.
                          reference: {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.instructions import reference
from sdg_ray.prompts.family import Draft, Family, Means, Program
from sdg_ray.prompts.instruction_choice import LANGUAGES, Choice, empty, form, said
from sdg_ray.record import Chat
from sdg_ray.template import template, worded

FORMS = tuple(f"instruction/single_{name}" for name in ("above", "below", "inline", "labelled", "rules"))


@dataclass(frozen=True, kw_only=True)
class InstructionSingle:
    """The prompts of `base`, each joined with `instructions` (from, to) verifiable instructions by one of the `forms`.

    The reference says what to verify, in place of the base's own. What the base could not make stays an error.
    """

    base: Family
    quota: int | None = 10_000
    instructions: tuple[int, int] = (1, 3)
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
        """What the base needs."""
        return self.base.needs

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
            template(name, "prompt", "instruction")
        self.base.check()

    def open(self, means: Means) -> Program:
        """From a seed of the base to its prompts with instructions."""
        base = self.base.open(means)

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            drafts = await base(number, chance.at("base"))
            return [self._joined(draft, chance.at("instruction", i)) for i, draft in enumerate(drafts)]

        return make

    def _joined(self, draft: Draft, chance: Chance) -> Draft:
        if draft.error is not None:
            return draft
        asked = draft.prompt[-1]["content"]
        drawn = self.choice.draw(asked, chance.at("draw"))
        if not drawn:
            return empty(draft, "no instruction: none suits the prompt")
        joined = form(self.forms, chance.at("form"), "prompt", "instruction")
        text = joined.fill(prompt=asked, instruction=said(drawn))
        chat: Chat = [*draft.prompt[:-1], {"role": "user", "content": text}]
        origin = {**(draft.origin or {}), "template": joined.version, "parents": [asked]}
        return Draft(prompt=chat, reference=reference(drawn), origin=origin)
