"""Train one stage, from the data to a model folder that engines serve.

    trained = train(Dpo(beta=0.1), Training(rate=1e-6), data="out/demo", model="out/sft", to="out/dpo", say=print)
    trained.table()                what was logged, first and last

Everything is in `to`: the model, complete when its config.json is there, and `checkpoints` below it. The same call goes
on where a killed one was, with the weights it would have had; after the end, it finds the model and does nothing.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from sdg_ray.align import checkpoints, models
from sdg_ray.align.stage import Stage
from sdg_ray.align.tokens import Examples, tokens_of
from sdg_ray.align.trainer import Steps, Training
from sdg_ray.config import identity
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused

PLAIN = {"epoch", "step", "learning_rate"}  # of a line of the log, what is no figure of training


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a training; `log` has one mapping a line, over all launches, and the rest is of this launch."""

    folder: Path
    rows: int
    left_out: Counter[str]
    steps: int
    since: int  # the step of the checkpoint that it went on from
    tokens: int
    seconds: float
    log: Sequence[Mapping[str, float]]

    def table(self) -> Table:
        """The first and the last figure of everything that was logged."""
        lines = [line for line in self.log if "loss" in line]
        table = Table(box=box.SIMPLE_HEAD)
        for column in ("", "first", "last"):
            table.add_column(column, justify="right" if column else "left")
        for name in (name for name in lines[0] if name not in PLAIN):
            table.add_row(name, f"{lines[0][name]:.4g}", f"{lines[-1][name]:.4g}")
        table.add_row("step", f"{lines[0]['step']:,}", f"{lines[-1]['step']:,}")
        if self.seconds:
            table.add_row("tokens/s", "", f"{self.tokens / self.seconds:,.0f}")
        return table


def train(
    stage: Stage, training: Training, *, data: str, model: str, to: str, tokenizer: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Trained | None:  # fmt: skip
    """Train, or go on; None where the model is there already.

    Raises:
        Refused: model, tokenizer or data do not fit the stage or each other, or training met a NaN.
    """
    folder = Path(to)
    tokens = tokens_of(model, tokenizer)
    examples = stage.examples(data, "train", tokens)
    _check_something(examples, data)
    if models.finished(folder) and not (folder / "checkpoints").exists():
        raise Refused(f"to={to} has a model that was not trained there; choose another folder")
    checkpoints.begin(folder / "checkpoints", _settings(stage, training, examples, model, tokenizer))
    if models.finished(folder):
        return None
    arguments = training.arguments(folder / "checkpoints")
    if arguments.n_gpu > 1:
        raise Refused("one process sees several GPUs: start one for each with torchrun, or set CUDA_VISIBLE_DEVICES=0")
    loaded = stage.load(model, tokens, training.seed).to(arguments.device)
    items = stage.prepared(loaded, examples.items, folder / "checkpoints", training.batch)
    steps = Steps(stage, loaded, items, arguments, say)
    trained = _run(steps, folder, examples)
    models.save(steps.model, tokens, folder, like=model)
    return trained


def _run(steps: Steps, folder: Path, examples: Examples) -> Trained:
    """All steps that are still to be made."""
    good = checkpoints.newest(folder / "checkpoints")
    began = time.monotonic()
    steps.train(resume_from_checkpoint=str(good) if good else None)
    return Trained(
        folder=folder,
        rows=len(examples.items),
        left_out=examples.left_out,
        steps=steps.state.global_step,
        since=int(good.name.rpartition("-")[2]) if good else 0,
        tokens=steps.tokens,
        seconds=time.monotonic() - began,
        log=steps.state.log_history,
    )


def _check_something(examples: Examples, data: str) -> None:
    if not examples.items:
        why = ", ".join(f"{count:,} {reason}" for reason, count in examples.left_out.items())
        raise Refused(f"data={data} has nothing to train on: {why or 'its set is empty'}; look at what was exported")


def _settings(
    stage: Stage, training: Training, examples: Examples, model: str, tokenizer: str | None
) -> Mapping[str, Any]:
    """All that decides about the weights in the end."""
    return {
        "stage": identity(stage),
        "training": identity(training),
        "model": {"name": model, "files": _listing(model)},
        "tokenizer": tokenizer,
        "data": {"rows": len(examples.items), "hash": _hash(examples.items)},
    }


def _listing(model: str) -> Mapping[str, int]:
    """The sizes of a model's weights, where they are on this machine."""
    return {path.name: path.stat().st_size for path in sorted(Path(Vllm(name=model).folder).glob("*.safetensors"))}


def _hash(items: Sequence[Any]) -> str:
    """Of everything that is learnt, token by token; frozen dataclasses of plain values say all that they are."""
    digest = hashlib.blake2b(digest_size=12)
    for item in items:
        digest.update(repr(item).encode())
    return digest.hexdigest()
