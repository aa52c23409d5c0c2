"""The first pass over a run: what is taken, which side of the split each prompt is on, and which are one too many.

Nothing of it depends on the order of shards, or on how many there are so far, except what a further row changes.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.export.choice import Choice
from sdg_ray.export.split import Groups, cut, keys
from sdg_ray.record import hashed

Row = Mapping[str, Any]
LAST = float("inf")


@dataclass(kw_only=True)
class Plan:
    """What was found out; `limits` says how far each topic's order by chance is taken, for each kind."""

    groups: Groups = field(default_factory=Groups)
    cut: float = 0.0
    limits: Mapping[tuple[str, str], float] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)  # by kind, before balancing
    unrewarded: int = 0  # pairs that lack a reward, where both are asked for

    def validates(self, row: Row) -> bool:
        """Whether a prompt is in the validation set."""
        return self.groups.place(keys(row)[0]) < self.cut

    def admits(self, kind: str, row: Row, number: int) -> bool:
        """Whether an example is among as many as its topic may have."""
        return _drawn(kind, row, number) <= self.limits.get((kind, topic(row)), LAST)


def planned(rows: Iterable[Row], choice: Choice, kinds: Sequence[str], validation: float, balance: int) -> Plan:
    """The plan of an export of these rows; at most `balance` examples of each kind and topic, unless it is 0."""
    plan, firsts, heaps = Plan(), set[int](), dict[tuple[str, str], list[float]]()
    for row in rows:
        numbers = {kind: len(choice.picks(kind, row)) for kind in kinds}
        plan.taken.update(numbers)
        if "preference" in kinds:
            plan.unrewarded += len(row["pairs"]) - numbers["preference"]
        if found := keys(row):
            plan.groups.join(found)
            firsts.update(found[: any(numbers.values())])  # those of which something is exported
        if balance:
            for kind, several in numbers.items():
                for number in range(several):
                    _keep_least(heaps.setdefault((kind, topic(row)), []), _drawn(kind, row, number), balance)
    plan.cut = cut([plan.groups.place(first) for first in firsts], validation)
    plan.limits = {of: -heap[0] for of, heap in heaps.items()}
    return plan


def topic(row: Row) -> str:
    """What is balanced: the topic path, or the family of a prompt that has none."""
    path = (row["origin"] or {}).get("path")
    return "\x1f".join(path) if path else f"family {row['family']}"


def _drawn(kind: str, row: Row, number: int) -> float:
    """An example's place in an order by chance, the same in every export."""
    return int(hashed("balance", kind, row["prompt_id"], number, bits=48), 16) / 2**48


def _keep_least(heap: list[float], value: float, n: int) -> None:
    """`heap` holds the `n` least values, negated, the greatest of them on top."""
    if len(heap) < n:
        heapq.heappush(heap, -value)
    else:
        heapq.heappushpop(heap, -value)
