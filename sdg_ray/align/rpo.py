"""RPO, reward-aware preference optimisation: the policy's gap is to be what the rewards say, and no more.

    rpo(gap, rewards, beta=0.1, eta=1.0, distance="backward_kl")       for each pair

With a = beta * gap, the policy's own gap, and b = eta * (reward of chosen - reward of rejected), its target, and with
q = sigmoid(a), p = sigmoid(b), the distances are

    backward_kl    p log(p/q) + (1-p) log((1-p)/(1-q))      the report's (Nemotron-4 340B, section 3.3.2)
    forward_kl     q log(q/p) + (1-q) log((1-q)/(1-p))      its gradient vanishes where q is near 0 or 1
    squared        (a - b)^2

as in NeMo-Aligner (rpo_bwd_kl, rpo_fwd_kl, rpo_sq) and 2502.00203. Each is 0 where a = b, so a pair of nearly equal
answers is not driven apart, as it is by DPO: there, the target of every pair is infinite.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import Tensor
from torch.nn import functional

from sdg_ray.align import models, pairs, preferring, reference, stage
from sdg_ray.align.blend import Blend
from sdg_ray.align.exported import preferences
from sdg_ray.align.tokens import Examples, Tokens
from sdg_ray.errors import Refused


def backward_kl(implicit: Tensor, target: Tensor) -> Tensor:
    """KL from Bernoulli(sigmoid(implicit)) to Bernoulli(sigmoid(target)), which is the outer distribution: [pairs].

    Its gradient by `implicit` is sigmoid(implicit) - sigmoid(target).
    """
    right, wrong = functional.logsigmoid(target), functional.logsigmoid(-target)
    return right.exp() * (right - functional.logsigmoid(implicit)) + wrong.exp() * (
        wrong - functional.logsigmoid(-implicit)
    )


def forward_kl(implicit: Tensor, target: Tensor) -> Tensor:
    """The same with the policy as the outer distribution: [pairs]."""
    return backward_kl(target, implicit)


def squared(implicit: Tensor, target: Tensor) -> Tensor:
    """The squared difference of the two gaps: [pairs]."""
    return (implicit - target) ** 2


DISTANCES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "backward_kl": backward_kl,
    "forward_kl": forward_kl,
    "squared": squared,
}


def rpo(gap: Tensor, rewards: Tensor, beta: float, eta: float, distance: str) -> Tensor:
    """The distance of beta * `gap` from eta * `rewards`, the reward of chosen less that of rejected: [pairs]."""
    return DISTANCES[distance](beta * gap, eta * rewards)


@dataclass(frozen=True, kw_only=True)
class Rpo:
    """Preferences by RPO. `eta` scales the rewards, and the other settings are those of DPO.

    A reward outside `lowest` to `highest` is refused. By default these are what the weights of the 340B reward model
    make of five attributes from -1 to 5, a point beyond their scale on either side, as regressed values have it.
    """

    beta: float = 0.1
    eta: float = 1.0
    distance: str = "backward_kl"
    nll: float = 1e-5
    lowest: float = -3.62
    highest: float = 10.18
    longest: int = 1024

    def __post_init__(self) -> None:
        if self.distance not in DISTANCES:
            raise Refused(f"distance={self.distance} is none; there are {', '.join(DISTANCES)}")
        if self.beta <= 0 or self.eta <= 0 or self.nll < 0:
            raise Refused(f"beta={self.beta:g} eta={self.eta:g} nll={self.nll:g}: the first two are above 0")

    def examples(self, data: Blend, split: str, tokens: Tokens) -> Examples:
        """The pairs of an export, each with both rewards.

        Raises:
            Refused: a pair lacks a reward, or has one outside the range.
        """
        found = data.rows(preferences, split)
        rows = [pairs.rewarded(row, self.lowest, self.highest) for row in found.rows]
        return pairs.examples(replace(found, rows=rows), tokens, self.longest)

    load = staticmethod(models.causal)
    prepared = staticmethod(reference.referenced)
    batch = staticmethod(pairs.batch)
    measured = staticmethod(stage.nothing)

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The mean loss of a batch of pairs, and its traces."""
        how = {"rewards": batch["reward_gap"], "beta": self.beta, "eta": self.eta, "distance": self.distance}
        return preferring.loss(model, batch, partial(rpo, **how), self.nll)
