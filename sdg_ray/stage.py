"""A stage: a pure function from some columns of a shard to new ones, described by frozen data.

The description is what config builds, what identity covers and what travels to a worker. `open()` runs once in each
worker and may load a model; what it returns runs once for each shard, and shards may overlap in it. A stage does not
know where its shard comes from, where it goes, or that there is a store or a cluster.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import pyarrow as pa

Columns = Callable[[pa.Table], Awaitable[pa.Table]]
"""From the columns read to the columns written, row for row. Schema metadata `tokens_in` says what was read."""


class Stage(Protocol):
    """What a recipe is made of: respond, converse, score, select, pair."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it needs."""

    @property
    def writes(self) -> pa.Schema:
        """The columns it adds."""

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""

    def open(self) -> Columns:
        """The function itself, in the worker that will run it."""


class BrokenPromise(Exception):
    """A stage did not write what it said it would."""


def checked(step: str, writes: pa.Schema, new: pa.Table, rows: int) -> pa.Table:
    """`new`, once it is exactly the columns `writes` for `rows` rows.

    Raises:
        BrokenPromise: other columns, other types or another number of rows.
    """
    if new.schema.names != writes.names:
        raise BrokenPromise(f"{step} wrote the columns {new.schema.names}, but its schema says {writes.names}")
    if new.num_rows != rows:
        raise BrokenPromise(f"{step} made {new.num_rows} rows of {rows}: mark rows, never drop or add them")
    try:
        return new.cast(writes)
    except (pa.ArrowException, ValueError) as error:
        raise BrokenPromise(f"{step} wrote columns that do not fit its schema: {error}") from error
