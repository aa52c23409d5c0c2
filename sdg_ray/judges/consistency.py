"""How often a judge says the same in both orders, from the comparisons that it left in a column.

    parts_judge  [[{other: 1, first: A, second: B, verdict: win}], [{other: 0, first: B, second: A, verdict: loss}]]
    ->  1 comparison, consistent, no tie; half of the letters were for the first place

Each comparison stands in the parts of both candidates, so verdicts are counted twice and halved.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

KEYS = ("verdict", "first", "second")
Seen = Counter[tuple[str | None, ...]]
"""How often each of KEYS was seen."""


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """What became of a judge's comparisons; equal answers, which it was not shown, are none of them."""

    comparisons: int
    consistent: int  # the same answer was meant in both orders, or neither was
    ties: int  # of these, neither
    silent: int  # no verdict in one order or both
    for_first: int  # letters for the answer that was shown first
    for_second: int

    @property
    def share(self) -> float | None:
        """How many of the comparisons with two verdicts are consistent."""
        spoken = self.comparisons - self.silent
        return self.consistent / spoken if spoken else None

    @property
    def first_share(self) -> float | None:
        """How many letters were for the first place: a half, where it does not matter to the judge."""
        letters = self.for_first + self.for_second
        return self.for_first / letters if letters else None


def consistency(seen: Seen) -> Consistency:
    """The figures of a judge, from its counted comparisons."""
    asked = {key: count for key, count in seen.items() if key != ("tie", None, None)}
    verdicts, letters = Counter[str | None](), Counter[str | None]()
    for (verdict, first, _), count in asked.items():
        verdicts[verdict] += count
        letters[first] += count  # one order's letter; that of the other is `first` where the other candidate has it
    return Consistency(
        comparisons=verdicts.total() // 2,
        consistent=(verdicts["win"] + verdicts["loss"] + verdicts["tie"]) // 2,
        ties=verdicts["tie"] // 2,
        silent=verdicts["none"] // 2,
        for_first=letters["A"],
        for_second=letters["B"],
    )


def seen_in(column: pa.ChunkedArray) -> Seen:
    """The comparisons of a column `parts_<judge>`, counted."""
    found: Seen = Counter()
    for chunk in column.chunks:
        each = pa.Table.from_struct_array(chunk.flatten().flatten()).select(KEYS)
        for row in each.group_by(list(KEYS)).aggregate([([], "count_all")]).to_pylist():
            found[tuple(row[key] for key in KEYS)] += row["count_all"]
    return found


def seen_among(comparisons: Iterable[Mapping[str, Any]]) -> Seen:
    """The same, of comparisons that are in no column yet."""
    return Counter(tuple(each[key] for key in KEYS) for each in comparisons)
