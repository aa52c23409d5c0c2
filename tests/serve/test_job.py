"""The job that serves, as a person types it: two runs share its models, and make what a run with its own makes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.conftest import REPOSITORY
from tests.small import table

pytestmark = [pytest.mark.engine, pytest.mark.cluster]

FAMILIES = (  # beside the world's questions, what the model itself writes where a user's turn begins
    "+prompts@recipe.prompts.families.magpie=magpie",
    "recipe.prompts.families.magpie.quota=8",
    "recipe.prompts.families.world.quota=24",
    "recipe.prompts.writer._target_=sdg_ray.prompts.asking.Writer",
    "recipe.prompts.writer.engine=${model.generator}",
    "recipe.prompts.writer.sampling._target_=sdg_ray.engines.Sampling",
    "recipe.prompts.writer.sampling.max_tokens=60",
)
SMALL = (
    "cluster=local",
    "recipe.prompts.shards=2",
    "recipe.prompts.rows=16",
    "recipe.responses.sampling.max_tokens=80",
    *FAMILIES,
)
LIMIT = 300.0  # seconds for the models to be ready


def generate(root: Path, *settings: str) -> subprocess.Popen[str]:
    """`python jobs/generate.py` with these settings, started."""
    command = [sys.executable, "jobs/generate.py", f"root={root}", *settings, *SMALL]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended_well(job: subprocess.Popen[str]) -> None:
    said, _ = job.communicate(timeout=300)
    assert job.returncode == 0, said


class Serving:
    """`python jobs/serve.py`, and what it has said so far."""

    def __init__(self, log: Path, port: int) -> None:
        self.log, self.port = log, port
        command = [sys.executable, "jobs/serve.py", "only=[generator,reward]", f"port={port}"]
        with log.open("w") as out:
            self.job = subprocess.Popen(command, cwd=REPOSITORY, stdout=out, stderr=subprocess.STDOUT, env=_outside())

    @property
    def said(self) -> str:
        return self.log.read_text()

    def command(self) -> list[str]:
        """The settings of a run that uses the models, as the job prints them when all are ready."""
        until = time.monotonic() + LIMIT
        while "Ctrl-C ends it" not in self.said:
            assert self.job.poll() is None and time.monotonic() < until, self.said
            time.sleep(0.2)
        (line,) = (line for line in self.said.splitlines() if line.startswith("python jobs/generate.py "))
        return line.split()[2:]


def _outside() -> dict[str, str]:
    """The environment of somebody who has no Ray."""
    return {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}


@pytest.fixture
def serving(tmp_path: Path, free_port: int) -> Iterator[Serving]:
    running = Serving(tmp_path / "said", free_port)
    yield running
    if running.job.poll() is None:
        running.job.send_signal(signal.SIGTERM)
        running.job.wait(120)


def answers(root: Path, run: str, shard: int) -> list[Any]:
    """What was answered, but for the tokens of each candidate: a server counts those of a prompt together."""
    rows = table(root, run, "responses", shard).to_pylist()
    told = [[{**each, "tokens": None} for each in row["answered"]] for row in rows]
    return [(row["prompt_id"], row["responses"], each) for row, each in zip(rows, told, strict=True)]


def scores(rewards: pa.Table) -> list[float]:
    """All parts of all rewards, in their order."""
    return [value for row in rewards["parts_reward"].to_pylist() for parts in row for value in parts.values()]


def test_two_runs_share_served_models_and_make_what_a_run_with_its_own_makes(serving: Serving, tmp_path: Path) -> None:
    ended_well(generate(tmp_path, "run=here"))
    settings = [word for word in serving.command() if word != "run=NAME"]
    for job in [generate(tmp_path, f"run={name}", *settings) for name in ("one", "two")]:
        ended_well(job)
    for shard in range(2):
        for run in ("one", "two"):
            prompts, rewards = (
                [table(tmp_path, each, step, shard) for each in ("here", run)] for step in ("prompts", "reward")
            )
            assert prompts[0].equals(prompts[1]) and set(prompts[0]["family"].to_pylist()) == {"world", "magpie"}
            assert prompts[0]["error"].null_count == prompts[0].num_rows
            assert answers(tmp_path, run, shard) == answers(tmp_path, "here", shard)
            assert scores(rewards[0]) == pytest.approx(scores(rewards[1]), abs=1e-5)  # batches differ: the last bits do
    ready = [line for line in serving.said.splitlines() if " ready after " in line]
    assert {line.split()[1] for line in ready} == {
        f"http://127.0.0.1:{serving.port}{path}" for path in ("/v1", "/reward/v1")
    }
    serving.job.send_signal(signal.SIGTERM)
    assert serving.job.wait(120) == 0 and serving.said.endswith("ended\n")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", serving.port)) != 0
