"""Several exports as one set to train on, a share of another replayed with it, and no prompt twice.

    Blend(folders=("out/general",), replay=Replay(data="out/code", share=0.02), seed=0)
    Blend(folders=("out/round-1", "out/round-2"))

Where several folders have a prompt, the last of them counts: a later round's answer takes the place of an earlier
one. What one folder holds out for validation is not trained on from another, and nothing that is trained on is
replayed. In one folder a prompt may come several times, as it was exported. Prompts are the same word for word.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.record import Chat

TWICE = "have a prompt that a later folder has, too"
HELD_OUT = "have a prompt that is held out for validation"


class Row(Protocol):
    """A frozen dataclass of an export; `name` is what it is called."""

    @property
    def asked(self) -> Chat:
        """The conversation up to where the model has to speak."""


Of = TypeVar("Of", bound=Row)


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Rows of an earlier stage, so that what it taught is not forgotten: `share` of all that is trained on."""

    data: str = runtime()  # what it holds counts, not where it lies
    share: float = 0.02

    def __post_init__(self) -> None:
        if not isinstance(self.share, int | float) or not 0 < self.share < 1:
            raise Refused(f"replay.share={self.share} cannot be: it is a share of what is trained on, such as 0.02")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What is read, and why rows were left out."""

    rows: Sequence[Any]
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Blend:
    """Exports to train on together. With `repeats`, a prompt is taken from every folder that has another answer to it.

    What is replayed is drawn by `seed`.
    """

    folders: tuple[str, ...]
    replay: Replay | None = None
    repeats: bool = False
    seed: int = 0

    def rows(self, read: Callable[[str, str], Iterable[Of]], split: str) -> Rows:
        """The rows of a split of all folders, as `read` has them. Raises `Refused` where too few are to be replayed."""
        if split != "train":
            return self._together(read, split, frozenset())
        held_out = frozenset(_asked(row) for folder in self.folders for row in read(folder, "validation"))
        kept = self._together(read, split, held_out)
        return replace(kept, rows=[*kept.rows, *self._replayed(read, kept.rows, held_out)])

    def _together(self, read: Callable[[str, str], Iterable[Of]], split: str, held_out: frozenset[str]) -> Rows:
        found: list[Of] = []
        taken: set[str] = set()
        left_out: Counter[str] = Counter()
        for folder in reversed(self.folders):
            kept = []
            for row in read(folder, split):
                if _asked(row) in held_out or self._mark(row) in taken:
                    left_out[HELD_OUT if _asked(row) in held_out else TWICE] += 1
                else:
                    kept.append(row)
            taken.update(map(self._mark, kept))
            found = kept + found
        return Rows(rows=found, left_out=left_out)

    def _replayed(
        self, read: Callable[[str, str], Iterable[Of]], kept: Sequence[Of], held_out: frozenset[str]
    ) -> Sequence[Of]:
        if self.replay is None:
            return []
        known = held_out.union(map(_asked, kept))
        there = [row for row in read(self.replay.data, "train") if _asked(row) not in known]
        wanted = max(1, round(len(kept) * self.replay.share / (1 - self.replay.share)))
        if wanted > len(there):
            raise Refused(
                f"replay.data={self.replay.data} has {len(there):,} rows with other prompts than data, and "
                f"replay.share={self.replay.share:g} of {len(kept) + wanted:,} is {wanted:,}: lower the share"
            )
        return random.Random(self.seed).sample(there, wanted)

    def _mark(self, row: Any) -> str:
        """By what a row of one folder is the same as one of another."""
        return repr(replace(row, name="")) if self.repeats else _asked(row)


def _asked(row: Row) -> str:
    return json.dumps(row.asked)
