"""Filters: a reason to leave a candidate out, or None to keep it."""

from collections.abc import Mapping
from typing import Any, Protocol


class Filter(Protocol):
    """A reason to leave a candidate out."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it looks at: the candidates' own, and `family` or `prompt` of the row."""

    def reason(self, candidate: Mapping[str, Any]) -> str | None:
        """Why this candidate is left out, in a few words; the same words for the same kind of reason."""
