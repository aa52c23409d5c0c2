"""Where a model's files are, and which weights they are.

    folder_of("pocket/instruct")    the folder of this package; any other name as it is
    versioned("out/dpo")            'out/dpo@5d0c3be1': a folder keeps its name when a model is trained into it again

So two models of one name do not answer for each other: a run, a training or an evaluation goes on with the weights
that it began with, and says which they were.
"""

import functools
import hashlib
from dataclasses import MISSING, field
from pathlib import Path
from typing import Any

POCKET = Path(__file__).parents[1] / "pocket" / "weights"
DECISIVE = ("*.safetensors", "config.json", "tokenizer*", "*.jinja")
PIECES, PIECE = 64, 1 << 14  # of a file, spread evenly over it: another training changes every one of them


def folder_of(name: str) -> str:
    """Where the weights are: a folder here, or the name as it is for vLLM and the hub's client to find."""
    return str(POCKET / name.removeprefix("pocket/")) if name.startswith("pocket/") else name


def model_name() -> Any:
    """A dataclass field with the name of a model: the weights that it has now are a part of the identity."""
    return field(default=MISSING, metadata={"identity": versioned})


def versioned(name: str | None) -> str | None:
    """The name with a hash of what decides about answers, where the model is a folder here; else only the name."""
    folder = Path(folder_of(name)) if name else None
    if not folder or not folder.is_dir():
        return name
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted({file for pattern in DECISIVE for file in folder.glob(pattern)}):
        how = file.stat()
        digest.update(f"{file.name} {how.st_size} ".encode() + _sampled(file, how.st_size, how.st_mtime_ns))
    return f"{name}@{digest.hexdigest()}"


@functools.cache  # one launch asks for each step
def _sampled(file: Path, size: int, changed: int) -> bytes:
    """Of pieces of a file: all of a small one, a megabyte of a large one; hundreds of gigabytes would take an hour."""
    digest = hashlib.blake2b(digest_size=16)
    with file.open("rb") as opened:
        for piece in range(PIECES):
            opened.seek(size * piece // PIECES)
            digest.update(opened.read(min(PIECE, -(-size // PIECES))))
    return digest.digest()
