"""DPO: the policy is to prefer the chosen answer to the rejected one by more than its reference does.

    dpo(gap, beta=0.1)            -log sigmoid(beta * gap), for each pair

Without a term for the likelihood of the chosen answer, that of both answers falls while the gap grows (Nemotron-4 340B,
section 3.3.2), which is why `nll` is there, and why both are traced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor
from torch.nn import functional

from sdg_ray.align import models, pairs, preferring, reference, stage
from sdg_ray.align.blend import Blend
from sdg_ray.align.exported import preferences
from sdg_ray.align.tokens import Examples, Tokens
from sdg_ray.errors import Refused


def dpo(gap: Tensor, beta: float) -> Tensor:
    """-log sigmoid(beta * gap), for each pair: [pairs] from [pairs]. (Rafailov et al., 2305.18290, equation 7.)"""
    return -functional.logsigmoid(beta * gap)


@dataclass(frozen=True, kw_only=True)
class Dpo:
    """Preferences by DPO. `beta` holds the policy to its reference; `nll` weighs the chosen answer's likelihood."""

    beta: float = 0.1
    nll: float = 0.0
    longest: int = 1024  # tokens of a prompt and an answer; longer pairs are left out

    def __post_init__(self) -> None:
        if self.beta <= 0 or self.nll < 0:
            raise Refused(f"beta={self.beta:g} nll={self.nll:g} cannot be: beta is above 0, and nll not below")

    def examples(self, data: Blend, split: str, tokens: Tokens) -> Examples:
        """The pairs of an export."""
        return pairs.examples(data.rows(preferences, split), tokens, self.longest)

    load = staticmethod(models.causal)
    prepared = staticmethod(reference.referenced)
    batch = staticmethod(pairs.batch)
    measured = staticmethod(stage.nothing)

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The mean loss of a batch of pairs, and its traces."""
        return preferring.loss(model, batch, partial(dpo, beta=self.beta), self.nll)
