"""What a family is: a way to make prompts from seeds, alone or by asking a model.

A family is frozen data with four facts (`quota`, `seeds`, `per_seed`, `needs`), a check, and a program that it opens in
the worker. A list of topics is the same with fewer facts. Both give drafts: prompts, or the reasons why there are none.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sdg_ray.chance import Chance
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One prompt as a family gives it; `error` says why the slot is empty, if it is."""

    prompt: Chat
    reference: str | None = None
    origin: Mapping[str, Any] | None = None
    error: str | None = None

    @classmethod
    def of(cls, made: Made, path: Sequence[str] = (), *parents: str, **origin: Any) -> "Draft":
        """What a model has made as a user's turn, or its reason as an error; `parents` are the texts it came from."""
        known = {"path": list(path), "parents": list(parents), **made.origin, **origin}
        if made.text is None:
            return cls(prompt=[], error=made.error, origin=known)
        return cls(prompt=[{"role": "user", "content": made.text}], origin=known)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What prompts can be about: the last of a path such as ("Science", "Tides")."""

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The topic itself."""
        return self.path[-1]


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a family has to work with in a worker: a model to ask, and the topics by the name of their list."""

    model: Asking | None = None
    topics: Mapping[str, Sequence[Topic]] = field(default_factory=dict)

    @property
    def asking(self) -> Asking:
        """The model to ask, for a family that needs a writer."""
        assert self.model is not None
        return self.model


Topics = Mapping[str, Sequence[Topic]]
NONE: Topics = {}
Program = Callable[[int, Chance], Awaitable[Sequence[Draft]]]
"""From the number of a seed to its prompts, exactly as many as `per_seed`. All chance comes from the one given."""


class Family(Protocol):
    """A way to make prompts. One that takes its subjects from a list of topics names it in a field `topics`."""

    @property
    def quota(self) -> int | None:
        """How many prompts it is to make at full size; None for as many as its source has."""

    @property
    def seeds(self) -> int | None:
        """How many seeds there are; None if there is always another."""

    @property
    def per_seed(self) -> int:
        """How many prompts a seed gives, those that are errors among them."""

    @property
    def needs(self) -> frozenset[str]:
        """What it cannot do without: `writer`, `topics`."""

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""

    def open(self, means: Means) -> Program:
        """The program, in the worker that will run it."""


class TopicList(Protocol):
    """A way to make topics for families to write about, always by asking a model."""

    @property
    def quota(self) -> int:
        """How many topics it is to make at full size."""

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""

    def open(self, means: Means) -> Program:
        """From how many topics are wanted to exactly as many: each a draft with its path in the origin."""
