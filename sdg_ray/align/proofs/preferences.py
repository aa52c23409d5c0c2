"""DPO against RPO on equal data: right answers, instructions followed, and what becomes of the chosen answers."""

from dataclasses import replace
from pathlib import Path

from sdg_ray.align.proofs import Measured, Proof
from sdg_ray.align.proofs.made import figure, last, pocket, right, student
from sdg_ray.align.rounds import Task

WAYS = {  # the rate and the weights of conf/align.yaml, and DPO as it was before it had an NLL term
    "dpo": ("stage=dpo", "stages.dpo.loss.nll=0"),
    "dpo-nll": ("stage=dpo",),
    "rpo": ("stage=rpo",),
    "rpo-forward": ("stage=rpo", "stages.rpo.loss.distance=forward_kl"),
    "rpo-squared": ("stage=rpo", "stages.rpo.loss.distance=squared"),
    "dpo-fast": ("stage=dpo", "stages.dpo.loss.nll=0", "stages.dpo.training.rate=2e-4"),
    "rpo-fast": ("stage=rpo", "stages.rpo.training.rate=2e-4"),
}
RIGHT, FOLLOWED, MOVED = "right", "form followed", "chosen moved, nats"


def tasks(seed: int, to: Path) -> list[Task]:
    """An SFT student of the early Instruct, trained on the same pairs in each way."""
    plain, below = pocket(seed), to / "preferences"
    first = below / "round-1"
    made = replace(plain, stages={"sft": plain.stages["sft"]}).tasks(1, below)
    for name, typed in WAYS.items():
        made += student(name, (*typed, "threads=1"), str(first / "sft"), first / "data", below, seed)
    return made


def measured(seed: int, to: Path) -> Measured:
    """Right answers, instructions followed, and how far the likelihood of chosen answers has moved, in nats."""
    below = to / "preferences"
    found = {f"sft: {RIGHT}": right(below / "round-1"), f"sft: {FOLLOWED}": figure(below / "round-1", "form")}
    for name in WAYS:
        found[f"{name}: {RIGHT}"] = right(below / name)
        found[f"{name}: {FOLLOWED}"] = figure(below / name, "form")
        found[f"{name}: {MOVED}"] = last(below / name, "chosen_moved")
    for how in ("", "-fast"):
        for what in (RIGHT, FOLLOWED, MOVED):
            found[f"rpo{how} less dpo{how}: {what}"] = found[f"rpo{how}: {what}"] - found[f"dpo{how}: {what}"]
    return found


PROOF = Proof(title="DPO against RPO on the same pairs", tasks=tasks, measured=measured)
