"""Datasets of the hub, or in a folder, as their own library reads them. Code that comes with a dataset is never run.

dataset("openai/gsm8k", ("question", "answer"), name="main", split="train")
dataset("allenai/c4", ("text",), 10_000, name="en", split="train")      streamed, not downloaded
"""

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sdg_ray.errors import Refused, installed_by
from sdg_ray.prompts.sources.rows import Mapped, Rows, Stream

BATCH = 1_000  # rows of Parquet that are decoded at once
PATIENCE = 5.0  # seconds for the hub to say that it is there; its own library would try for half a minute


def dataset(at: str, wanted: Sequence[str], most: int | None = None, split: str = "train", **which: str | None) -> Rows:
    """The rows of a dataset, or the first `most` of them as a stream. Raises `Refused` where it cannot be read."""
    with installed_by("hub"):
        import datasets

    if not Path(at).exists():
        _reach(at)
    try:
        if most is None:
            return Mapped(datasets.load_dataset(at, split=split, **which), wanted)
        rows = _stream(datasets.load_dataset_builder(at, **which), split, wanted)
        return Stream(rows, wanted, most, rows.column_names or ())
    except (OSError, ValueError, RuntimeError, StopIteration, datasets.exceptions.DatasetsError) as error:
        reason = next(iter(str(error).splitlines()), "it is empty")  # so says the library of a file without a row
        raise Refused(f"source {at} is no .jsonl, no .parquet and no dataset: {reason}") from error


def _stream(builder: Any, split: str, wanted: Sequence[str]) -> Any:
    """The rows of one split, as they come, and the names of their columns where they are known."""
    from datasets.packaged_modules.parquet.parquet import Parquet

    files = (builder.config.data_files or {}).get(split)
    return _Files(files, wanted) if isinstance(builder, Parquet) and files else builder.as_streaming_dataset(split)


@dataclass(frozen=True)
class _Files:
    """Parquet files one after the other, in this thread alone.

    The scanner that `datasets` streams them with reads ahead in other threads, and a process that ends before they do
    hangs or crashes (Arrow's issue 45214).
    """

    files: Sequence[str]
    wanted: Sequence[str]

    @property
    def column_names(self) -> Sequence[str]:
        """Those of the first file."""
        import fsspec

        with fsspec.open(self.files[0], "rb") as body:
            return pq.read_schema(body).names

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        import fsspec

        for name in self.files:
            with fsspec.open(name, "rb") as body, pq.ParquetFile(body) as file:
                columns = [column for column in file.schema_arrow.names if column in self.wanted]
                for batch in file.iter_batches(BATCH, columns=columns, use_threads=False):
                    yield from batch.to_pylist()


def _reach(at: str) -> None:
    """Raise `Refused` where there is no hub to ask, unless only what was downloaded before is to be used."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return
    try:
        urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return  # it is there, and has something to say
    except OSError as error:
        reason = getattr(error, "reason", error)
        way_out = "name a file, or set HF_HUB_OFFLINE=1 for a dataset that was downloaded before"
        raise Refused(
            f"source {at} is no file, and {constants.ENDPOINT} is out of reach ({reason}); {way_out}"
        ) from error
