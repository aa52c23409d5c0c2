"""Runs to export, and how tests export them: `written` makes one out of rows, `exported` types the job's command."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.export import main
from sdg_ray.command import command
from sdg_ray.record import PAIRS, PROMPT, PROMPT_ID, RESPONSES, SELECTION
from sdg_ray.store import Footer, Store, open_run

SCORES = pa.schema([("score_reward", pa.list_(pa.float32()))])
COLUMNS = {
    "prompts": PROMPT,
    "responses": RESPONSES,
    "reward": SCORES,
    "selection": SELECTION,
    "preferences": PAIRS,
}
SYSTEM = {"role": "system", "content": "Answer in one word."}


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def row(number: int, asked: str = "", **changed: Any) -> dict[str, Any]:
    """One prompt with three answers, of which the first two are kept and the first is preferred to the last."""
    origin = {name: None for name in ("source", "item", "template", "model", "seed", "own")}
    origin |= {"path": [], "licence": "Apache-2.0", "parents": []} | changed.pop("origin", {})
    answered = [
        {"model": model, "seed": i, "finish": "stop", "prompt_tokens": 4, "tokens": tokens, "error": None}
        for i, (model, tokens) in enumerate((("early", 5), ("late", 3), ("late", 2)))
    ]
    known = {
        "prompt_id": f"p{number:05d}",
        "shard": 0,
        "family": "open",
        "prompt": [said("user", asked or f"What is {number}?")],
        "reference": None,
        "origin": origin,
        "error": None,
        "responses": [[said("assistant", f"{word} {number}")] for word in ("right", "half right", "wrong")],
        "answered": answered,
        "score_reward": [3.5, 3.75, 1.25],
        "keep": [True, True, False],
        "reason": [None, None, "reward: below 3.0"],
        "pairs": [{"chosen": 0, "rejected": 2, "margin": 2.25, "by": "reward"}],
    }
    return known | changed


def written(
    root: Path | str, shards: Sequence[Sequence[Mapping[str, Any]]], steps: Sequence[str] = tuple(COLUMNS)
) -> Store:
    """The run `first`, finished, with these rows in its shards, through the store's own commit."""
    store = open_run(str(root), "first", {step: {"is": step} for step in steps})
    for number, rows in enumerate(shards):
        for step in steps:
            commit(store, step, number, rows)
    return store


def commit(store: Store, step: str, shard: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """One file of a run."""
    schema = COLUMNS[step] if step == "prompts" else pa.schema([PROMPT_ID, *COLUMNS[step]])
    table = pa.Table.from_pylist([{name: each[name] for name in schema.names} for each in rows], schema=schema)
    footer = Footer(attempt=f"{step} {shard}", began=0, ended=1, counts={"rows": len(rows), "errors": {}})
    asyncio.run(store.commit(step, shard, table, footer))


def exported(root: Path | str, to: Path | str, *settings: str, run: str = "first") -> int:
    """`python jobs/export.py` with these settings, to its end: the exit code."""
    typed = ["jobs/export.py", f"run={run}", f"root={root}", f"to={to}", *settings]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
        patch.setattr(sys, "argv", typed)
        command(main, None)
    assert isinstance(left.value.code, int)
    return left.value.code


def loaded(folder: Path, name: str | None = None) -> Any:
    """What `datasets.load_dataset` makes of an export: its splits."""
    from datasets import load_dataset

    return load_dataset(str(folder), name, cache_dir=str(folder.parent / "cache"))


def refusal(capsys: pytest.CaptureFixture[str], root: Path | str, to: Path | str, *settings: str) -> str:
    """The one sentence that an export is refused with."""
    capsys.readouterr()
    assert exported(root, to, *settings) == 2
    output = capsys.readouterr()
    lines = (output.out + output.err).strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("refused: "), lines
    return lines[0].removeprefix("refused: ")
