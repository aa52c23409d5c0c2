"""How families ask a model for things: a list of exactly n, a text, an answer, a user's turn.

A list is asked for again until it is complete or the attempts are spent, each time only for what is missing and with
what is known. What could not be made comes back as such, with its reason; nothing is raised but a dead engine.
"""

import json
from collections import Counter
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from sdg_ray.chance import Chance
from sdg_ray.engines import Answer, BadRow, Engine, Sampling, Session
from sdg_ray.errors import Refused
from sdg_ray.prompts.parsing import parsed
from sdg_ray.record import Chat
from sdg_ray.template import Template, template

COUNTS: ContextVar[Counter[str]] = ContextVar("what was asked, and what came of it")
SHOWN = 20  # known items that a list is asked to avoid; more would fill the context
RAW = 160  # characters of an answer that could not be used, kept in its error


@dataclass(frozen=True, kw_only=True)
class Writer:
    """The model that writes prompts, and how it is asked."""

    engine: Engine
    sampling: Sampling = field(default_factory=lambda: Sampling(temperature=0.7, max_tokens=1024))
    attempts: int = 4  # how often something is asked for before it is given up
    most: int = 20  # items asked for at once
    structured: bool = False  # the engine holds lists to a JSON schema; otherwise they are parsed as they come

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""
        if min(self.attempts, self.most) < 1:
            raise Refused("recipe.prompts.writer.attempts and recipe.prompts.writer.most must be at least 1")
        self.engine.check(self.sampling.max_tokens)

    def start(self) -> "Asking":
        """Load the model. Once in each worker."""
        return Asking(self, self.engine.start())


@dataclass(frozen=True, kw_only=True)
class Made:
    """One thing asked for: its text, or the reason why there is none."""

    model: str
    seed: int
    template: str | None = None
    text: str | None = None
    error: str | None = None

    @property
    def origin(self) -> dict[str, str | int | None]:
        """What the data says of where it comes from."""
        return {"template": self.template, "model": self.model, "seed": self.seed}


class Asking:
    """A writer with its model loaded."""

    def __init__(self, writer: Writer, session: Session) -> None:
        self.writer, self.session, self.model = writer, session, writer.engine.model
        self.again = template("asking/again", "known")

    async def items(
        self, wanted: Template, n: int, chance: Chance, known: Sequence[str] = (), **filled: object
    ) -> list[Made]:
        """Exactly `n` different items that are not `known`, or reasons in the place of those that were not made."""
        made: list[Made] = []
        raw = ""
        for attempt in range(self.writer.attempts + (n - 1) // self.writer.most):
            if len(made) == n:
                break
            missing, seed = min(n - len(made), self.writer.most), _seed(chance.at(attempt))
            there = [*known, *(each.text or "" for each in made)]
            _count(lists=1, retries=attempt > 0)
            try:
                answer = await self._list(wanted.fill(n=missing, **filled), there, missing, seed)
            except BadRow as bad:
                return made + [self._failed(str(bad), seed, wanted)] * (n - len(made))
            new, raw = _new(answer, there)[:missing], answer.text
            _count(parsed=bool(new), items=len(new))
            made += [Made(text=text, model=self.model, seed=seed, template=wanted.version) for text in new]
        reason = f"short list: {len(made)} of {n}, the last answer was {raw[:RAW]!r}"
        return made + [self._failed(reason, _seed(chance), wanted)] * (n - len(made))

    async def text(self, wanted: Template, chance: Chance, **filled: object) -> Made:
        """One text."""
        return await self._whole([{"role": "user", "content": wanted.fill(**filled)}], chance, "assistant", wanted)

    async def answer(self, chat: Chat, chance: Chance) -> Made:
        """What an assistant says next."""
        return await self._whole(chat, chance, "assistant")

    async def user_turn(self, before: Chat, chance: Chance) -> Made:
        """What the model itself writes where a user's turn begins; `before` may be empty."""
        return await self._whole(before, chance, "user")

    async def _whole(self, chat: Chat, chance: Chance, role: str, wanted: Template | None = None) -> Made:
        """The first answer that is neither empty nor cut off."""
        raw = ""
        for attempt in range(self.writer.attempts):
            seed = _seed(chance.at(attempt))
            _count(texts=1, retries=attempt > 0)
            try:
                answer = await self._generate(chat, seed, self.writer.sampling, role)
            except BadRow as bad:
                return self._failed(str(bad), seed, wanted)
            if answer.finish == "stop" and answer.text.strip():
                return Made(
                    text=answer.text.strip(), model=self.model, seed=seed, template=wanted.version if wanted else None
                )
            raw = answer.text
        return self._failed(f"no whole text: the last answer was {raw[:RAW]!r}", _seed(chance), wanted)

    async def _list(self, ask: str, there: Sequence[str], n: int, seed: int) -> Answer:
        if there:
            ask += "\n" + self.again.fill(known="\n".join(f"- {text}" for text in there[-SHOWN:]))
        sampling = self.writer.sampling
        if self.writer.structured:
            sampling = replace(sampling, more={**sampling.more, "structured_outputs": {"json": _list_schema(n)}})
        return await self._generate([{"role": "user", "content": ask}], seed, sampling, "assistant")

    async def _generate(self, chat: Chat, seed: int, sampling: Sampling, role: str) -> Answer:
        answers = await self.session.generate(chat, 1, seed, sampling, role)
        _count(tokens_in=answers.prompt_tokens, tokens_out=answers.candidates[0].tokens)
        return answers.candidates[0]

    def _failed(self, reason: str, seed: int, wanted: Template | None) -> Made:
        return Made(error=reason, model=self.model, seed=seed, template=wanted.version if wanted else None)


def _new(answer: Answer, there: Sequence[str]) -> list[str]:
    """The items of an answer that are not there yet; the last one of an answer that was cut off is not whole."""
    found, known = parsed(answer.text), {text.casefold() for text in there}
    whole = found[:-1] if answer.finish == "length" else found
    return [text for text in whole if text.casefold() not in known]


def _list_schema(n: int) -> str:
    return json.dumps({"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": n, "maxItems": n})


def _seed(chance: Chance) -> int:
    return chance.at("seed").getrandbits(62)


def _count(**more: int) -> None:
    """Add to what is counted for the shard and family that this is done for."""
    COUNTS.get().update({name: int(value) for name, value in more.items()})
