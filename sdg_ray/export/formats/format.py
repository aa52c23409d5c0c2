"""What a format is: the sets it has, and for each a function from one example to one row.

Format(title="TRL", files="parquet", sets={"sft": Shape(kind="sft", row=sft, schema=SFT), ...})
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

KINDS = ("preference", "sft")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One set. `row` takes an example of its kind, and gives None where the format has no way to say it.

    kind     sft (a `Demonstration`) or preference (a `Preference`)
    schema   the columns, where the files are Parquet
    """

    kind: str
    row: Callable[[Any], Mapping[str, Any] | None]
    schema: pa.Schema | None = None


@dataclass(frozen=True, kw_only=True)
class Format:
    """One training stack. `files` is parquet or jsonl; the first of the `sets` is the one that is read by default."""

    title: str
    files: str
    sets: Mapping[str, Shape]

    @property
    def kinds(self) -> list[str]:
        """The kinds of sets it has."""
        return list(dict.fromkeys(shape.kind for shape in self.sets.values()))


def rounded(score: float | None) -> float | None:
    """A score as it is written in JSON: what 32 bits hold, without the digits that 64 bits make up."""
    return None if score is None else round(score, 5)
