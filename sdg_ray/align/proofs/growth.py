"""Weak to strong: is a student better than its teacher, round after round?"""

from dataclasses import replace
from pathlib import Path

from sdg_ray.align.proofs import Measured, Proof
from sdg_ray.align.proofs.made import EVERYTHING, pocket, right, student, written
from sdg_ray.align.rounds import Task

ROUNDS = 3


def tasks(seed: int, to: Path) -> list[Task]:
    """A first teacher from the early base and little data, as people might have written it; then the rounds."""
    plain, below = pocket(seed), to / "growth"
    sft, begun = plain.stages["sft"], below / "begun" / "data"
    taught, _ = student("teacher", sft, "pocket/base_early", begun, below, seed)
    bases = ("pocket/base_middle", "pocket/base")
    asked = [*plain.generate, "recipe.prompts.families.world.quota=1500"]
    rounds = replace(plain, teacher=str(below / "teacher"), bases=bases, generate=asked).tasks(ROUNDS, below)
    return [*written("begun", EVERYTHING, 300, below, seed), taught, *rounds]


def measured(seed: int, to: Path) -> Measured:
    """The first teacher, every student, and how much better each is than its teacher."""
    of = [right(to / "growth" / f"round-{number}") for number in range(ROUNDS + 1)]
    students = {f"student of round {number}": of[number] for number in range(1, ROUNDS + 1)}
    gains = {f"student less teacher, round {n}": of[n] - of[n - 1] for n in range(1, ROUNDS + 1)}
    return {"first teacher": of[0]} | students | gains


PROOF = Proof(title="weak to strong: right answers", tasks=tasks, measured=measured)
