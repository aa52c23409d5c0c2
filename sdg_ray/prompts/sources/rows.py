"""Rows of one source, each read when it is asked for: lines of JSONL, Parquet, or a dataset of the hub or in a folder.

    rows = Lines(b'{"prompt": "Why?"}')
    len(rows)       ->  1
    rows[0]         ->  {"prompt": "Why?"}      ValueError where a line says nothing
    rows.columns    ->  ("prompt",)

What is in memory: a JSONL file whole; of Parquet one row group; of a dataset nothing, for its library maps it from
disk; of a stream the rows up to the last one asked for, in the columns that are read. A stream can only be read from
its beginning, and every worker does that for itself: it is for the first tens of thousands of rows of something too
large to be downloaded.
"""

import json
import weakref
from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

LOOK = 100  # lines of JSONL that are read to see which columns there are


class Rows(Protocol):
    """What every source is read as."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, as far as they are known; those that are not read among them."""

    def __len__(self) -> int:
        """How many rows there are, or are to be."""

    def __getitem__(self, number: int) -> Any:
        """One row. Raises ValueError where it says nothing, and IndexError past the end."""


class Lines:
    """The lines of a JSONL file; a last empty one is no line."""

    def __init__(self, body: bytes, most: int | None = None) -> None:
        lines = body.split(b"\n")
        self.lines = (lines[:-1] if lines[-1].strip() == b"" else lines)[:most]

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys in the first lines."""
        found = dict[str, None]()
        for line in self.lines[:LOOK]:
            try:
                row = said(line)
            except ValueError:
                continue
            found |= dict.fromkeys(row if isinstance(row, Mapping) else ())
        return tuple(found)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, number: int) -> Any:
        return said(self.lines[number])


def said(line: bytes) -> Any:
    """What a line of JSONL says. Raises ValueError where it says nothing."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:  # not JSON, not even text, or lists in lists without end
        raise ValueError(f"is not JSON, a text in quotes or an object with a prompt: {error}") from error


class Table:
    """The rows of a Parquet file; one row group is held at a time, so rows that follow each other are cheap."""

    def __init__(self, file: pq.ParquetFile, wanted: Sequence[str], most: int | None = None) -> None:
        self.file = file
        self.columns = tuple(file.schema_arrow.names)
        self.wanted = [name for name in self.columns if name in wanted]
        sizes = (file.metadata.row_group(number).num_rows for number in range(file.num_row_groups))
        self.starts = list(accumulate(sizes, initial=0))
        self.size = self.starts[-1] if most is None else min(self.starts[-1], most)
        self.group, self.held = -1, pa.table({})

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> dict[str, Any]:
        group = bisect_right(self.starts, number) - 1
        if group != self.group:
            self.held, self.group = self.file.read_row_group(group, columns=self.wanted), group
        return self.held.slice(number - self.starts[group], 1).to_pylist()[0]


class Mapped:
    """The rows of a dataset on disk, as its own library gives them."""

    def __init__(self, found: Any, wanted: Sequence[str]) -> None:
        self.columns = tuple(found.column_names)
        self.found = found.select_columns([name for name in self.columns if name in wanted])

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, number: int) -> dict[str, Any]:
        return self.found[number]


class Stream:
    """The first `most` rows of a dataset that is read as it comes; those that were read are kept.

    Where the connection breaks off, that is an error; the next attempt begins anew and skips what is kept.
    """

    def __init__(
        self, rows: Iterable[Mapping[str, Any]], wanted: Sequence[str], most: int, columns: Sequence[str] = ()
    ) -> None:
        self.rows, self.wanted, self.most = rows, wanted, most
        self.rest: Iterator[Mapping[str, Any]] | None = None
        self.kept: list[dict[str, Any]] = []
        self.columns = tuple(columns)
        self._read()  # what cannot be read is found out now

    def __len__(self) -> int:
        return self.most if self.kept else 0

    def __getitem__(self, number: int) -> dict[str, Any]:
        while len(self.kept) <= number:
            if not self._read():
                there = f"the source has {len(self.kept):,} rows, not {self.most:,}"
                raise IndexError(f"is not there: {there}; lower take")
        return self.kept[number]

    def _read(self) -> bool:
        """Read one row more, if there is one."""
        rest = self._beginning() if self.rest is None else self.rest
        self.rest = None  # an iterator that has failed would say from then on that there is nothing more
        row = next(rest, None)
        self.rest = rest
        if row is not None:
            self.columns = self.columns or tuple(row)
            self.kept.append({name: value for name, value in row.items() if name in self.wanted})
        return row is not None

    def _beginning(self) -> Iterator[Mapping[str, Any]]:
        """The rows that are not kept yet, from the first on."""
        rows = iter(self.rows)
        if isinstance(rows, Generator):
            weakref.finalize(self, rows.close)  # so that what it reads is closed before the process ends
        return islice(rows, len(self.kept), None)
