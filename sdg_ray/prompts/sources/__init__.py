"""Sources: prompts and documents that are there already, as rows of a file or of a dataset.

    Source(at="prompts.jsonl")                          lines of JSON, on disk or as s3://bucket/prompts.jsonl
    Source(at="pages.parquet")                          rows of Parquet, on disk or in a bucket
    Source(at="openai/gsm8k", config="main")            a dataset of the hub, or in a folder; its code is never run
    Source(at="allenai/c4", config="en", take=10_000)   its first rows, streamed and not downloaded

Of a file its content counts, of a folder the names and sizes of its files, wherever they lie: both are a part of what
identifies a run, and a worker that finds something else there refuses. A dataset of the hub is known by its name and
its `revision`: without one, it is whatever the hub has on the day.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sdg_ray.bucket import refuse_secrets
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft
from sdg_ray.prompts.sources.hub import dataset
from sdg_ray.prompts.sources.rows import Lines, Rows, Table
from sdg_ray.prompts.sources.storage import content, listing, opened
from sdg_ray.record import hashed, storable

NAMES = ("conversation_id", "id")  # columns with what a row is called
LICENCES = ("licence", "license")
ABOUT = (*NAMES, "url", *LICENCES)
"""The columns that say where a row comes from, read beside those that a family asks for."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where rows come from: `at` is a .jsonl or .parquet file, else a dataset.

    Raises:
        Refused: there is no such file, or the address has credentials in it.
    """

    at: str = runtime()  # its content is what counts
    config: str | None = None  # of a dataset that has several
    files: str | None = None  # those of a dataset's files to read, such as data/train-*.json; by default all
    split: str = "train"  # of a dataset
    revision: str | None = None  # of a dataset of the hub: a commit
    take: int | None = None  # only so many rows, from the first on; a dataset is then streamed
    licence: str | None = None  # of every row that does not state its own
    content: str = field(init=False)  # a hash, so that a change is noticed

    def __post_init__(self) -> None:
        refuse_secrets("source", self.at)
        if self.take is not None and self.take < 1:
            raise Refused(f"source {self.at}: take must be at least 1, not {self.take}")
        object.__setattr__(self, "content", self._content())

    def rows(self, *columns: str) -> Rows:
        """The rows, with these columns and those that say where a row comes from. Opened once in a process."""
        return _rows(self, () if self.at.endswith(".jsonl") else (*columns, *ABOUT))

    def check(self, *columns: str | Sequence[str]) -> None:
        """Raise `Refused` where there is no row, or a column is missing; of several in brackets, one is enough."""
        groups = [(each,) if isinstance(each, str) else tuple(each) for each in columns]
        rows = self.rows(*(name for group in groups for name in group))
        if not len(rows):
            raise Refused(f"source {self.at} is empty; it should have one prompt or document on each line")
        for group in groups:
            if rows.columns and not set(group) & set(rows.columns):
                raise Refused(f"source {self.at} has no column {group[0]!r}; it has {', '.join(rows.columns)}")

    def where(self, number: int) -> str:
        """A row as people find it: `prompts.jsonl line 17`."""
        return f"{Path(self.at).name} line {number + 1}"

    def origin(self, number: int, row: Any) -> dict[str, Any]:
        """Where a row comes from: its own name or else its number, its address if it has one, and its licence."""
        says = row if isinstance(row, Mapping) else {}
        name, url, licence = _first(says, NAMES), _first(says, ("url",)), _first(says, LICENCES)
        item = " ".join(filter(None, (name or str(number + 1), url)))
        return {"source": self.at, "item": item, "path": [], "licence": licence or self.licence}

    def draft(self, rows: Rows, number: int, shape: Callable[[Any], Draft]) -> Draft:
        """The prompt that `shape` sees in a row, or what is wrong with the row as an error."""
        row: Any = None
        try:
            row = rows[number]
            made = shape(row)
            path = (made.origin or {}).get("path", ())
            writable(made.reference or "", *path, *(message["content"] for message in made.prompt))
        except (ValueError, IndexError) as error:
            wrong = f"unusable prompt: {self.where(number)}: {error}"
            return Draft(prompt=[], origin=self.origin(number, row), error=wrong)
        return replace(made, origin={**self.origin(number, row), **(made.origin or {})})

    def _content(self) -> str:
        if self._is_file:
            return content(self.at)
        if Path(self.at).is_dir():
            return listing(self.at)
        return hashed(self.at)

    @property
    def _is_file(self) -> bool:
        return self.at.endswith((".jsonl", ".parquet"))


def writable(*texts: str) -> None:
    """Raise ValueError where a text has half a character in it, as JSON can say it: no file can hold that."""
    for text in texts:
        text.encode()


def _first(row: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The first of these columns that says something, as text that a file can hold."""
    value = next((row[name] for name in names if row.get(name) is not None), None)
    return None if value is None else storable(str(value))


@lru_cache(maxsize=16)
def _rows(source: Source, wanted: tuple[str, ...]) -> Rows:
    """The rows of a source, once it is sure that they are those that the run was planned with."""
    if source._content() != source.content:
        raise Refused(f"source {source.at} has changed since the run was planned, or is another file on this machine")
    if source.at.endswith(".jsonl"):
        with opened(source.at) as file:
            return Lines(file.read(), source.take)
    if source.at.endswith(".parquet"):
        return Table(_parquet(source.at), wanted, source.take)
    which = {"name": source.config, "revision": source.revision, "data_files": source.files}
    return dataset(source.at, wanted, source.take, source.split, **which)


def _parquet(at: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(opened(at))
    except (OSError, ValueError) as error:
        raise Refused(f"source {at} is not a Parquet file that can be read: {error}") from error
