"""Checkpoints: complete by their last file, and begun again only with the settings that they were begun with.

    begin(folder, settings)            checkpoints/settings.json; refused where another training has begun there
    commit(folder / "checkpoint-50")   writes complete.json, last: the names and sizes of all other files
    newest(folder)                     the last complete one, once those that are not are out of the way

A kill leaves either a checkpoint with its last file or one without, and that is put aside.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdg_ray.config import differences
from sdg_ray.errors import Refused

LAST, SETTINGS = "complete.json", "settings.json"


def begin(folder: Path, settings: Mapping[str, Any], done: bool = False) -> None:
    """Write down what is trained. Where something else was begun but never came to a checkpoint, it gives way.

    Raises:
        Refused: something else has come to a checkpoint there, or to its end, which `done` says.
    """
    file = folder / SETTINGS
    if file.exists() and (changed := differences(json.loads(file.read_text()), json.loads(json.dumps(settings)))):
        if done or newest(folder):
            told = min(changed, key=lambda line: line.startswith("data"))  # what follows from another setting is last
            raise Refused(
                f"{folder.parent} was begun with other settings: {told}; choose another place with to=..., or "
                "the settings it was begun with"
            )
        shutil.rmtree(folder)
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write(file, settings)


def commit(checkpoint: Path) -> None:
    """Say that a checkpoint is complete."""
    write(checkpoint / LAST, {"files": _sizes(checkpoint)})


def newest(folder: Path) -> Path | None:
    """The complete checkpoint of the latest step, if there is one. Incomplete ones are deleted.

    Raises:
        Refused: a file of it is not as it was written.
    """
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    for path in found:
        if not (path / LAST).exists():
            shutil.rmtree(path)
    complete = [path for path in found if path.exists()]
    if complete:
        _check(complete[-1])
    return complete[-1] if complete else None


def _check(checkpoint: Path) -> None:
    there = _sizes(checkpoint)
    for name, size in json.loads((checkpoint / LAST).read_text())["files"].items():
        if there.get(name) != size:
            raise Refused(
                f"{checkpoint} is damaged: {name} has {there.get(name, 0):,} bytes, not {size:,}; delete the folder, "
                "and training goes on from the checkpoint before it"
            )


def _sizes(checkpoint: Path) -> dict[str, int]:
    files = (path for path in sorted(checkpoint.rglob("*")) if path.is_file() and path.name != LAST)
    return {str(path.relative_to(checkpoint)): path.stat().st_size for path in files}


def write(file: Path, content: Mapping[str, Any]) -> None:
    """Write a file of JSON, whole or not at all."""
    unfinished = file.with_name(f".{file.name}")
    unfinished.write_text(json.dumps(content, indent=1))
    os.replace(unfinished, file)
