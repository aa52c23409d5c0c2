"""Packing: several conversations in one row of a batch, so that hardly anything of it is padding.

    packed([("p1", said of 700), ("p2", said of 400), ("p3", said of 300)], length=1024)     [[p1, p3], [p2]]

The longest come first, and each goes where it leaves the least room. Within a row each conversation counts its places
from 0, by which attention is kept within it; and no loss is on its first token, so nothing is foretold across a border.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sdg_ray.align.tokens import Said, padded


@dataclass(frozen=True, kw_only=True)
class Row:
    """The conversations of one row, by name."""

    names: tuple[str, ...]
    parts: tuple[Said, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))


def packed(said: Iterable[tuple[str, Said]], length: int) -> list[Row]:
    """Rows of at most `length` tokens, in an order that depends on nothing but `said`."""
    rows: list[list[tuple[str, Said]]] = []
    room: list[tuple[int, int]] = []  # of each row that has any, with the row's number; the least first
    for name, each in sorted(said, key=lambda one: -len(one[1])):
        place = bisect_left(room, (len(each), -1))
        left, number = room.pop(place) if place < len(room) else (length, len(rows))
        if number == len(rows):
            rows.append([])
        rows[number].append((name, each))
        insort(room, (left - len(each), number))
    return [Row(names=tuple(name for name, _ in row), parts=tuple(each for _, each in row)) for row in rows]


def single(said: Iterable[tuple[str, Said]]) -> list[Row]:
    """One conversation a row."""
    return [Row(names=(name,), parts=(each,)) for name, each in said]


def batch(rows: Sequence[Row], padding: int) -> dict[str, Tensor]:
    """input_ids and told, and position_ids where a row has several conversations: each [rows, length].

    What fills a row up is, to its attention, a conversation of its own.
    """
    ids = [[one for part in row.parts for one in part.ids] for row in rows]
    told = [[one for part in row.parts for one in (False, *part.told[1:])] for row in rows]
    made = {"input_ids": padded(ids, padding, torch.long), "told": padded(told, False, torch.bool)}
    if all(len(row.parts) == 1 for row in rows):
        return made
    longest = max(map(len, ids))
    places = [[n for part in (*map(len, row.parts), longest - len(row)) for n in range(part)] for row in rows]
    return made | {"position_ids": torch.tensor(places)}
