"""One training loop for all three models: batches of like length, warm-up and decay, a line of progress now and then.

It does not know which model it trains; the loss is handed in.

    instruct    412/1200 steps   loss 1.904   13,900 tokens/s   3.2 minutes left
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from sdg_ray.pocket.muon import Muon

BATCH_TOKENS = 4096
POOL = 4096  # items that are sorted by length together


@dataclass(frozen=True, kw_only=True)
class Item:
    ids: tuple[int, ...]
    told: tuple[bool, ...] = ()  # which tokens the loss is on
    labels: tuple[float, ...] = ()  # or the five values to regress


def batches(items: Sequence[Item], rng: random.Random) -> Iterator[list[Item]]:
    """Items of like length together, so that little is padding; the order of batches is by chance."""
    cut: list[list[Item]] = []
    pool: list[Item] = []
    for item in items:
        pool.append(item)
        if len(pool) == POOL:
            cut += _cut(pool)
            pool = []
    cut += _cut(pool)
    rng.shuffle(cut)
    yield from cut


def _cut(pool: list[Item]) -> list[list[Item]]:
    cut: list[list[Item]] = [[]]
    for item in sorted(pool, key=lambda one: len(one.ids)):
        if cut[-1] and len(item.ids) * (len(cut[-1]) + 1) > BATCH_TOKENS:
            cut.append([])
        cut[-1].append(item)
    return [batch for batch in cut if batch]


def padded(rows: Sequence[Sequence[float]], value: float, dtype: torch.dtype) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], dtype=dtype)


def next_token_loss(model: torch.nn.Module, batch: list[Item]) -> Tensor:
    """Cross-entropy of the told tokens. Padding stands on the right, where causal attention never looks."""
    ids = padded([item.ids for item in batch], 0, torch.long)
    told = padded([item.told for item in batch], False, torch.bool)[:, 1:]
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1][told]
    return functional.cross_entropy(model.lm_head(hidden), ids[:, 1:][told])


def regression_loss(weights: Sequence[float]) -> "Loss":
    """Mean squared error of the known labels on each last token, and of correctness on the told tokens.

    The second part says where an answer went wrong; from the verdict alone a small model learns that slowly. A label
    below zero is unknown. `weights` say how much each of the five labels counts in the verdict.
    """
    shares = torch.tensor(weights) / (sum(weights) / len(weights))

    def loss(model: torch.nn.Module, batch: list[Item]) -> Tensor:
        ids = padded([item.ids for item in batch], 0, torch.long)
        told = padded([item.told for item in batch], False, torch.bool)
        last = torch.tensor([len(item.ids) - 1 for item in batch])
        values = model.score(model.model(input_ids=ids, use_cache=False).last_hidden_state)
        labels = torch.tensor([item.labels for item in batch])
        known = labels >= 0
        verdict = ((values[torch.arange(len(batch)), last] - labels) ** 2 * shares)[known].mean()
        correctness = labels[:, 1:2].expand(ids.shape)[told]
        return verdict + 0.5 * ((values[..., 1][told] - correctness) ** 2).mean()

    return loss


Loss = Callable[[torch.nn.Module, list[Item]], Tensor]


def fit(
    name: str,
    model: torch.nn.Module,
    items: Sequence[Item],
    loss_of: Loss,
    rate: float,
    seed: int,
    say: Callable[[str], None],
    keep: Mapping[float, Callable[[], None]] | None = None,
) -> None:
    """Train in place on every item once; what `keep` has for a share of the steps is called after them."""
    todo = list(batches(items, random.Random(seed)))
    kept = {round(share * len(todo)): each for share, each in (keep or {}).items()}
    optimizers = optimizers_for(model, rate)
    model.train()
    start, done, smooth = time.monotonic(), 0, None
    for step, batch in enumerate(todo, 1):
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * min(step / 60, (len(todo) - step + 1) / len(todo))
        loss = loss_of(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        done += sum(len(item.ids) for item in batch)
        smooth = loss.item() if smooth is None else 0.97 * smooth + 0.03 * loss.item()
        if step in kept:
            kept[step]()
        if step % 50 == 0 or step == len(todo):
            seconds = time.monotonic() - start
            left = seconds / step * (len(todo) - step) / 60
            speed = f"{done / seconds:,.0f} tokens/s   {left:.1f} minutes left"
            say(f"{name:9} {step:5}/{len(todo)} steps   loss {smooth:.3f}   {speed}")
    model.eval()


def optimizers_for(model: torch.nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for embeddings, norms and heads."""
    named = list(model.named_parameters())
    inside = [weight for name, weight in named if ".layers." in name and weight.ndim == 2]
    outside = [weight for name, weight in named if not (".layers." in name and weight.ndim == 2)]
    adam = torch.optim.AdamW([{"params": outside, "peak": rate}], betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    return [Muon([{"params": inside, "peak": rate}]), adam]
