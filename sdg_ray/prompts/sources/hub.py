"""Datasets of the hub, or in a folder, as their own library reads them. Code that comes with a dataset is never run.

dataset("openai/gsm8k", ("question", "answer"), name="main", split="train")
dataset("allenai/c4", ("text",), 10_000, name="en", split="train")      streamed, not downloaded
"""

import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from sdg_ray.errors import Refused
from sdg_ray.prompts.sources.rows import Mapped, Rows, Stream

PATIENCE = 5.0  # seconds for the hub to say that it is there; its own library would try for half a minute


def dataset(at: str, wanted: Sequence[str], most: int | None = None, **which: str | None) -> Rows:
    """The rows of a dataset, or the first `most` of them as a stream. Raises `Refused` where it cannot be read."""
    import datasets

    if not Path(at).exists():
        _reach(at)
    try:
        found = datasets.load_dataset(at, streaming=most is not None, **which)
        return Mapped(found, wanted) if most is None else Stream(found, wanted, most)
    except (OSError, ValueError, RuntimeError, StopIteration, datasets.exceptions.DatasetsError) as error:
        reason = next(iter(str(error).splitlines()), "it is empty")  # so says the library of a file without a row
        raise Refused(f"source {at} is no .jsonl, no .parquet and no dataset: {reason}") from error


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
