"""Pairs of answers as tensors, what the reference thinks of them, and what is traced of a batch.

A batch has the chosen answers in its first half of rows and the rejected ones in the second. The reference is the model
that training begins with; it is asked once, before the first step, and what it said is kept beside the checkpoints.
"""

import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from sdg_ray.align.exported import Preference
from sdg_ray.align.logprobs import of_model, told_sum
from sdg_ray.align.models import causal
from sdg_ray.align.tokens import UNTAUGHT, Examples, Said, Tokens, padded
from sdg_ray.errors import Refused

REFERENCE = "reference.safetensors"
load = causal


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


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Log-probabilities of the answers of a batch, in nats, summed over their tokens: each [pairs]."""

    chosen: Tensor
    rejected: Tensor
    reference_chosen: Tensor
    reference_rejected: Tensor


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


def examples(rows: Iterable[Preference], tokens: Tokens, longest: int) -> Examples:
    """Pairs as tokens; those with an answer that is too long, or that teaches nothing, are left out."""
    items: list[Pair] = []
    left_out: Counter[str] = Counter()
    for row in rows:
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


def referenced(model: Any, pairs: Sequence[Pair], kept: Path, rows: int) -> list[Pair]:
    """The pairs with what `model` thinks of them: asked once, and read again where training goes on."""
    file = kept / REFERENCE
    if not file.exists():
        found = {"logprobs": torch.cat([_asked(model, pairs[i : i + rows]) for i in range(0, len(pairs), rows)], dim=1)}
        save_file(found, f"{file}.unfinished")
        os.replace(f"{file}.unfinished", file)
    both = load_file(file)["logprobs"].T.tolist()
    return [replace(pair, reference=(first, second)) for pair, (first, second) in zip(pairs, both, strict=True)]


@torch.no_grad()
def _asked(model: Any, pairs: Sequence[Pair]) -> Tensor:
    """Log-probabilities of the answers of some pairs: [2, pairs]."""
    model.eval()
    made = {name: each.to(model.device) for name, each in batch(pairs, model.config.pad_token_id or 0).items()}
    return torch.stack(told_sum(*of_model(model, made)).chunk(2)).cpu()


def _pair(row: Preference, tokens: Tokens) -> Pair:
    chosen, rejected = (tokens.read([*row.prompt, *end], since=len(row.prompt)) for end in (row.chosen, row.rejected))
    first, second = (math.nan if reward is None else reward for reward in row.rewards)
    return Pair(names=(row.name,), chosen=chosen, rejected=rejected, reward_gap=first - second)
