"""Files and objects as a source reads them: on local disk, or in a bucket as s3://bucket/prompts.parquet.

with opened("s3://bucket/prompts.parquet") as file:
    file.seek(-8, os.SEEK_END)      only what is read is fetched
"""

import hashlib
import io
from pathlib import Path
from typing import Any, BinaryIO

import obstore

from sdg_ray.errors import Refused

PIECE = 8 * 2**20


class _Object(io.RawIOBase):
    """An object in a bucket as Python knows files."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.reader.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self.reader.seek(offset, whence)

    def readinto(self, into: Any) -> int:
        piece = memoryview(self.reader.read(len(into)))
        into[: len(piece)] = piece
        return len(piece)


def opened(at: str) -> BinaryIO:
    """A file or object, to be read from any place in it. Raises `Refused` where it cannot be."""
    try:
        if "://" not in at:
            return Path(at).open("rb")
        folder, name = at.rsplit("/", 1)
        client = obstore.store.from_url(folder, client_options={"allow_http": True})
        return io.BufferedReader(_Object(obstore.open_reader(client, name)), PIECE)
    except (obstore.exceptions.BaseError, OSError, ValueError) as error:
        raise _unreadable(at, error) from error


def content(at: str) -> str:
    """A hash of what is in a file or object, read piece by piece. Raises `Refused` where it cannot be."""
    found = hashlib.blake2b(digest_size=12)
    try:
        with opened(at) as file:
            while piece := file.read(PIECE):
                found.update(piece)
    except (obstore.exceptions.BaseError, OSError) as error:
        raise _unreadable(at, error) from error
    return found.hexdigest()


def listing(folder: str) -> str:
    """A hash of the names and sizes of the files in a folder: what is in them may be too much to read."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    told = "\n".join(f"{path.relative_to(folder)} {path.stat().st_size}" for path in files)
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def _unreadable(at: str, error: Exception) -> Refused:
    reason = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), type(error).__name__)
    return Refused(f"source {at} cannot be read: {reason}; give its path or address")
