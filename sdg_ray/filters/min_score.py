"""Leave out a candidate whose score is below a threshold, or that has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MinScore:
    """Keep what `scorer` gives at least `threshold`."""

    scorer: str
    threshold: float

    @property
    def reads(self) -> tuple[str, ...]:
        """The scorer's column."""
        return (f"score_{self.scorer}",)

    def reason(self, candidate: Mapping[str, Any]) -> str | None:
        """Why this candidate is left out."""
        score = candidate[f"score_{self.scorer}"]
        if score is None:
            return "not scored"
        return f"below {self.threshold}" if score < self.threshold else None
