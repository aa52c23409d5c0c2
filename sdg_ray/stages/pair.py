"""Build preference pairs: the best kept candidate of a prompt against its worst one."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sdg_ray.record import PAIRS
from sdg_ray.stage import Columns


@dataclass(frozen=True, kw_only=True)
class Pair:
    """At most one pair in a row: chosen is the best of the kept, rejected the worst of all that have a score.

    Rejected candidates need not have been kept: what is wrong with them is the lesson. `scorer` names the column
    `score_<scorer>` that decides; pairs whose scores are not more than `min_margin` apart are not made.
    """

    scorer: str = "reward"
    min_margin: float = 0.0

    writes = PAIRS

    @property
    def reads(self) -> tuple[str, ...]:
        """What was kept, and the scores."""
        return ("keep", f"score_{self.scorer}")

    def check(self) -> None:
        """Nothing can be wrong that the columns do not show."""

    def open(self) -> Columns:
        """The function."""
        return self._pair

    async def _pair(self, table: pa.Table) -> pa.Table:
        scores, keep = (table[name].to_pylist() for name in (f"score_{self.scorer}", "keep"))
        return pa.table({"pairs": [self._pairs(*row) for row in zip(scores, keep, strict=True)]}, schema=self.writes)

    def _pairs(self, scores: list[float | None], keep: list[bool]) -> list[dict[str, Any]]:
        ranked = sorted((score, i) for i, score in enumerate(scores) if score is not None)
        kept = [(score, i) for score, i in ranked if keep[i]]
        if not kept:
            return []
        (low, rejected), (high, chosen) = ranked[0], kept[-1]
        margin = high - low
        if margin <= max(self.min_margin, 0.0):
            return []
        return [{"chosen": chosen, "rejected": rejected, "margin": margin, "by": self.scorer}]
