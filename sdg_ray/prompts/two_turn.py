"""Prompts of two turns: somebody's first turn, a model's answer, and the second turn that a model writes as the user.

user       How do I keep bread fresh?              from a conversation
assistant  Wrap it in a cloth and ...              by the writer
user       And if I want to keep it for a week?    by the writer, as a user
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.prompts.family import Draft, Family, Means, Program
from sdg_ray.record import Chat
from sdg_ray.template import choices, template, worded
from sdg_ray.turns import history, users_own


@dataclass(frozen=True, kw_only=True)
class TwoTurn:
    """Each prompt of `base` as the first turn of a conversation that ends with a second one of the user.

    For preference data of more than one turn (technical report, section 3.2.1). The user is one of the `personas`, by
    chance.
    """

    base: Family
    quota: int | None = 5_000
    ask: str = worded("user_turn/next")
    personas: str = worded("user_turn/personas")

    @property
    def seeds(self) -> int | None:
        """Those of the base."""
        return self.base.seeds

    @property
    def per_seed(self) -> int:
        """As many as the base gives."""
        return self.base.per_seed

    @property
    def needs(self) -> frozenset[str]:
        """What the base needs, and a model for both turns."""
        return self.base.needs | {"writer"}

    @property
    def topics(self) -> str:
        """The list of topics that the base takes its subjects from, if it does."""
        return getattr(self.base, "topics", "")

    def check(self) -> None:
        """Raise `Refused` for a template or personas that do not fit, or a base that cannot work."""
        template(self.ask, "history", "persona")
        choices(self.personas)
        self.base.check()

    def open(self, means: Means) -> Program:
        """From a seed of the base to its conversations."""
        first = self.base.open(means)

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            drafts = await first(number, chance.at("first"))
            talks = (self._second(means.asking, draft, chance.at("second", i)) for i, draft in enumerate(drafts))
            return await asyncio.gather(*talks)

        return make

    async def _second(self, asking: Asking, draft: Draft, chance: Chance) -> Draft:
        """A first turn with an answer and a second turn."""
        if draft.error is not None:
            return draft
        answer = await asking.answer(draft.prompt, chance.at("answer"))
        if answer.text is None:
            return _failed(draft, answer)
        chat: Chat = [*draft.prompt, {"role": "assistant", "content": answer.text}]
        persona = chance.choice(list(choices(self.personas).values()))
        wanted = template(self.ask, "history", "persona")
        turn = await asking.text(wanted, chance.at("turn"), history=history(chat), persona=persona)
        own = users_own(turn.text or "")[0]
        if not own:
            return _failed(draft, turn)
        return Draft(prompt=[*chat, {"role": "user", "content": own}], origin=_origin(draft, turn))


def _failed(draft: Draft, made: Made) -> Draft:
    return Draft(prompt=[], error=made.error or "no whole text: it was only a label", origin=_origin(draft, made))


def _origin(draft: Draft, made: Made) -> dict[str, object]:
    """Where a conversation comes from: the base's prompt is its parent."""
    return {**(draft.origin or {}), **made.origin, "parents": [draft.prompt[-1]["content"]]}
