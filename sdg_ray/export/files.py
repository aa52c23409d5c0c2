"""Files of a sensible size out of rows that come shard by shard, with no more than one batch of them in memory.

with Files(folder, "parquet", size=256 * 2**20) as files:
    files.add("preference", "train", row, schema)
preference/train-00000-of-00004.parquet ...
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 1000  # rows of a Parquet row group


class Part:
    """One file while it grows."""

    def __init__(self, path: Path, schema: pa.Schema | None) -> None:
        self.path, self.schema, self.rows = path, schema, list[Mapping[str, Any]]()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("wb")
        self.writer = pq.ParquetWriter(self.file, schema, compression="zstd") if schema else None

    def add(self, row: Mapping[str, Any]) -> None:
        """One more row, written when there is a batch of them."""
        self.rows.append(row)
        if len(self.rows) == BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        if self.writer and self.rows:
            self.writer.write_table(pa.Table.from_pylist(self.rows, schema=self.schema))
        elif self.rows:
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
            self.file.write("".join(lines).encode())
        self.rows = []

    def close(self) -> None:
        """Write the rest and the footer."""
        self.flush()
        if self.writer:
            self.writer.close()
        self.file.close()


class Files:
    """The files of an export; what they are called shows when there are no more rows."""

    def __init__(self, folder: Path, suffix: str, size: int) -> None:
        self.folder, self.suffix, self.size = folder, suffix, size
        self.open: dict[tuple[str, str], Part] = {}
        self.full: dict[tuple[str, str], list[Path]] = {}

    def __enter__(self) -> "Files":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for of in list(self.open):
            self._close(of)
        for (_, split), paths in self.full.items():
            for number, path in enumerate(paths):
                os.replace(path, path.with_name(f"{split}-{number:05d}-of-{len(paths):05d}.{self.suffix}"))

    def add(self, of: str, split: str, row: Mapping[str, Any], schema: pa.Schema | None = None) -> None:
        """One more row of a set."""
        if (of, split) not in self.open:
            number = len(self.full.setdefault((of, split), []))
            self.open[of, split] = Part(self.folder / of / f".{split}-{number}", schema)
        part = self.open[of, split]
        part.add(row)
        if not part.rows and part.file.tell() >= self.size:
            self._close((of, split))

    def _close(self, of: tuple[str, str]) -> None:
        part = self.open.pop(of)
        part.close()
        self.full[of].append(part.path)
