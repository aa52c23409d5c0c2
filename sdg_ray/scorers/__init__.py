"""Scorers: verifiers, reward models and judges. All answer one question about a candidate: how good is it?

A scorer by truth (a verifier) compares with the row's reference and gives 1 or 0; a reward model and a judge give what
their model thinks. None of them guesses: where it cannot tell, there is no score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """A score, or None where it cannot be told (never a zero instead); what it is made of; tokens a model read.

    `error` says why a model that was asked has given none, which is a failure and no opinion.
    Parts that compare candidates are a list, and each names the other one by its place (`other`).
    """

    score: float | None
    parts: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    tokens: int = 0
    error: str | None = None


class Scoring(Protocol):
    """A scorer, started."""

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """An opinion of each candidate: each of `responses` is what follows `prompt`.

        They come together because some scorers compare them, and because their common prefix is then read once.
        """


class Scorer(Protocol):
    """Who scores, and how: frozen data."""

    @property
    def name(self) -> str:
        """The columns are called `score_<name>` and `parts_<name>`."""

    @property
    def parts(self) -> pa.DataType | None:
        """The type of an opinion's parts; None if it has none."""

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""

    def start(self) -> Scoring:
        """Load what has to be loaded. Once in each worker."""


def text_of(response: Chat) -> str:
    """The text that a verifier looks at: the last message of a response."""
    return response[-1]["content"]
