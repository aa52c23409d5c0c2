"""Put the answers of several generators side by side, as the candidates of one prompt.

responses_early, responses_late  ->  responses, answered        answered says which model wrote each
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from sdg_ray.errors import Refused
from sdg_ray.record import RESPONSES
from sdg_ray.stage import Columns


@dataclass(frozen=True, kw_only=True)
class Gather:
    """The candidates of the generators `names`, in this order."""

    names: Sequence[str]

    writes = RESPONSES

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of each generator."""
        return tuple(f"{column}_{name}" for column in self.writes.names for name in self.names)

    def check(self) -> None:
        """Raise `Refused` where there is nothing to gather, or something twice."""
        if not self.names or len(set(self.names)) < len(self.names):
            raise Refused(f"responses.names is {list(self.names)}; name each generator once")

    def open(self) -> Columns:
        """The function."""
        return self._gather

    async def _gather(self, table: pa.Table) -> pa.Table:
        columns = {
            column: [
                [candidate for mine in row for candidate in mine]
                for row in zip(*(table[f"{column}_{name}"].to_pylist() for name in self.names), strict=True)
            ]
            for column in self.writes.names
        }
        counted = {"tokens_in": "0", "tokens_out": "0"}  # the generators' own files have counted them
        return pa.table(columns, schema=self.writes.with_metadata(counted))
