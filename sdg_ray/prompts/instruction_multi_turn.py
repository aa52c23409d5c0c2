"""An instruction that holds for a whole conversation: declared at its beginning, verified at its end.

For this answer and all that follow: do not use any commas. Why is the sky blue?  ->  Blue light is scattered most.
->  And why is the sunset red?
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.instructions import INSTRUCTIONS, Drawn, check, reference
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.prompts.family import Draft, Family, Means, Program
from sdg_ray.prompts.instruction_choice import LANGUAGES, Choice, empty, form, said
from sdg_ray.record import Chat
from sdg_ray.template import template, worded

FORMS = tuple(f"instruction/multi_{name}" for name in ("above", "below", "from_now"))
SYSTEM = "instruction/multi_system"
OF_ONE_PROMPT = {"combination:repeat_prompt", "detectable_format:constrained_response"}
"""What speaks of one prompt cannot hold for several."""


@dataclass(frozen=True, kw_only=True)
class InstructionMultiTurn:
    """Two prompts of `base` in one conversation, and an instruction that is declared for all answers before the first.

    It stands in the user turn, or with the chance `as_system` in a system turn where nobody has answered yet. The first
    answer is the writer's, asked for until it follows, `tries` times at most: a conversation in which it is broken
    already would teach that. A seed is two of the base.
    """

    base: Family
    quota: int | None = 5_000
    instructions: tuple[int, int] = (1, 2)
    ids: tuple[str, ...] | None = None
    languages: tuple[str, ...] = LANGUAGES
    forms: tuple[str, ...] = worded(FORMS)
    system: str = worded(SYSTEM)
    as_system: float = 0.25
    tries: int = 4

    @property
    def seeds(self) -> int | None:
        """Half of the base's."""
        return None if self.base.seeds is None else self.base.seeds // 2

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
        ids = tuple(id for id in (INSTRUCTIONS if self.ids is None else self.ids) if id not in OF_ONE_PROMPT)
        return Choice(instructions=self.instructions, ids=ids, languages=self.languages)

    def check(self) -> None:
        """Raise `Refused` for instructions that cannot be asked for, or a template that does not fit."""
        self.choice.check()
        for name in self.forms:
            template(name, "prompt", "instruction")
        template(self.system, "instruction")
        if not 0 <= self.as_system <= 1 or self.tries < 1:
            raise Refused("prompts.instruction_multi_turn: as_system is a chance from 0 to 1, and tries is from 1")
        self.base.check()

    def open(self, means: Means) -> Program:
        """From a pair of the base's seeds to conversations."""
        base, asking = self.base.open(means), means.asking

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            pair = (base(2 * number + i, chance.at("base", i)) for i in range(2))
            firsts, seconds = await asyncio.gather(*pair)
            talks = zip(firsts, seconds, strict=True)
            return await asyncio.gather(
                *(self._talk(asking, *each, chance.at("talk", i)) for i, each in enumerate(talks))
            )

        return make

    async def _talk(self, asking: Asking, first: Draft, second: Draft, chance: Chance) -> Draft:
        if (failed := next((each for each in (first, second) if each.error is not None), None)) is not None:
            return failed
        asked, then = first.prompt[-1]["content"], second.prompt[-1]["content"]
        drawn = self.choice.draw(f"{asked}\n{then}", chance.at("draw"))
        if not drawn:
            return empty(first, "no instruction: none suits the prompt")
        rest = [message for message in second.prompt if message["role"] != "system"]
        if any(_broken(drawn, message["content"]) for message in rest if message["role"] == "assistant"):
            return empty(first, "no second prompt: its own answers do not follow what was declared")
        opening, version = self._declared(first.prompt, said(drawn), chance.at("form"))
        answer = await self._following(asking, opening, drawn, chance.at("answer"))
        if answer.text is None:
            return empty(first, f"no first answer: {answer.error}")
        made = {**answer.origin, "template": version, "parents": [asked, then]}
        return Draft(
            prompt=[*opening, {"role": "assistant", "content": answer.text}, *rest],
            reference=reference(drawn),
            origin={**(first.origin or {}), **made},
        )

    def _declared(self, chat: Chat, instruction: str, chance: Chance) -> tuple[Chat, str]:
        """The conversation with the instruction declared, and the version of the template that did."""
        answered = any(message["role"] == "assistant" for message in chat)  # by who had not been told
        if not answered and chance.random() < self.as_system:
            return self._declared_first(chat, instruction)
        joined = form(self.forms, chance, "prompt", "instruction")
        text = joined.fill(prompt=chat[-1]["content"], instruction=instruction)
        return [*chat[:-1], {"role": "user", "content": text}], joined.version

    def _declared_first(self, chat: Chat, instruction: str) -> tuple[Chat, str]:
        """The same in a system turn, after what stands in it already."""
        wanted = template(self.system, "instruction")
        before = "".join(f"{message['content']}\n\n" for message in chat if message["role"] == "system")
        turns = [message for message in chat if message["role"] != "system"]
        return [{"role": "system", "content": before + wanted.fill(instruction=instruction)}, *turns], wanted.version

    async def _following(self, asking: Asking, chat: Chat, drawn: list[Drawn], chance: Chance) -> Made:
        """An answer that follows what was declared, or the reason why there is none."""
        broken: list[str] = []
        for attempt in range(self.tries):
            answer = await asking.answer(chat, chance.at(attempt))
            if answer.text is None:
                return answer
            if not (broken := _broken(drawn, answer.text)):
                return answer
        return replace(answer, text=None, error=f"not followed in {self.tries} tries: {' '.join(broken)}")


def _broken(drawn: list[Drawn], answer: str) -> list[str]:
    """The ids of what an answer does not follow."""
    return [each.id for each, follows in zip(drawn, check(reference(drawn), answer), strict=True) if not follows]
