"""Scorers: verifiers, reward models and judges. All answer the same question about one candidate: how good is it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """A score, or None where it cannot be told (never a zero instead); what it is made of; tokens a model read."""

    score: float | None
    parts: Mapping[str, float | None] | None = None
    tokens: int = 0


class Scoring(Protocol):
    """A scorer, started."""

    async def score(self, prompt: Chat, response: Chat, reference: str | None) -> Opinion:
        """The opinion of one candidate: `response` is what follows `prompt`."""


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
