"""Generation after generation on what the one before wrote: data accumulated or replaced, filtered or not."""

from dataclasses import replace
from pathlib import Path

from sdg_ray.align.proofs import Measured, Proof
from sdg_ray.align.proofs.made import figure, in_turn, pocket, right
from sdg_ray.align.rounds import Rounds, Task

GENERATIONS = 4
UNFILTERED = ("~recipe.selection.filters.world",)
WAYS = {
    "accumulate-filtered": ("accumulate", ()),
    "accumulate-unfiltered": ("accumulate", UNFILTERED),
    "replace-filtered": ("replace", ()),
    "replace-unfiltered": ("replace", UNFILTERED),
}


def tasks(seed: int, to: Path) -> list[Task]:
    """Four generations in each of four ways, from the same teacher and on the same base; two of them are measured."""
    ways = {name: _generations(name, seed).tasks(GENERATIONS, to / "collapse" / name) for name in WAYS}
    between = {f"round-{number} evaluate" for number in (0, *range(2, GENERATIONS))}
    kept = {name: [task for task in each if task.name not in between] for name, each in ways.items()}
    return [task for name, each in kept.items() for task in in_turn(name, each)]


def measured(seed: int, to: Path) -> Measured:
    """Right answers and diversity of the first and the last generation."""
    found = {}
    for name in WAYS:
        for number in (1, GENERATIONS):
            folder = to / "collapse" / name / f"round-{number}"
            found[f"{name}, generation {number}: right"] = right(folder)
            found[f"{name}, generation {number}: distinct-2"] = figure(folder, "distinct-2")
    return found


def _generations(name: str, seed: int) -> Rounds:
    keep, more = WAYS[name]
    small = ["recipe.prompts.families.world.quota=300", "recipe.responses.n=2", *more]
    plain = pocket(seed)
    learnt = [*plain.stages["sft"], "stages.sft.training.batch=4"]  # what a filter leaves has to be enough steps
    return replace(plain, keep=keep, generate=[*plain.generate, *small], stages={"sft": learnt})


PROOF = Proof(title="accumulate against replace", tasks=tasks, measured=measured)
