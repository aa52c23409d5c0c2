"""One dialogue while it is held: the assistant answers, the user goes on, until there are turns enough.

A turn of the user joins the dialogue together with its answer, and only if both are good. So whatever goes wrong, the
dialogue ends with an answer, and `ended` says why it is short:

    empty: the user says nothing            length: the assistant's turn is cut off
    loop: the user repeats an earlier turn  too long: ... (the engine's words for a bad row)
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sdg_ray.engines import Answer, BadRow, Sampling, Session
from sdg_ray.record import Chat, Message
from sdg_ray.template import Template
from sdg_ray.turns import history, repeats, users_own, without_openers

DIALOGUE = pa.struct(
    [
        ("persona", pa.string()),  # the name of the user's persona
        ("template", pa.string()),  # the version of what the user's model was told
        ("stripped", pa.int32()),  # how many of the user's turns lost a polite opener
        ("ended", pa.string()),  # why it has fewer turns than were asked for
    ]
)


class Over(Exception):
    """A turn that the dialogue cannot go on with; `cut` is its text if it was cut off."""

    def __init__(self, reason: str, cut: str = "") -> None:
        super().__init__(reason)
        self.cut = cut


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Who speaks, and how its turns are drawn."""

    session: Session
    sampling: Sampling


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What all dialogues of a worker have in common: who speaks, and what the user's model is told."""

    assistant: Voice
    user: Voice
    template: Template
    personas: Mapping[str, str]
    openers: Sequence[re.Pattern[str]]
    repeat: float


@dataclass(kw_only=True)
class Dialogue:
    """A dialogue so far: `said` follows `prompt`. `seed` gives the sampling seed of a turn by its place in `said`."""

    roles: Roles
    prompt: Chat
    persona: str  # its name
    seed: Callable[[int], int]
    said: Chat = field(default_factory=list)
    cut: str = ""  # a first answer that was cut off, where nothing was said
    ended: str | None = None
    stripped: int = 0
    prompt_tokens: int = 0
    tokens: int = 0

    @property
    def finish(self) -> str:
        """How it ended, as of an answer: stop, length where the first answer was cut off, error where there is none."""
        if self.said:
            return "stop"
        return "length" if self.cut else "error"

    @property
    def response(self) -> Chat:
        """What follows the prompt, ending with an answer, be it empty."""
        return self.said or [{"role": "assistant", "content": self.cut}]

    @property
    def about(self) -> Mapping[str, Any]:
        """What the data says of it besides its turns: see `DIALOGUE`."""
        version = self.roles.template.version
        return {"persona": self.persona, "template": version, "stripped": self.stripped, "ended": self.ended}

    async def hold(self, turns: int) -> "Dialogue":
        """Go on until the user has had `turns` turns, the prompt's among them, or one fails; this dialogue."""
        try:
            self.said = [await self._answer([])]
            for _ in range(_user_turns(self.prompt), turns):
                await self._exchange()
        except BadRow as bad:
            self.ended = str(bad)
        except Over as over:
            self.ended, self.cut = str(over), over.cut
        return self

    async def _exchange(self) -> None:
        """One more turn of the user, and the answer."""
        question, stripped = await self._question()
        answer = await self._answer([question])
        self.said += [question, answer]
        self.stripped += stripped

    async def _answer(self, asked: Chat) -> Message:
        chat = [*self.prompt, *self.said, *asked]
        made = await self._draw(self.roles.assistant, chat, len(self.said) + len(asked))
        return self._good("assistant", made.text, made.finish)

    async def _question(self) -> tuple[Message, bool]:
        """The user's next turn, and whether it began with an opener."""
        persona, shown = self.roles.personas[self.persona], history([*self.prompt, *self.said])
        asked = self.roles.template.fill(history=shown, persona=persona)
        made = await self._draw(self.roles.user, [{"role": "user", "content": asked}], len(self.said))
        own, went_on = users_own(made.text)
        text = without_openers(own, self.roles.openers)
        return self._good("user", text, "stop" if went_on else made.finish), text != own

    async def _draw(self, voice: Voice, chat: Chat, place: int) -> Answer:
        """One text of a model, with what it cost."""
        made = await voice.session.generate(chat, 1, self.seed(place), voice.sampling)
        self.prompt_tokens += made.prompt_tokens
        self.tokens += made.candidates[0].tokens
        return made.candidates[0]

    def _good(self, role: str, text: str, finish: str) -> Message:
        """The turn, if the dialogue can go on with it."""
        if not text.strip():
            raise Over(f"empty: the {role} says nothing")
        if finish != "stop":
            raise Over(f"length: the {role}'s turn is cut off", cut=text)
        if repeats(text, role, [*self.prompt, *self.said], self.roles.repeat):
            raise Over(f"loop: the {role} repeats an earlier turn")
        return {"role": role, "content": text}


def _user_turns(chat: Chat) -> int:
    return sum(message["role"] == "user" for message in chat)
