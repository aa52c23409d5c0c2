"""Prompts that you have: lines of JSONL, rows of Parquet, or a dataset of the hub.

A line is plain text, or chat messages that end with a user turn, with an optional reference beside it:

    "Why is the sky blue?"
    {"prompt": "What is 17 + 25?", "reference": "42"}
    {"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why is the sky blue?"}]}

A line that is none of these becomes an error row that names the file and the line; the others are unharmed.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import obstore
import pyarrow.parquet as pq

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.prompts import Draft, Means, Program
from sdg_ray.record import Chat

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, kw_only=True)
class Given:
    """The prompts of `source`, in their order: a .jsonl or .parquet file (a path or s3://... address), else a dataset.

    Raises:
        Refused: there is no such file or dataset, or it has no column `prompt`.
    """

    source: str = runtime()  # its content is what counts, wherever it lies
    split: str = "train"  # of a dataset
    prompt: str = "prompt"  # the field or column with the text or the messages
    reference: str = "reference"  # the field or column with what a verifier may compare with, where there is one
    licence: str | None = None
    quota: int | None = None  # by default all
    content: str = field(init=False)  # a hash of what is in the source, so that a changed file is noticed

    per_seed = 1
    needs = frozenset[str]()

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", self._opened[1])

    @property
    def seeds(self) -> int:
        """One for each line or row."""
        return len(self._opened[0])

    def check(self) -> None:
        """Raise `Refused` where the source is empty."""
        if not self.seeds:
            raise Refused(f"prompts.given: {self.source} is empty; it should have one prompt on each line")

    def open(self, means: Means) -> Program:
        """From a line's number to its prompt."""
        lines = self._opened[0]

        async def take(number: int, chance: Chance) -> Sequence[Draft]:
            return [self._draft(number, lines[number])]

        return take

    def __getstate__(self) -> dict[str, Any]:
        """What travels to a worker: not the lines, which it reads for itself."""
        return {name: value for name, value in self.__dict__.items() if name != "_opened"}

    @cached_property
    def _opened(self) -> tuple[Sequence[Any], str]:
        """The lines or rows, and a hash of them."""
        if self.source.endswith(".jsonl"):
            body = _bytes(self.source)
            return _lines(body), _digest(body)
        if self.source.endswith(".parquet"):
            body = _bytes(self.source)
            return self._table(body), _digest(body)
        return _dataset(self.source, self.split)

    def _table(self, body: bytes) -> list[dict[str, Any]]:
        try:
            file = pq.ParquetFile(io.BytesIO(body))
        except (OSError, ValueError) as error:
            raise Refused(f"prompts.given: {self.source} is not a Parquet file that can be read: {error}") from error
        columns = [name for name in file.schema_arrow.names if name in (self.prompt, self.reference, "messages")]
        if self.prompt not in columns and "messages" not in columns:
            raise Refused(
                f"prompts.given: {self.source} has no column {self.prompt!r}; it has "
                f"{', '.join(file.schema_arrow.names)}, so choose one with prompts.families.given.prompt=..."
            )
        return file.read(columns).to_pylist()

    def _draft(self, number: int, line: Any) -> Draft:
        where = f"{Path(self.source).name} line {number + 1}"
        origin: dict[str, Any] = {"source": self.source, "item": str(number + 1), "path": [], "licence": self.licence}
        try:
            value = _value(line) if isinstance(line, bytes) else line
            chat, reference = self._parsed(value)
        except ValueError as error:
            return Draft(prompt=[], origin=origin, error=f"unusable prompt: {where}: {error}")
        return Draft(prompt=chat, reference=reference, origin=origin)

    def _parsed(self, value: Any) -> tuple[Chat, str | None]:
        """The conversation and the reference in one line's value. Raises ValueError, saying what is wrong with it."""
        row = value if isinstance(value, Mapping) else {self.prompt: value}
        content = row.get(self.prompt, row.get("messages"))
        if content is None:
            raise ValueError(f"has no {self.prompt!r}; it has {', '.join(map(repr, row)) or 'nothing'}")
        reference = row.get(self.reference)
        if reference is not None and not isinstance(reference, str):
            reference = json.dumps(reference, ensure_ascii=False, default=str)
        chat = conversation(content)
        for text in (reference or "", *(message["content"] for message in chat)):
            text.encode()  # JSON can say half a character, which no file can hold
        return chat, reference


def conversation(content: Any) -> Chat:
    """Plain text or a list of messages as a conversation that ends with a user turn.

    Raises:
        ValueError: what is wrong with it.
    """
    if isinstance(content, str):
        content = [{"role": "user", "content": content}]
    if not isinstance(content, Sequence):
        raise ValueError(f"is {type(content).__name__}, neither text nor a list of messages")
    for message in content:
        if not isinstance(message, Mapping) or not {"role", "content"} <= message.keys():
            raise ValueError("has a message without role and content")
        if message["role"] not in ROLES:
            raise ValueError(f"has the role {message['role']!r}; the roles are {', '.join(ROLES)}")
        if not isinstance(message["content"], str):
            raise ValueError(f"has a message whose content is {type(message['content']).__name__}, not text")
    if not content or content[-1]["role"] != "user":
        raise ValueError("does not end with a user turn")
    if not content[-1]["content"].strip():
        raise ValueError("is empty")
    return [{"role": message["role"], "content": message["content"]} for message in content]


def _bytes(source: str) -> bytes:
    """What is in a file or object."""
    if "://" not in source:
        try:
            return Path(source).read_bytes()
        except OSError as error:
            raise Refused(f"prompts.given: {source} cannot be read: {error.strerror}; give its path") from error
    folder, name = source.rsplit("/", 1)
    try:
        client = obstore.store.from_url(folder, client_options={"allow_http": True})
        return bytes(obstore.get(client, name).bytes())
    except (obstore.exceptions.BaseError, OSError, ValueError) as error:
        raise Refused(f"prompts.given: {source} cannot be read: {str(error).splitlines()[0]}") from error


def _lines(body: bytes) -> list[bytes]:
    """The lines of a JSONL file; a last empty one is no line."""
    lines = body.split(b"\n")
    return lines[:-1] if lines[-1].strip() == b"" else lines


def _value(line: bytes) -> Any:
    """What a line of JSONL says. Raises ValueError where it says nothing."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:  # not JSON, not even text, or lists in lists without end
        raise ValueError(f"is not JSON, a text in quotes or an object with a prompt: {error}") from error


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def _dataset(name: str, split: str) -> tuple[Sequence[Any], str]:
    """A dataset as its own library loads it: a hub name or a folder. Its code is never run."""
    import datasets

    try:
        found = datasets.load_dataset(name, split=split)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        reason = str(error).splitlines()[0]
        raise Refused(f"prompts.given: {name} is no .jsonl, no .parquet and no dataset: {reason}") from error
    return found, found._fingerprint
