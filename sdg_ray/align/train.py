"""Train one stage, from the data to a model folder that engines serve.

    trained = train(Dpo(beta=0.1), Training(rate=1e-6), data="out/demo", model="out/sft", to="out/dpo", say=print)
    trained.table()                what was logged, first and last

Everything is in `to`: the model, complete when its config.json is there, `checkpoints` below it, and figures.json where
something was held out for validation. The same call goes on where a killed one was, with the weights it would have had;
after the end, it finds the model and does nothing. Workers that train one model together all call it.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from sdg_ray.align import checkpoints, models, together
from sdg_ray.align.blend import Blend
from sdg_ray.align.stage import Stage
from sdg_ray.align.steps import Steps
from sdg_ray.align.tokens import Examples, Tokens, tokens_of
from sdg_ray.align.trained import EVAL, Trained
from sdg_ray.align.trainer import Training
from sdg_ray.config import identity
from sdg_ray.engines.weights import versioned
from sdg_ray.errors import Refused

FIGURES = "figures.json"


def train(
    stage: Stage, training: Training, *, data: str | Blend, model: str, to: str, tokenizer: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Trained | None:  # fmt: skip
    """Train, or go on; None where the model is there already. `data` is one export, or a blend of several.

    Raises:
        Refused: model, tokenizer or data do not fit the stage or each other, or training met a NaN.
    """
    folder, kept = Path(to), Path(to) / "checkpoints"
    tokens = tokens_of(model, tokenizer)
    blend = data if isinstance(data, Blend) else Blend(folders=(data,))
    examples, held_out = (stage.examples(blend, split, tokens) for split in ("train", "validation"))
    _check_something(examples, blend)
    if models.finished(folder) and not kept.exists():
        raise Refused(f"to={to} has a model that was not trained there; choose another folder")
    arguments = training.arguments(kept)
    with arguments.main_process_first(local=False):
        settings = _settings(stage, training, examples, blend, model, tokenizer)
        checkpoints.begin(kept, settings, done=models.finished(folder))
        good = checkpoints.newest(kept)
    if models.finished(folder):
        return None
    _check_place(training, arguments)
    if training.threads:
        torch.set_num_threads(training.threads)
    loaded = stage.load(model, tokens, training.seed).to(arguments.device)
    items = stage.prepared(loaded, examples.items, kept, training.batch)
    asked = _held_out(stage, loaded, held_out.items, kept, training.batch)
    arguments.eval_on_start = bool(asked) and good is None
    steps = Steps(stage, loaded, items, asked, arguments, training.eval_every, say)
    trained = _run(steps, folder, good, examples, training.batch)
    _save(stage, steps, tokens, folder, model, training)
    return trained


def _run(steps: Steps, folder: Path, good: Path | None, examples: Examples, rows: int) -> Trained:
    """All steps that are still to be made, after those of the checkpoint `good`; and the figures at their end."""
    began = time.monotonic()
    steps.train(resume_from_checkpoint=str(good) if good else None)
    seconds = time.monotonic() - began
    figures = _figures(steps, rows)
    if together.number() == 0 and figures:
        checkpoints.write(folder / FIGURES, {"rows": _rows(steps.held_out), **figures})
    return Trained(
        folder=folder,
        rows=_rows(steps.items),
        packed=len(steps.items),
        left_out=examples.left_out,
        steps=steps.state.global_step,
        since=int(good.name.rpartition("-")[2]) if good else 0,
        tokens=sum(together.gathered(steps.tokens)),
        seconds=seconds,
        log=steps.state.log_history,
        figures=figures,
    )


def _held_out(stage: Stage, model: Any, items: Sequence[Any], kept: Path, rows: int) -> Sequence[Any]:
    """What is asked for validation; it may be another set than that of an earlier launch."""
    return stage.prepared(model, items, kept / f"validation-{_hash(items)}", rows) if items else []


def _figures(steps: Steps, rows: int) -> Mapping[str, float]:
    """What validation found after the last step, and what the stage measures besides."""
    if not steps.held_out:
        return {}
    asked = [line for line in steps.state.log_history if f"{EVAL}loss" in line]
    last = asked[-1] if asked and asked[-1]["step"] == steps.state.global_step else steps.evaluate()
    figures = {name.removeprefix(EVAL): value for name, value in last.items() if name.startswith(EVAL)}
    steps.model.eval()
    return figures | dict(steps.stage.measured(steps.model, steps.held_out, rows))


def _save(stage: Stage, steps: Steps, tokens: Tokens, folder: Path, like: str, training: Training) -> None:
    """The model, written by the first worker; one that is spread over all of them is put together first."""
    model = steps.model
    if training.fsdp:
        weights = steps.accelerator.get_state_dict(model)
        if together.number() == 0:
            model = stage.load(like, tokens, training.seed)
            model.load_state_dict(weights)
    if together.number() == 0:
        models.save(model, tokens, folder, like=like)
    together.wait()


def _rows(items: Sequence[Any]) -> int:
    """How many rows of the data the items are made of: a packed one has several."""
    return sum(len(item.names) for item in items)


def _check_something(examples: Examples, data: Blend) -> None:
    if not examples.items:
        why = ", ".join(f"{count:,} {reason}" for reason, count in examples.left_out.items())
        what = ", ".join(data.folders)
        raise Refused(f"data={what} has nothing to train on: {why or 'its set is empty'}; look at what was exported")


def _check_place(training: Training, arguments: Any) -> None:
    if arguments.n_gpu > 1:
        raise Refused("one process sees several GPUs: set workers=N for N of them, or CUDA_VISIBLE_DEVICES=0 for one")
    if training.fsdp and (together.count() == 1 or arguments.device.type == "cpu"):
        raise Refused(
            f"training.fsdp spreads a model over GPUs of several workers, and there is {together.count()} with "
            f"{arguments.device.type}: set workers=N worker.gpus=1, or fsdp=false"
        )


def _settings(
    stage: Stage, training: Training, examples: Examples, data: Blend, model: str, tokenizer: str | None
) -> Mapping[str, Any]:
    """All that decides about the weights in the end."""
    return {
        "stage": identity(stage),
        "training": identity(training),
        "model": versioned(model),
        "tokenizer": tokenizer,
        "replay": identity(data.replay),
        "workers": together.count() if together.count() > 1 else None,  # each has a batch of its own
        "data": {"rows": len(examples.items), "hash": _hash(examples.items)},
    }


def _hash(items: Sequence[Any]) -> str:
    """Of everything that is learnt, token by token; frozen dataclasses of plain values say all that they are."""
    digest = hashlib.blake2b(digest_size=12)
    for item in items:
        digest.update(repr(item).encode())
    return digest.hexdigest()
