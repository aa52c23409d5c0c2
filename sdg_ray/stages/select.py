"""Decide which candidates to keep, and say why the others are left out. Nothing is deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sdg_ray.filters import Filter
from sdg_ray.record import SELECTION
from sdg_ray.stage import Columns


@dataclass(frozen=True, kw_only=True)
class Select:
    """A candidate is kept if no filter has a reason against it; the first reason found is noted, by filter name."""

    filters: Mapping[str, Filter]

    writes = SELECTION

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that the filters look at."""
        return tuple(sorted({"responses"}.union(*(each.reads for each in self.filters.values()))))

    def check(self) -> None:
        """Nothing can be wrong that the columns do not show."""

    def open(self) -> Columns:
        """The function."""
        return self._select

    async def _select(self, table: pa.Table) -> pa.Table:
        rows = table.select(self.reads).to_pylist()
        reasons = [[self._reason(candidate) for candidate in candidates(row)] for row in rows]
        keep = [[reason is None for reason in row] for row in reasons]
        return pa.table({"keep": keep, "reason": reasons}, schema=self.writes)

    def _reason(self, candidate: Mapping[str, Any]) -> str | None:
        for name, each in self.filters.items():
            if reason := each.reason(candidate):
                return f"{name}: {reason}"
        return None


OF_THE_ROW = ("family", "prompt")


def candidates(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row as one mapping for each candidate; what is the row's own is in each."""
    shared = {name: row[name] for name in OF_THE_ROW if name in row}
    own = {name: values for name, values in row.items() if name not in shared}
    return [shared | dict(zip(own, values, strict=True)) for values in zip(*own.values(), strict=True)]
