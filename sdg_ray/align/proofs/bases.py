"""What a later base and a better teacher's data bring by themselves: two bases by two teachers' data."""

import statistics
from pathlib import Path

from sdg_ray.align.proofs import Measured, Proof, growth
from sdg_ray.align.proofs.made import pocket, right, student
from sdg_ray.align.rounds import Task

BASES, ROUNDS = ("base_early", "base"), (1, 3)


def tasks(seed: int, to: Path) -> list[Task]:
    """Two bases, each by SFT on the data of the first round of `growth` and on that of its third."""
    made, sft = growth.tasks(seed, to), pocket(seed).stages["sft"]
    for base in BASES:
        for number in ROUNDS:
            data = to / "growth" / f"round-{number}" / "data"
            made += student(f"{base}-{number}", sft, f"pocket/{base}", data, to / "bases", seed)
    return made


def measured(seed: int, to: Path) -> Measured:
    """The four, and what a later base and the student's data bring by themselves."""
    of = {(base, number): right(to / "bases" / f"{base}-{number}") for base in BASES for number in ROUNDS}
    lines = {f"{base} on data of round {number}": value for (base, number), value in of.items()}
    later = statistics.fmean(of["base", number] - of["base_early", number] for number in ROUNDS)
    better = statistics.fmean(of[base, 3] - of[base, 1] for base in BASES)
    return lines | {"later base, same data": later, "a later teacher's data, same base": better}


PROOF = Proof(title="base by data: right answers", tasks=tasks, measured=measured)
