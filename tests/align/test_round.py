"""A whole round with real engines, and the same killed again and again: the student is the same, bit by bit."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sdg_ray.align.growth import growth
from sdg_ray.align.rounds import Rounds
from sdg_ray.config import build, compose
from tests.chaos.seed import AGAIN, SEED
from tests.conftest import REPOSITORY

SMALL = (
    'align.generate=["recipe=rounds","model=pocket","cluster=local","recipe.prompts.families.world.quota=48",'
    '"recipe.prompts.rows=16"]',
    'align.evaluate=["on=world","recipe.prompts.families.world.quota=16","recipe.responses.n=1"]',
    "align.teacher=pocket/instruct",
    'align.stages={sft: ["stage=sft","stages.sft.loss.longest=256","threads=1","+stages.sft.training.save_every=5"],'
    'rpo: ["stage=rpo","stages.rpo.training.batch=4","threads=1"]}',
)


def command(to: Path) -> list[str]:
    return [sys.executable, "jobs/align.py", "rounds=1", "model=pocket", f"to={to}", *SMALL]


def whole(to: Path) -> str:
    done = subprocess.run(command(to), cwd=REPOSITORY, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def killed(to: Path, seconds: float) -> None:
    """Begin, or go on, and kill the loop alone: its jobs have to end with it."""
    loop = subprocess.Popen(command(to), cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        loop.wait(seconds)
    except subprocess.TimeoutExpired:
        os.kill(loop.pid, signal.SIGKILL)
        loop.wait()


@pytest.mark.engine
@pytest.mark.chaos
def test_round_that_is_killed_ends_with_the_same_student(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    said = whole(tmp_path / "one")
    for _ in range(2):
        killed(tmp_path / "two", chance.uniform(12, 45))
    whole(tmp_path / "two")
    students = [(tmp_path / each / "round-1" / "rpo" / "model.safetensors").read_bytes() for each in ("one", "two")]
    assert students[0] == students[1], AGAIN
    assert "pocket/base " in said and "(pocket/instruct)" in said
    rounds = build(compose("rounds", ["rounds=1", *SMALL]).align)
    assert isinstance(rounds, Rounds)
    assert growth(rounds, 1, tmp_path / "two").row_count == 2
    assert not whole(tmp_path / "two").count(" s\n"), "something was done again"
