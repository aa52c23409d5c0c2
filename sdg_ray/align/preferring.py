"""What DPO and RPO have in common: the gap of two answers, the likelihood of the chosen one, and what is traced.

    gap = log_ratio_gap(chosen, rejected, reference_chosen, reference_rejected)
    with_nll(dpo(gap, 0.1), chosen, weight=1e-5)          and the answer that was chosen is to stay likely

Log-probabilities are in nats, summed over the tokens of an answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from sdg_ray.align.logprobs import of_model, told_sum


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Log-probabilities of the answers of a batch: each [pairs]."""

    chosen: Tensor
    rejected: Tensor
    reference_chosen: Tensor
    reference_rejected: Tensor


def log_ratio_gap(chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor) -> Tensor:
    """How much more the policy prefers chosen to rejected than the reference does: [pairs], from four of [pairs]."""
    return (chosen - reference_chosen) - (rejected - reference_rejected)


def with_nll(preference: Tensor, chosen: Tensor, weight: float) -> Tensor:
    """A preference loss and the weighted negative log-probability of the chosen answer, summed over its tokens.

    All are [pairs]. The published weights, 1e-5 to 1e-3, go with this sum, not with a mean over tokens.
    """
    return preference - weight * chosen


def loss(
    model: Any, batch: Mapping[str, Tensor], of_gap: Callable[[Tensor], Tensor], nll: float
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The mean loss of a batch of pairs, and its traces; `of_gap` is what each gap costs: [pairs] from [pairs]."""
    said = scored(model, batch)
    gap = log_ratio_gap(said.chosen, said.rejected, said.reference_chosen, said.reference_rejected)
    return with_nll(of_gap(gap), said.chosen, nll).mean(), traces(said, gap)


def scored(model: Any, batch: Mapping[str, Tensor]) -> Scored:
    """What the model and its reference think of the answers of a batch."""
    chosen, rejected = told_sum(*of_model(model, dict(batch))).chunk(2)
    first, second = batch["reference"]
    return Scored(chosen=chosen, rejected=rejected, reference_chosen=first, reference_rejected=second)


def traces(said: Scored, gap: Tensor) -> dict[str, Tensor]:
    """What is logged of a batch, as means: whether the likelihood of both answers falls while their gap grows."""
    chosen, rejected = said.chosen - said.reference_chosen, said.rejected - said.reference_rejected
    return {
        "chosen_logprob": said.chosen.mean(),
        "rejected_logprob": said.rejected.mean(),
        "chosen_moved": chosen.mean(),
        "rejected_moved": rejected.mean(),
        "gap": gap.mean(),
        "preferred": (gap > 0).float().mean(),
    }
