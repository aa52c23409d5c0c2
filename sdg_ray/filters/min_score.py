"""Leave out a candidate whose score is below a threshold, which families may have each for themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class MinScore:
    """Keep what `scorer` gives at least `threshold`, or what `families` asks of a candidate's family.

    A candidate without a score is left out, unless `keep_unscored`: a verifier can tell of few families. What one of
    the verifiers `unless` calls right is kept whatever the score: a reward model is no better judge than truth.
    """

    scorer: str
    threshold: float
    families: Mapping[str, float] = field(default_factory=dict)
    keep_unscored: bool = False
    unless: Sequence[str] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of the scorer and the verifiers, and the family where it matters."""
        family = ("family",) if self.families else ()
        return (*(f"score_{name}" for name in (self.scorer, *self.unless)), *family)

    def reason(self, candidate: Mapping[str, Any]) -> str | None:
        """Why this candidate is left out."""
        if any(candidate[f"score_{name}"] == 1.0 for name in self.unless):
            return None
        score = candidate[f"score_{self.scorer}"]
        threshold = self.families.get(candidate["family"], self.threshold) if self.families else self.threshold
        if score is None:
            return None if self.keep_unscored else "not scored"
        return None if reaches(score, threshold) else f"below {threshold}"


def reaches(score: float, threshold: float) -> bool:
    """Whether a score is at least the threshold as its column, a float32, holds it: that of 0.7 is a little below."""
    return score >= float(np.float32(threshold))
