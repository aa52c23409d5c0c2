"""Reward model, judge and rubric on pairs whose truth is known: whose have the right answer first?"""

import asyncio
import math
from pathlib import Path

from sdg_ray.align.proofs import Measured, Proof
from sdg_ray.align.rounds import Task
from sdg_ray.judges.agreement import Agreement, agreement, sides
from sdg_ray.store import reopen


def tasks(seed: int, to: Path) -> list[Task]:
    """Questions of the world that three models answer, and everybody's opinion of the answers."""
    asked = ("recipe=judged", "generators=three", "model=pocket", "cluster=local", f"recipe.prompts.seed={seed}")
    run = ("run=judged", f"root={to / 'judges'}")
    return [
        Task(name="judged", job="generate", arguments=(*asked, *run), after=(), made=to / "judges/judged/report.html")
    ]


def measured(seed: int, to: Path) -> Measured:
    """Of the pairs that each would make, how many there are, and how often the right answer is first."""
    store = reopen(str(to / "judges"), "judged")
    lines: dict[str, float] = {}
    for each in asyncio.run(agreement(store, asyncio.run(sides(store)))):
        apart = each.own["right"] + each.own["wrong"]
        lines[f"{each.name}: pairs that truth tells apart"] = apart
        lines[f"{each.name}: right first"] = each.own["right"] / apart if apart else math.nan
        lines[f"{each.name}: right first, of all pairs"] = _credit(each)
    return lines


def _credit(of: Agreement) -> float:
    """Of every right answer against every wrong one; what is undecided counts a half."""
    return (of.same["right"] + (of.same["tie"] + of.same["untold"]) / 2) / of.same.total()


PROOF = Proof(title="reward model, judge and rubric", tasks=tasks, measured=measured)
