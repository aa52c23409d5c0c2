"""DPO: the policy is to prefer the chosen answer to the rejected one by more than its reference does.

    gap = log_ratio_gap(chosen, rejected, reference_chosen, reference_rejected)
    dpo(gap, beta=0.1)                                    -log sigmoid(beta * gap), for each pair
    with_nll(dpo(gap, 0.1), chosen, weight=1e-5)          and the answer that was chosen is to stay likely

Without the last term the log-probabilities of both answers fall while the gap grows (Nemotron-4 340B, section 3.3.2),
which is why `Dpo` traces both. Losses are in nats; log-probabilities are sums over the tokens of an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn import functional

from sdg_ray.align import pairs
from sdg_ray.align.exported import preferences
from sdg_ray.align.tokens import Examples, Tokens
from sdg_ray.errors import Refused


def log_ratio_gap(chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor) -> Tensor:
    """How much more the policy prefers chosen to rejected than the reference does: [pairs], from four of [pairs]."""
    return (chosen - reference_chosen) - (rejected - reference_rejected)


def dpo(gap: Tensor, beta: float) -> Tensor:
    """-log sigmoid(beta * gap), for each pair: [pairs] from [pairs]. (Rafailov et al., 2305.18290, equation 7.)"""
    return -functional.logsigmoid(beta * gap)


def with_nll(preference: Tensor, chosen: Tensor, weight: float) -> Tensor:
    """A preference loss and the weighted negative log-probability of the chosen answer, summed over its tokens.

    All are [pairs]. The published weights, 1e-5 to 1e-3, go with this sum, not with a mean over tokens.
    """
    return preference - weight * chosen


@dataclass(frozen=True, kw_only=True)
class Dpo:
    """Preferences by DPO. `beta` holds the policy to its reference; `nll` weighs the chosen answer's likelihood."""

    beta: float = 0.1
    nll: float = 0.0
    longest: int = 1024  # tokens of a prompt and an answer; longer pairs are left out

    def __post_init__(self) -> None:
        if self.beta <= 0 or self.nll < 0:
            raise Refused(f"beta={self.beta:g} nll={self.nll:g} cannot be: beta is above 0, and nll not below")

    def examples(self, data: str, split: str, tokens: Tokens) -> Examples:
        """The pairs of an export."""
        return pairs.examples(preferences(data, split), tokens, self.longest)

    load = staticmethod(pairs.load)
    prepared = staticmethod(pairs.referenced)
    batch = staticmethod(pairs.batch)

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The mean loss of a batch of pairs, and its traces."""
        said = pairs.scored(model, batch)
        gap = log_ratio_gap(said.chosen, said.rejected, said.reference_chosen, said.reference_rejected)
        losses = with_nll(dpo(gap, self.beta), said.chosen, self.nll)
        return losses.mean(), pairs.traces(said, gap)
