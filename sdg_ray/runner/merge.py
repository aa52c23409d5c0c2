"""Rows that are taken over and rows that were made again, put together in their places.

filled([q1, error, q3], [q1, q4, q5])   ->  [q1, q4, q3]      what a further try repeats fills no slot
placed(new, [1], old)                   ->  old, with its second row from new
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from sdg_ray.record import counts

Row = Mapping[str, Any]


def grouped(rows: Sequence[Row], sizes: Sequence[int]) -> list[list[Row]]:
    """All rows, in groups of these sizes."""
    if len(rows) != sum(sizes):
        raise ValueError(f"there are {len(rows)} rows where {sum(sizes)} are planned")
    left = iter(rows)
    return [list(islice(left, size)) for size in sizes]


def filled(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """The rows of one seed, the errors among them filled from a further try; the ids stay."""
    there = [row["prompt"] for row in old]
    spare = iter([row for row in new if row["error"] is None and row["prompt"] not in there])
    rows = []
    for row, made in zip(old, new, strict=True):
        if row["error"] is not None:
            taken = next(spare, row if made["error"] is None else made)
            row = {**taken, "prompt_id": row["prompt_id"]}
        rows.append(row)
    return rows


def placed(new: pa.Table, places: Sequence[int], old: pa.Table) -> pa.Table:
    """The rows of `old`, those at `places` replaced by the rows of `new`."""
    order = list(range(old.num_rows))
    for row, place in enumerate(places):
        order[place] = old.num_rows + row
    return pa.concat_tables([table.replace_schema_metadata() for table in (old, new)]).take(order)


def told(whole: pa.Table, made: pa.Table | None = None, taken: int = 0) -> pa.Table:
    """A file's columns with what its footer is to count: the tokens of what was made, and how many rows were taken."""
    reported: dict[Any, Any] = {"tokens_in": "0", "tokens_out": "0"}
    if made is not None:
        reported |= {key: str(n) for key, n in counts(made).items() if key in reported}
        reported |= {key.decode(): value for key, value in (made.schema.metadata or {}).items()}
    return whole.replace_schema_metadata({**reported, "taken": str(taken)})
