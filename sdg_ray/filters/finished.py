"""Leave out an answer that is empty, was cut off, or could not be made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Finished:
    """Keep what the model ended by itself, with something said."""

    reads = ("answered", "responses")

    def reason(self, candidate: Mapping[str, Any]) -> str | None:
        """Why this candidate is left out."""
        if candidate["answered"]["finish"] == "error":
            return "no answer"
        if not candidate["responses"][-1]["content"].strip():
            return "empty"
        return "cut off" if candidate["answered"]["finish"] == "length" else None
