"""What the proofs are made of: data that a model writes, a student that is trained on it, and its figures."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from sdg_ray.align import checkpoints
from sdg_ray.align.rounds import CARD, FIGURES, MODEL, Rounds, Task
from sdg_ray.config import build, compose
from sdg_ray.errors import Refused
from sdg_ray.evaluate import figures

EVERYTHING = "[fact,arithmetic,list,string,python,format,document,dialogue]"


def pocket(seed: int) -> Rounds:
    """conf/alignment/pocket.yaml with another seed."""
    rounds = build(compose("rounds", ["rounds=1", f"align.seed={seed}"]).align)
    assert isinstance(rounds, Rounds)
    return rounds


def in_turn(name: str, tasks: Sequence[Task]) -> list[Task]:
    """The tasks under the name of what they belong to, each after the one before."""
    named = [replace(task, name=f"{name} {task.name}") for task in tasks]
    return named[:1] + [replace(task, after=(before.name,)) for before, task in pairwise(named)]


def written(name: str, kinds: str, quota: int, below: Path, seed: int) -> list[Task]:
    """What Instruct answers to some kinds of questions, and its export in `below`/`name`/data."""
    world = f"recipe.prompts.families.world.kinds={kinds}", f"recipe.prompts.families.world.quota={quota}"
    run = f"run={name}", f"root={below / 'runs'}"
    data = below / name / "data"
    asked = ("recipe=rounds", "model=pocket", "cluster=local", *world, *run, f"recipe.prompts.seed={seed}")
    wanted = ("by=world", "sft=all_kept", "validation=0", *run, "format=trl", f"to={data}")
    return [
        Task(name=f"generate {name}", job="generate", arguments=asked, after=(), made=data / CARD),
        Task(name=f"export {name}", job="export", arguments=wanted, after=(), made=data / CARD),
    ]


def student(name: str, typed: Sequence[str], model: str, data: Path | str, below: Path, seed: int) -> list[Task]:
    """A model trained in one stage, in `below`/`name`, and its evaluation."""
    folder, stage = below / name, typed[0].removeprefix("stage=")
    arguments = (*typed, f"stages.{stage}.training.seed={seed}", f"data={data}", f"model={model}", f"to={folder}")
    to = folder / "evaluation"
    return [
        Task(name=f"{below.name} {name}", job="align", arguments=arguments, after=(), made=folder / MODEL),
        Task(name=f"{below.name} {name} evaluate", job="evaluate", after=(), made=to / FIGURES,
             arguments=("on=world", f"model={folder}", f"to={to}")),
    ]  # fmt: skip


def right(folder: Path) -> float:
    """The share of right answers of the model in a folder, 0 to 1."""
    return figure(folder, "right")


def figure(folder: Path, name: str) -> float:
    """One figure of the evaluation of the model in a folder."""
    return next(each.value for each in figures(folder / "evaluation") if each.name == name)


def last(folder: Path, name: str) -> float:
    """The last value of what the training in a folder has logged.

    Raises:
        Refused: its checkpoints are gone.
    """
    newest = checkpoints.newest(folder / "checkpoints")
    if newest is None:
        raise Refused(f"{folder} has no checkpoint to read {name} from; delete the folder, and it is trained again")
    log = json.loads((newest / "trainer_state.json").read_text())["log_history"]
    return float([line[name] for line in log if name in line][-1])
