"""The loss of a stage, and what it traces, on items that it is not trained on.

validated(stage, model, items, rows=8, device=device)       {"loss": 1.21, "gap": 0.4, "preferred": 0.71}
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import torch

from sdg_ray.align import together
from sdg_ray.align.models import padding
from sdg_ray.align.stage import Stage


@torch.no_grad()
def validated(stage: Stage, model: Any, items: Sequence[Any], rows: int, device: torch.device) -> Mapping[str, float]:
    """Means over all items, each worker asked for its share of them, and all told what came of it.

    A batch weighs as many tokens or labels as it tells where its loss is a mean over these, else as many items as it
    has. What is traced by rows is a mean over those that have a value; what none has is left out.
    """
    model.eval()
    sums: dict[str, float] = defaultdict(float)
    weights: dict[str, float] = defaultdict(float)
    for part, weight in _share([items[i : i + rows] for i in range(0, len(items), rows)]):
        batch = {name: each.to(device) for name, each in stage.batch(part, padding(model)).items()}
        loss, traced = stage.loss(model, batch)
        weighs = weight * float(traced.get("told", len(part)))
        for name, value in {"loss": loss, **traced}.items():
            there = value[~value.isnan()] if value.ndim else value
            sums[name] += float(there.sum()) * (weight if value.ndim else weighs)
            weights[name] += len(there) * weight if value.ndim else weighs
    found = together.gathered((dict(sums), dict(weights)))
    whole = {name: sum(weight[name] for _, weight in found) for name in sums if name != "told"}
    return {name: sum(each[name] for each, _ in found) / weight for name, weight in whole.items() if weight}


def _share(batches: Sequence[Sequence[Any]]) -> list[tuple[Sequence[Any], float]]:
    """This worker's batches, each with what it counts.

    A model that is spread over workers is asked by all of them at once: who has a batch less asks one for nothing.
    """
    mine = batches[together.number() :: together.count()]
    missing = ceil(len(batches) / together.count()) - len(mine)
    return [(batch, 1.0) for batch in mine] + [(batches[0], 0.0)] * missing
