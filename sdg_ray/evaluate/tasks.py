"""What lm-eval knows of its tasks, and which of them cannot be measured here: all of it from files, no data is fetched.

check("gsm8k", 5, engine, include=None)        raises Refused where that cannot be
leaves("mmlu", index)                          {"mmlu_anatomy": {...}, ...}: the settings of a group's tasks
"""

import difflib
import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.errors import Refused, installed_by

OF_TEXT = "generate_until"  # what a task asks for where it only reads what a model writes


def manager(include: str | None) -> Any:
    """lm-eval's list of tasks, with those of the folder `include`.

    Raises:
        Refused: lm-eval is not installed, or there is no such folder.
    """
    if include is None:
        return _own()
    if not Path(include).is_dir():
        raise Refused(f"evaluation.include={include} is no folder; it should hold tasks as lm-eval reads them")
    index = dict(_own().task_index)
    from lm_eval.tasks import TaskManager

    found = TaskManager(include_path=include, include_defaults=False)
    for name, entry in index.items():
        found.task_index.setdefault(name, entry)
    return found


@cache
def _own() -> Any:
    """The tasks that lm-eval brings: thousands of files, which are read once."""
    with installed_by("evaluate"):
        from lm_eval.tasks import TaskManager
    logging.getLogger("lm_eval").setLevel(logging.CRITICAL)  # its errors repeat whole requests, with their key
    return TaskManager()


def check(name: str, shown: int | None, engine: Any, index: Mapping[str, Any]) -> None:
    """Raise `Refused` where there is no such task, or it cannot be done with this model."""
    at = f"evaluation.tasks.{name}"
    if name not in index:
        close = ", ".join(difflib.get_close_matches(name, index, 3, 0.5)) or "none like it"
        raise Refused(f"{at}: lm-eval {version('lm_eval')} has no such task; it has {close}")
    for task, says in leaves(name, index).items():
        if says.get("unsafe_code"):
            raise Refused(
                f"{at} runs code that the model writes, and would do so in this process; take humaneval, which runs it "
                "in the sandbox, or run lm-eval itself in a container of its own"
            )
        if shown and says.get("num_fewshot") == 0:
            raise Refused(f"{at}={shown} cannot be: {task} shows no examples; set it to 0")
        if isinstance(engine, Endpoint) and says.get("output_type", OF_TEXT) != OF_TEXT:
            raise Refused(
                f"{at} asks how likely given answers are, which no chat address tells; load the model here, or take a "
                "task that reads what is written, such as mmlu_generative"
            )


def leaves(name: str, index: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The settings of a task, or of all tasks of a group or tag, by name."""
    entry = index[name]
    if entry.cfg is None:
        return _of_all(sorted(entry.tags), index)
    if "group" in entry.cfg:
        return _of_all(entry.cfg.get("task") or [], index)
    return {name: entry.cfg}


def _of_all(members: list[Any], index: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {leaf: says for member in members for leaf, says in _of(member, index).items()}


def _of(member: Any, index: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The same of what a group lists: a name, or settings, which may themselves be a group."""
    if isinstance(member, str):
        return leaves(member, index) if member in index else {}
    if isinstance(member.get("task"), list):
        return _of_all(member["task"], index)
    name = member.get("group") or member["task"]
    return {leaf: {**says, **member} for leaf, says in _of(name, index).items()}
