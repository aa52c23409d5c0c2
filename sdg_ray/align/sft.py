"""SFT: the model imitates what the assistant says; what users say is given, and has no part in the loss.

nll(scores, told)     the mean of -log pi over the told tokens of a batch, in nats a token
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from sdg_ray.align import packing
from sdg_ray.align.exported import conversations
from sdg_ray.align.logprobs import of_model, told_sum
from sdg_ray.align.models import causal
from sdg_ray.align.packing import Row, packed, single
from sdg_ray.align.tokens import Examples, Tokens, whole
from sdg_ray.errors import Refused


def nll(scores: Tensor, told: Tensor) -> Tensor:
    """The mean negative log-probability of the told tokens: a scalar, from two of [rows, places]."""
    return -told_sum(scores, told).sum() / told.sum()


@dataclass(frozen=True, kw_only=True)
class Sft:
    """Imitation of the answers of an export. With `pack` a row has several conversations of `longest` tokens in all.

    Longer conversations are left out: one cut short would teach not to come to an end.
    """

    longest: int = 1024
    pack: bool = True

    def __post_init__(self) -> None:
        if self.longest < 2:
            raise Refused(f"longest={self.longest} leaves no room for an answer; 1024 is usual for small models")

    def examples(self, data: str, split: str, tokens: Tokens) -> Examples:
        """The conversations of an export, packed."""
        left_out: Counter[str] = Counter()
        read = ((row.name, tokens.read(row.chat)) for row in conversations(data, split))
        said = whole(read, self.longest, left_out)
        return Examples(items=packed(said, self.longest) if self.pack else single(said), left_out=left_out)

    load = staticmethod(causal)

    def prepared(self, model: Any, items: Sequence[Row], kept: Path, rows: int) -> Sequence[Row]:
        """The items as they are: there is no reference to ask."""
        return items

    def batch(self, items: Sequence[Row], padding: int) -> dict[str, Tensor]:
        """The tensors of some rows."""
        return packing.batch(items, padding)

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The mean loss of a told token, and how many there are."""
        scores, told = of_model(model, dict(batch))
        return nll(scores, told), {"told": told.sum().float()}
