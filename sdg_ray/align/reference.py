"""What the reference thinks of the answers of pairs: it is asked once, before the first step, and never again.

The reference is the model that training begins with. What it said is kept beside the checkpoints. Each worker asks it
about its share of the pairs, with a whole model of its own.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from sdg_ray.align import together
from sdg_ray.align.logprobs import of_model, told_sum
from sdg_ray.align.models import padding
from sdg_ray.align.pairs import Pair, batch

REFERENCE = "reference.safetensors"


def referenced(model: Any, pairs: Sequence[Pair], kept: Path, rows: int) -> list[Pair]:
    """The pairs with what `model` thinks of them: asked once, and read again where training goes on."""
    file = kept / REFERENCE
    if not file.exists():
        found = torch.empty(2, len(pairs))
        mine = pairs[together.number() :: together.count()]
        asked = [_asked(model, mine[i : i + rows]) for i in range(0, len(mine), rows)]
        for worker, parts in enumerate(together.gathered(asked)):
            if parts:
                found[:, worker :: together.count()] = torch.cat(parts, dim=1)
        if together.number() == 0:
            kept.mkdir(parents=True, exist_ok=True)
            save_file({"logprobs": found}, f"{file}.unfinished")
            os.replace(f"{file}.unfinished", file)
        together.wait()
    both = load_file(file)["logprobs"].T.tolist()
    return [replace(pair, reference=(first, second)) for pair, (first, second) in zip(pairs, both, strict=True)]


@torch.no_grad()
def _asked(model: Any, pairs: Sequence[Pair]) -> Tensor:
    """Log-probabilities of the answers of some pairs: [2, pairs]."""
    model.eval()
    made = {name: each.to(model.device) for name, each in batch(pairs, padding(model)).items()}
    return torch.stack(told_sum(*of_model(model, made)).chunk(2)).cpu()
