"""Code and general talk one after the other, as published, or mixed; with replay of the code and without."""

from pathlib import Path

from sdg_ray.align.proofs import Measured, Proof
from sdg_ray.align.proofs.made import EVERYTHING, figure, right, student, written
from sdg_ray.align.rounds import Task

ASKED = {"code": ("[python]", 300), "general": (EVERYTHING.replace("python,", ""), 1500)}
LEARNT = (  # the same for all, so that only the order differs
    "stages.{}.loss.longest=256", "stages.{}.training.rate=1e-3", "stages.{}.training.batch=16",
    "stages.{}.training.epochs=4", "threads=1",
)  # fmt: skip


def tasks(seed: int, to: Path) -> list[Task]:
    """Code and general talk by Instruct; then one stage after the other, with replay and without, and both at once."""
    below = to / "code"
    made = [task for name, (kinds, quota) in ASKED.items() for task in written(name, kinds, quota, below, seed)]
    code, general = (below / name / "data" for name in ASKED)
    first = student("code", _learnt("code"), "pocket/base", code, below, seed)
    after = str(below / "code")
    staged = student("staged", _learnt("general"), after, general, below, seed)
    replayed = (*_learnt("general"), f"replay.data={code}")
    both = f"[{code},{general}]"
    return [
        *made, *first, *staged, *student("staged-replay", replayed, after, general, below, seed),
        *student("mixed", _learnt("sft"), "pocket/base", both, below, seed),
    ]  # fmt: skip


def measured(seed: int, to: Path) -> Measured:
    """Python and everything, after each way."""
    ways = ("code", "staged", "staged-replay", "mixed")
    python = {f"{name}: right, Python": figure(to / "code" / name, "right: python") for name in ways}
    return python | {f"{name}: right": right(to / "code" / name) for name in ways}


def _learnt(stage: str) -> tuple[str, ...]:
    return (f"stage={stage}", *(each.format(stage) for each in LEARNT))


PROOF = Proof(title="code and general: staged or mixed", tasks=tasks, measured=measured)
