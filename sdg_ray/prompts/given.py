"""Prompts that you have: lines of JSONL, rows of Parquet, or a dataset of the hub.

A line is plain text, or chat messages that end with a user turn, with an optional reference beside it:

    "Why is the sky blue?"
    {"prompt": "What is 17 + 25?", "reference": "42"}
    {"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why is the sky blue?"}]}

A line that is none of these becomes an error row that names the file and the line; the others are unharmed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.rows import Rows
from sdg_ray.prompts.sources.shapes import to_answer


@dataclass(frozen=True, kw_only=True)
class Given:
    """The prompts of `source`, in their order: a .jsonl or .parquet file (a path or s3://... address), else a dataset.

    Raises:
        Refused: there is no such file.
    """

    source: str = runtime()  # its content is what counts, wherever it lies
    config: str | None = None  # of a dataset that has several
    split: str = "train"  # of a dataset
    prompt: str = "prompt"  # the field or column with the text or the messages
    reference: str = "reference"  # the field or column with what a verifier may compare with, where there is one
    licence: str | None = None  # of every row that does not state its own
    quota: int | None = None  # by default all
    content: str = field(init=False)  # a hash of what is in the source, so that a changed file is noticed

    per_seed = 1
    needs = frozenset[str]()

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", self._source.content)

    @property
    def seeds(self) -> int:
        """One for each line or row."""
        return len(self._rows)

    def check(self) -> None:
        """Raise `Refused` where the source is empty, no dataset, or has no column with prompts."""
        self._source.check((self.prompt, "messages"))

    def open(self, means: Means) -> Program:
        """From a line's number to its prompt."""

        async def take(number: int, chance: Chance) -> Sequence[Draft]:
            return [self._source.draft(self._rows, number, self._shaped)]

        return take

    @cached_property
    def _source(self) -> Source:
        return Source(at=self.source, config=self.config, split=self.split, licence=self.licence)

    @property
    def _rows(self) -> Rows:
        return self._source.rows(self.prompt, self.reference, "messages")

    def _shaped(self, value: Any) -> Draft:
        """The conversation and the reference in one line's value. Raises ValueError, saying what is wrong with it."""
        row = value if isinstance(value, Mapping) else {self.prompt: value}
        content = row.get(self.prompt, row.get("messages"))
        if content is None:
            raise ValueError(f"has no {self.prompt!r}; it has {', '.join(map(repr, row)) or 'nothing'}")
        reference = row.get(self.reference)
        if reference is not None and not isinstance(reference, str):
            reference = json.dumps(reference, ensure_ascii=False, default=str)
        return Draft(prompt=to_answer(content), reference=reference)
