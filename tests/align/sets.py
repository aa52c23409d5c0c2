"""Exports to train on, written by the job that writes them, and what tests ask of training."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sdg_ray.align.blend import Blend
from sdg_ray.align.tokens import Tokens, tokens_of
from sdg_ray.align.train import train
from sdg_ray.align.trained import Trained
from sdg_ray.align.trainer import Training
from tests.export.runs import exported, row, said, written

SHORT = Training(rate=1e-3, epochs=2, batch=2, accumulate=2, warmup=1, save_every=1, log_every=1)
DIALOGUE = {
    "prompt": [said("system", "Be brief."), said("user", "Hello?"), said("assistant", "Hello!"), said("user", "Why?")],
    "responses": [[said("assistant", f"{word}."), said("user", "So?"), said("assistant", f"{word} é 👋!")]
                  for word in ("Yes", "Well", "No")],
}  # fmt: skip


def export_of(folder: Path, *settings: str, rows: Sequence[Mapping[str, Any]] | None = None) -> str:
    """An export of seven prompts with one answer each, and a dialogue; or of these rows."""
    rows = rows or [*(row(number) for number in range(7)), row(7, **DIALOGUE)]
    written(folder / "runs", [rows])
    assert exported(folder / "runs", folder / "out", "validation=0", "format=trl", *settings) == 0
    return str(folder / "out")


def graded(file: Path, rows: Sequence[Mapping[str, Any]] | None = None) -> str:
    """Rows like those of HelpSteer2, twelve or these."""
    made = rows or [
        {"prompt": f"What is {n}?", "response": f"It is {n}.", "helpfulness": n % 5, "correctness": (n * 2) % 5,
         "coherence": 4, "complexity": None if n % 2 else 1, "verbosity": 1}
        for n in range(12)
    ]  # fmt: skip
    file.write_text("".join(json.dumps(each) + "\n" for each in made))
    return str(file)


@cache
def pocket_tokens() -> Tokens:
    """The tokenizer of the pocket models."""
    return tokens_of("pocket/base", None)


class Killed(Exception):
    """What a kill is to these tests: training ends here, at once."""


def killed_at(step: int) -> Callable[[str], None]:
    """For `say`: an end when this step is told of, before its checkpoint is written."""

    def say(line: str) -> None:
        if line.startswith(f"step {step} ") and "validation" not in line:
            raise Killed

    return say


def of(*folders: str, **how: Any) -> Blend:
    """Exports, as a stage reads them."""
    return Blend(folders=folders, **how)


def trained(stage: Any, data: str | Blend, to: Path, training: Training = SHORT, **more: Any) -> Trained:
    """What comes of a training that is not done yet."""
    made = train(stage, training, data=data, to=str(to), **({"model": "pocket/base"} | more))
    assert made is not None
    return made


def logged(made: Trained, name: str) -> list[float]:
    """A figure of every line of the log that has it."""
    return [line[name] for line in made.log if name in line]
