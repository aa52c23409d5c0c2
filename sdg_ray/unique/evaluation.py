"""The texts of an evaluation set: what prompts must stay clear of.

    EvaluationSet(source="gsm8k-test.jsonl", column="question")     a file of JSONL
    EvaluationSet(source="openai/gsm8k", subset="main", column="question", split="test")     a dataset of the hub

A column holds text, a list of texts, or chat messages; each text counts for itself.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sdg_ray.config import runtime
from sdg_ray.errors import Refused, installed_by


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """One column of a .jsonl or .parquet file, else of a dataset (a folder or a name of the hub).

    Raises:
        Refused: there is no such source, it has no such column, or the column holds something else than text.
    """

    source: str = runtime()  # its content is what counts, wherever it lies
    column: str
    split: str = "test"  # of a dataset
    subset: str | None = None  # of a dataset that has several
    content: str = field(init=False)  # a hash of the texts, so that a changed set is noticed

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(digest_size=12)
        for text in self.texts:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
        object.__setattr__(self, "content", digest.hexdigest())

    @cached_property
    def texts(self) -> Sequence[str]:
        """All texts, in their order; rows without one are left out."""
        found = [text for number, value in enumerate(self._values()) for text in self._in(number, value)]
        if not found:
            raise Refused(f"evaluation set {self.source} has no text in {self.column!r}; name a column that does")
        return found

    def __getstate__(self) -> dict[str, Any]:
        """What travels to a worker: not the texts, which it reads for itself."""
        return {name: value for name, value in self.__dict__.items() if name != "texts"}

    def _values(self) -> Sequence[Any]:
        """What the column holds, row for row."""
        if self.source.endswith(".jsonl"):
            return self._of_lines(self._file().read_bytes().splitlines())
        if self.source.endswith(".parquet"):
            return self._of_parquet(self._file())
        return self._of_dataset()

    def _file(self) -> Path:
        if not Path(self.source).is_file():
            raise Refused(f"evaluation set {self.source} is no file here; give the path of one")
        return Path(self.source)

    def _of_lines(self, lines: Sequence[bytes]) -> list[Any]:
        try:
            rows = [json.loads(line) for line in lines if line.strip()]
        except ValueError as error:
            raise Refused(f"evaluation set {self.source} is not JSON on every line: {error}") from error
        if not all(isinstance(row, Mapping) for row in rows):
            raise Refused(f"evaluation set {self.source} needs an object on every line, with {self.column!r} in it")
        self._check_column(dict.fromkeys(name for row in rows for name in row))
        return [row.get(self.column) for row in rows]

    def _of_parquet(self, path: Path) -> list[Any]:
        try:
            with pq.ParquetFile(path) as file:
                self._check_column(file.schema_arrow.names)
                return file.read([self.column])[self.column].to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise Refused(f"evaluation set {self.source} is not Parquet that can be read: {error}") from error

    def _of_dataset(self) -> Sequence[Any]:
        with installed_by("hub"):
            import datasets

        try:
            found = datasets.load_dataset(self.source, self.subset, split=self.split)
        except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
            reason = str(error).splitlines()[0]
            raise Refused(
                f"evaluation set {self.source} is no .jsonl, no .parquet and no dataset with the split "
                f"{self.split!r}: {reason}"
            ) from error
        self._check_column(found.column_names)
        return found[self.column]

    def _check_column(self, columns: Sequence[str] | Mapping[str, None]) -> None:
        if self.column not in columns:
            raise Refused(
                f"evaluation set {self.source} has no column {self.column!r}; it has {', '.join(columns) or 'none'}"
            )

    def _in(self, number: int, value: Any) -> Iterator[str]:
        """The texts in one row's value."""
        for each in value if isinstance(value, list) else [value]:
            text = each.get("content") if isinstance(each, Mapping) else each
            if isinstance(text, str):
                yield text
            elif text is not None:
                raise Refused(
                    f"evaluation set {self.source} row {number + 1}: {self.column!r} holds "
                    f"{type(text).__name__}, not text; name another column"
                )
