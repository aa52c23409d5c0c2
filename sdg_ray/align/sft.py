"""SFT: the model imitates what the assistant says; what users say is given, and has no part in the loss.

nll(scores, told)     the mean of -log pi over the told tokens of a batch, in nats a token
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from sdg_ray.align import models, packing, stage
from sdg_ray.align.blend import Blend
from sdg_ray.align.exported import conversations
from sdg_ray.align.logprobs import of_model, told_sum
from sdg_ray.align.packing import packed, single
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

    def examples(self, data: Blend, split: str, tokens: Tokens) -> Examples:
        """The conversations of an export, packed."""
        found = data.rows(conversations, split)
        left_out = Counter(found.left_out)
        read = ((row.name, tokens.read(row.chat)) for row in found.rows)
        said = whole(read, self.longest, left_out)
        return Examples(items=packed(said, self.longest) if self.pack else single(said), left_out=left_out)

    load = staticmethod(models.causal)
    prepared = staticmethod(stage.as_they_are)
    batch = staticmethod(packing.batch)
    measured = staticmethod(stage.nothing)

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The mean loss of a told token, and how many there are."""
        scores, told = of_model(model, dict(batch))
        return nll(scores, told), {"told": told.sum().float()}
