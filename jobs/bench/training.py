"""How much of a model's training speed is left in a stage: the same steps in a bare PyTorch loop, and as jobs/align.py.

    python jobs/bench/training.py
    python jobs/bench/training.py model=FOLDER pairs=1 threads=8

    model=pocket/base   a folder, a name of the hub, or pocket/...
    pairs=3             how often both are run, alternating
    steps=41            of which the first is not counted
    threads=1           of torch, the same for both

Both have the model, the batches, AdamW and the clipping of the other; the bare loop is what one writes who needs the
weights alone: no log, no checkpoint, no look at what is no number. Tokens are those of rows, without padding. What is
counted begins with the end of the first step; of the stage the log is a part of it, and the checkpoint at its end not.
"""

import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.pocket import world

TARGET = 0.9
BATCH = {"sft": 4, "dpo": 16}
DEFAULTS = {"model": "pocket/base", "pairs": 3, "steps": 41, "threads": 1}
Took = tuple[float, float]
"""Seconds by the clock, and of the processor."""


def main(arguments: Sequence[str], console: Console) -> int:
    """Both stages, and a table of their ratios."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    options = typed(arguments, **DEFAULTS)
    torch.set_num_threads(options["threads"])
    disable_progress_bar()
    table = Table(title=f"{options['model']}, {options['threads']} threads", box=box.SIMPLE_HEAD)
    for name in ("stage", "bare tokens/s", "stage tokens/s", "ratio", "ratio of processor time"):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory(prefix="training-") as folder:
        write_sets(Path(folder), options["steps"])
        ratios = [measured(of, Path(folder), options, table) for of in BATCH]
    console.print(table)
    for of, ratio in zip(BATCH, ratios, strict=True):
        console.print(f"{of}: median of the ratios {ratio:.3f}, aimed at {TARGET}")
    return 0


def measured(of: str, folder: Path, options: dict[str, Any], table: Table) -> float:
    """Every pair of one stage as a row of the table; the median ratio."""
    from sdg_ray.align.blend import Blend
    from sdg_ray.align.dpo import Dpo
    from sdg_ray.align.sft import Sft
    from sdg_ray.align.tokens import tokens_of

    stage: Any = {"sft": Sft(), "dpo": Dpo()}[of]
    tokens = tokens_of(options["model"], None)
    items = stage.examples(Blend(folders=(str(folder),)), "train", tokens).items[: options["steps"] * BATCH[of]]
    assert len(items) == options["steps"] * BATCH[of], "too few rows were written"
    mean = sum(map(len, items)) / options["steps"]  # tokens of a step, for both see every item once
    speeds = []
    for number in range(options["pairs"]):
        bare = bare_loop(of, stage, items, tokens, options)
        ours = as_a_stage(of, stage, items, folder / f"{of}-{number}", options)
        counted = mean * (options["steps"] - 1)
        speeds.append(bare[0] / ours[0])
        table.add_row(of, f"{counted / bare[0]:,.0f}", f"{counted / ours[0]:,.0f}", f"{speeds[-1]:.3f}",
                      f"{bare[1] / ours[1]:.3f}")  # fmt: skip
    return median(speeds)


def as_a_stage(of: str, stage: Any, items: Sequence[Any], folder: Path, options: dict[str, Any]) -> Took:
    """The steps as jobs/align.py makes them, with the log and the checkpoints of its defaults."""
    from sdg_ray.align.models import causal
    from sdg_ray.align.steps import Steps
    from sdg_ray.align.tokens import tokens_of
    from sdg_ray.align.trainer import Training

    seen: list[Took] = []
    model = causal(options["model"], tokens_of(options["model"], None), 0)
    training = Training(rate=1e-5, batch=BATCH[of])
    known = stage.prepared(model, items, folder, BATCH[of])
    steps = Steps(stage, model, known, [], training.arguments(folder), 0, lambda line: seen.append(now()))
    steps.train()
    logged = options["steps"] // training.log_every * training.log_every
    return took(seen[0], seen[-1], logged - 1, options["steps"] - 1)


def bare_loop(of: str, stage: Any, items: Sequence[Any], tokens: Any, options: dict[str, Any]) -> Took:
    """The same steps without anything around them."""
    import torch

    from sdg_ray.align.models import causal
    from sdg_ray.align.reference import referenced

    model = causal(options["model"], tokens, 0)
    if of == "dpo":
        with tempfile.TemporaryDirectory() as kept:
            items = referenced(model, items, Path(kept), BATCH[of])
    loss: Callable[[Any, Any], Any] = {"sft": sft_loss, "dpo": dpo_loss}[of]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.98))
    order = torch.randperm(len(items), generator=torch.Generator().manual_seed(0)).tolist()
    model.train()
    seen: list[Took] = []
    for begin in range(0, len(items), BATCH[of]):
        batch = stage.batch([items[number] for number in order[begin : begin + BATCH[of]]], 0)
        loss(model, batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seen.append(now())
    return took(seen[0], seen[-1], 1, 1)


def sft_loss(model: Any, batch: Any) -> Any:
    """Cross-entropy of what is told."""
    from torch.nn.functional import cross_entropy

    logits = model(input_ids=batch["input_ids"], position_ids=batch.get("position_ids"), use_cache=False).logits
    labels = batch["input_ids"].masked_fill(~batch["told"], -100)
    return cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())


def dpo_loss(model: Any, batch: Any) -> Any:
    """The sigmoid loss of DPO at 0.1, the chosen answers in the first half of the rows."""
    from torch.nn.functional import logsigmoid

    logits = model(input_ids=batch["input_ids"], use_cache=False).logits[:, :-1].log_softmax(-1)
    said = logits.gather(-1, batch["input_ids"][:, 1:, None]).squeeze(-1) * batch["told"][:, 1:]
    chosen, rejected = (said.sum(-1) - batch["reference"].flatten()).chunk(2)
    return -logsigmoid(0.1 * (chosen - rejected)).mean()


def now() -> Took:
    """By the clock, and of the processor."""
    return time.monotonic(), time.process_time()


def took(first: Took, last: Took, between: int, counted: int) -> Took:
    """From one to the other, for as many steps as are counted of those between them."""
    clock, processor = (ended - began for began, ended in zip(first, last, strict=True))
    return clock * counted / between, processor * counted / between


def write_sets(folder: Path, steps: int) -> None:
    """Conversations and pairs of the pocket world, enough for the steps of both stages."""
    chance = random.Random(0)
    asked = [world.question(world.KINDS[n % len(world.KINDS)], chance, held_out=False) for n in range(steps * 150)]
    chats = [[{"role": role, "content": content} for role, content in each.messages] for each in asked]
    answers = [[{"role": "assistant", "content": each.answer}] for each in asked]
    rows = {"sft": [{"messages": chat + answer} for chat, answer in zip(chats, answers, strict=True)],
            "preference": [{"prompt": chat, "chosen": answer, "rejected": answers[number - 1]}
                           for number, (chat, answer) in enumerate(zip(chats, answers, strict=True))]}  # fmt: skip
    for of, lines in rows.items():
        (folder / of).mkdir()
        (folder / of / "train-0.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    command(main, __doc__)
