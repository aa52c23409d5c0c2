"""How well a reward model agrees with labels that it was not trained on, and whether it takes length for quality.

    agreement(values, labels, prompts, lengths, weights)
    {"correlation_helpfulness": 0.61, ..., "pairs": 519, "pair_accuracy": 0.71, "scalar_pair_accuracy": 0.73,
     "length_correlation": 0.08, "equal_pairs": 210, "longer_wins": 0.52}

    correlation_*           Pearson's, of an attribute with its label
    pair_accuracy           of two answers to one prompt whose helpfulness differs, how often the model sees it: by its
                            own helpfulness, and by the scalar, the weighted sum of all five; half where it sees none
    length_correlation      of the scalar with the length of the answer, among answers whose labels are all equal
    longer_wins             of two such answers, how often the longer one has the higher scalar; 0.5 is fair

What there is nothing to tell from is not there.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor

from sdg_ray.align.graded import UNKNOWN
from sdg_ray.scorers.reward_model import ATTRIBUTES

LARGEST = 2_000  # answers with the same labels that are compared each with each


def agreement(
    values: Sequence[Sequence[float]], labels: Sequence[Sequence[float]], prompts: Sequence[str],
    lengths: Sequence[int], weights: Sequence[float],
) -> Mapping[str, float]:  # fmt: skip
    """All figures. Values and labels are [answers, 5]; lengths are in tokens; weights make the scalar."""
    read, told = torch.tensor(values, dtype=torch.float64), torch.tensor(labels, dtype=torch.float64)
    scalar, long = read @ torch.tensor(weights, dtype=torch.float64), torch.tensor(lengths, dtype=torch.float64)
    found = {f"correlation_{name}": _known(read[:, i], told[:, i]) for i, name in enumerate(ATTRIBUTES)}
    found |= _of_pairs(read[:, 0], scalar, told[:, 0], prompts) | _of_length(scalar, long, labels)
    return {name: value for name, value in found.items() if math.isfinite(value)}


def correlation(first: Tensor, second: Tensor) -> float:
    """Pearson's correlation of two of [n]; NaN where one of them does not vary."""
    first, second = first - first.mean(), second - second.mean()
    return ((first * second).sum() / (first.norm() * second.norm())).item()


def _known(values: Tensor, labels: Tensor) -> float:
    known = labels != UNKNOWN
    return correlation(values[known], labels[known])


def _of_pairs(helpful: Tensor, scalar: Tensor, labels: Tensor, prompts: Sequence[str]) -> dict[str, float]:
    """By both figures, whether of two answers the one that is labelled more helpful has more."""
    pairs = [pair for rows in _alike(prompts) for pair in combinations(rows, 2)]
    differ = [
        (a, b) if labels[a] > labels[b] else (b, a)
        for a, b in pairs
        if labels[a] != labels[b] and UNKNOWN not in (labels[a], labels[b])
    ]
    if not differ:
        return {}
    better, worse = torch.tensor(differ).T
    won = {name: _won(of[better], of[worse]) for name, of in (("pair", helpful), ("scalar_pair", scalar))}
    return {"pairs": len(differ)} | {f"{name}_accuracy": share for name, share in won.items()}


def _of_length(scalar: Tensor, lengths: Tensor, labels: Sequence[Sequence[float]]) -> dict[str, float]:
    """Among answers with equal labels, by which they are apart from all that labels say."""
    groups = [torch.tensor(rows[:LARGEST]) for rows in _alike([tuple(each) for each in labels]) if len(rows) > 1]
    if not groups:
        return {}
    centred = [torch.cat([of[rows] - of[rows].mean() for rows in groups]) for of in (scalar, lengths)]
    pairs = [rows[_longer(lengths[rows])] for rows in groups]
    longer, shorter = torch.cat(pairs).T
    found = {"length_correlation": correlation(*centred), "equal_pairs": float(len(longer))}
    return found | ({"longer_wins": _won(scalar[longer], scalar[shorter])} if len(longer) else {})


def _longer(lengths: Tensor) -> Tensor:
    """Which two have different lengths, the longer first: [pairs, 2]."""
    return (lengths[:, None] > lengths[None, :]).nonzero()


def _won(first: Tensor, second: Tensor) -> float:
    return ((first > second).double() + (first == second).double() / 2).mean().item()


def _alike(keys: Sequence[Hashable]) -> list[list[int]]:
    """The numbers of those with the same key."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        found[key].append(number)
    return list(found.values())
