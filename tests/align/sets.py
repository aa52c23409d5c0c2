"""Exports to train on, written by the job that writes them, and what tests ask of training."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sdg_ray.align.tokens import Tokens, tokens_of
from tests.export.runs import exported, row, said, written

DIALOGUE = {
    "prompt": [said("system", "Be brief."), said("user", "Hello?"), said("assistant", "Hello!"), said("user", "Why?")],
    "responses": [[said("assistant", f"{word}."), said("user", "So?"), said("assistant", f"{word} é 👋!")]
                  for word in ("Yes", "Well", "No")],
}  # fmt: skip


def export_of(folder: Path, *settings: str, rows: Sequence[Mapping[str, Any]] | None = None) -> str:
    """An export of seven prompts with one answer each, and a dialogue; or of these rows."""
    rows = rows or [*(row(number) for number in range(7)), row(7, **DIALOGUE)]
    written(folder / "runs", [rows])
    assert exported(folder / "runs", folder / "out", "validation=0", *(settings or ("format=trl",))) == 0
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
