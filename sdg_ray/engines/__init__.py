"""Engines: chats in, answers out. Only an engine knows that there is a model.

An engine is frozen data that says which model and how; `start()` loads it, in the worker, and gives a session. A
session takes one conversation at a time and is asked for many at once: how they are batched is its own affair.
"""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from sdg_ray.errors import Refused
from sdg_ray.record import Chat

LARGEST = 1e30  # of a head's values; scores are kept as float32, which is infinite from 3.4e38 on


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How answers are drawn. Temperature 0 is greedy; `more` are further sampling options of the engine by name."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 1024
    more: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.max_tokens < 1:
            raise Refused(f"{self} cannot be: temperature is from 0, top_p from above 0 to 1, max_tokens from 1")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One candidate: its text, how it ended (stop or length), and its length in tokens.

    One that could not be had, while others of its prompt could, has ended in `error`, and that says why.
    """

    text: str
    finish: str
    tokens: int
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The candidates to one prompt, and the prompt's length in tokens."""

    candidates: list[Answer]
    prompt_tokens: int


@dataclass(frozen=True, kw_only=True)
class Values:
    """The raw outputs of a classifying model's head for one conversation, and the length read in tokens.

    Raises BadRow for one that is no finite number: NaN is below no threshold, so it would pass every filter.
    """

    values: list[float]
    prompt_tokens: int

    def __post_init__(self) -> None:
        if odd := [value for value in self.values if not abs(value) < LARGEST]:
            raise BadRow(f"no usable value: the model's head gave {odd[0]}; look at its weights and dtype")


class BadRow(Exception):
    """This conversation cannot be answered, others can: `too long: 5000 tokens, the model takes 4096`."""


class EngineDied(Exception):
    """The engine will answer nothing more; its worker has to be started again."""


class EngineAway(EngineDied):
    """There is nobody to ask. No conversation has a part in that, and starting the worker again would not help."""


REFUSING: ContextVar[str | None] = ContextVar("refusing", default=None)


@contextlib.contextmanager
def condemned(reason: str | None) -> Iterator[None]:
    """While a `with` block runs, what it asks of any engine is a bad row for this reason, if there is one."""
    token = REFUSING.set(reason)
    try:
        yield
    finally:
        REFUSING.reset(token)


def refuse_condemned() -> None:
    """Raise BadRow where what is asked has ended an engine before. Every session begins with this."""
    if reason := REFUSING.get():
        raise BadRow(reason)


class Session(Protocol):
    """A loaded model."""

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """`n` candidates for the next turn of `role`, drawn with the seeds `seed`, `seed` + 1, ...

        Raises BadRow where none of them can be had, or EngineDied. With the role `user` the model writes what a user
        would say, as far as it can.
        """

    async def classify(self, chat: Chat) -> Values:
        """The model's head on the last token of `chat`, without softmax. Raises BadRow or EngineDied."""


class Engine(Protocol):
    """Which model, and how it is run."""

    @property
    def model(self) -> str:
        """What the model is called in the data."""

    def check(self, answer_tokens: int = 0) -> None:
        """Raise `Refused` where there is no such model, or its context has no room for `answer_tokens`."""

    def start(self) -> Session:
        """Load the model. Once in each worker."""
