"""Pairs of answers as tensors: a batch has the chosen answers in its first half of rows, the rejected in the second.

examples(data.rows(preferences, "train"), tokens, longest=1024)     Pair(names=("p00017",), chosen=..., rejected=...)
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sdg_ray.align.blend import Rows
from sdg_ray.align.exported import Preference
from sdg_ray.align.tokens import UNTAUGHT, Examples, Said, Tokens, padded
from sdg_ray.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two answers with their prompt, as tokens. `reference` is what the reference thinks of each, once it was asked."""

    names: tuple[str, ...]
    chosen: Said
    rejected: Said
    reward_gap: float  # NaN where a reward is not known
    reference: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self.chosen) + len(self.rejected)


def rewarded(row: Preference, lowest: float, highest: float) -> Preference:
    """The row, if it has two rewards of the range. Raises `Refused` where it has not."""
    for end, reward in zip(("chosen", "rejected"), row.rewards, strict=True):
        if reward is None:
            raise Refused(
                f"{row.name} has no reward of its {end} answer, which stage=rpo needs: export with rpo=true, or use "
                "stage=dpo"
            )
        if not lowest <= reward <= highest:
            raise Refused(
                f"{row.name} has the reward {reward:g} of its {end} answer, outside {lowest:g} to {highest:g}: leave "
                "the row out, or set lowest= and highest= to the range of your scorer"
            )
    return row


def examples(rows: Rows, tokens: Tokens, longest: int) -> Examples:
    """Pairs as tokens; those with an answer that is too long, or that teaches nothing, are left out."""
    items: list[Pair] = []
    left_out = Counter(rows.left_out)
    for row in rows.rows:
        pair = _pair(row, tokens)
        ends = (pair.chosen, pair.rejected)
        if max(map(len, ends)) > longest:
            left_out[f"are longer than {longest:,} tokens"] += 1
        elif not all(any(end.told) for end in ends):
            left_out[UNTAUGHT] += 1
        else:
            items.append(pair)
    return Examples(items=items, left_out=left_out)


def batch(pairs: Sequence[Pair], padding: int) -> dict[str, Tensor]:
    """input_ids and told [2 pairs, length], reward_gap [pairs], reference [2, pairs] where it was asked."""
    ends = [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]
    made = {
        "input_ids": padded([end.ids for end in ends], padding, torch.long),
        "told": padded([end.told for end in ends], False, torch.bool),
        "reward_gap": torch.tensor([pair.reward_gap for pair in pairs]),
    }
    known = [pair.reference for pair in pairs if pair.reference is not None]
    return made | ({"reference": torch.tensor(known).T.contiguous()} if known else {})


def _pair(row: Preference, tokens: Tokens) -> Pair:
    chosen, rejected = (tokens.read([*row.prompt, *end], since=len(row.prompt)) for end in (row.chosen, row.rejected))
    first, second = (math.nan if reward is None else reward for reward in row.rewards)
    return Pair(names=(row.name,), chosen=chosen, rejected=rejected, reward_gap=first - second)
