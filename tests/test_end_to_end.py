"""The main job as a person types it, with the pocket models on real vLLM."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow.dataset
import pytest

from tests.conftest import REPOSITORY
from tests.small import STEPS, table

pytestmark = pytest.mark.engine

SMALL = ("recipe.prompts.shards=2", "recipe.prompts.rows=16", "recipe.responses.sampling.max_tokens=80")


def generate(*settings: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """`python jobs/generate.py` with these settings, to its end."""
    command = [sys.executable, str(REPOSITORY / "jobs/generate.py"), *settings]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def made_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run made in one process, without Ray."""
    root = tmp_path_factory.mktemp("runs")
    job = generate("run=here", f"root={root}", "cluster=local", *SMALL)
    assert job.returncode == 0, job.stdout + job.stderr
    return root


def test_every_prompt_is_in_every_step_and_every_pair_prefers_the_better_answer(made_here: Path) -> None:
    for step in STEPS:
        assert pyarrow.dataset.dataset(made_here / "here" / step).to_table().num_rows == 32
    pairs = 0
    for shard in range(2):
        preferences, rewards = (table(made_here, "here", step, shard) for step in ("preferences", "reward"))
        for found, scores in zip(preferences["pairs"].to_pylist(), rewards["score_reward"].to_pylist(), strict=True):
            pairs += len(found)
            assert all(scores[pair["chosen"]] > scores[pair["rejected"]] for pair in found)
    assert pairs >= 3


def test_the_job_ends_with_a_table_and_the_next_command(made_here: Path) -> None:
    again = generate("run=here", f"root={made_here}", "cluster=local", *SMALL)
    assert again.returncode == 0
    words = "planned prompts answered scored kept pairs errors responses reward selection preferences next"
    assert all(re.search(rf"^\W*{word}\b", again.stdout, re.MULTILINE) for word in words.split())
    look = subprocess.run(
        [sys.executable, str(REPOSITORY / "jobs/look.py"), "run=here", f"root={made_here}", "n=3"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert look.returncode == 0 and look.stdout.count("assistant") >= 12


@pytest.mark.cluster
def test_ray_and_this_process_write_the_same_texts(made_here: Path) -> None:
    job = generate("run=ray", f"root={made_here}", "cluster=laptop", *SMALL)
    assert job.returncode == 0, job.stdout + job.stderr
    for shard in range(2):
        here, there = (table(made_here, run, "responses", shard) for run in ("here", "ray"))
        assert here.equals(there)


def test_a_preview_prints_records_and_commits_nothing(tmp_path: Path) -> None:
    job = generate("run=try", f"root={tmp_path / 'runs'}", "preview=4", *SMALL)
    assert job.returncode == 0, job.stdout + job.stderr
    assert job.stdout.count("user  ") >= 4 and "reward" in job.stdout
    assert not (tmp_path / "runs").exists()


def test_the_recipe_completes_on_s3(s3_root: str) -> None:
    job = generate("run=cloud", f"root={s3_root}", "cluster=local", *SMALL)
    assert job.returncode == 0, job.stdout + job.stderr
    assert "every shard is committed" in job.stdout


@pytest.mark.cluster
def test_given_prompts_come_through_and_bad_lines_are_counted(tmp_path: Path) -> None:
    source = tmp_path / "prompts.jsonl"
    source.write_text(
        '"Add 12 and 30."\n{"prompt": "Add 1 and 2.", "reference": "3"}\nnot json\n' + f'"{"long " * 2000}"\n'
    )
    job = generate(
        "run=mine",
        f"root={tmp_path}",
        "recipe=given",
        "cluster=local",
        f"recipe.prompts.families.given.source={source}",
        "max_error_share=0.9",
    )
    assert job.returncode == 0, job.stdout + job.stderr
    assert "unusable prompt 1" in job.stdout and "too long 4" in job.stdout
    errors = table(tmp_path, "mine", "prompts", 0)["error"].to_pylist()
    assert "prompts.jsonl line 3" in errors[2] and errors[:2] == [None, None]


@pytest.fixture
def head(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a cluster started by `ray start --head`, and the environment to talk to it; ended by pid."""
    port, dashboard = _free_port(), _free_port()
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_TMPDIR": "/tmp"}
    before = {process.pid for process in psutil.process_iter()}
    subprocess.run(
        [
            Path(sys.executable).parent / "ray",
            "start",
            "--head",
            f"--port={port}",
            "--num-cpus=2",
            "--include-dashboard=true",
        ]
        + ["--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", "--disable-usage-stats"]
        + [f"--dashboard-agent-listen-port={_free_port()}"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    session = [process for process in psutil.process_iter() if process.pid not in before and _is_of(process, port)]
    yield f"http://127.0.0.1:{dashboard}", environment
    for process in (*[child for each in session for child in each.children(recursive=True)], *session):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    current = Path("/tmp/ray/ray_current_cluster")  # or the next process without an address waits for a dead cluster
    if current.exists() and f":{port}" in current.read_text():
        current.unlink()


@pytest.mark.cluster
def test_a_submitted_job_ends_with_the_table(head: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    address, environment = head
    ray = Path(sys.executable).parent / "ray"
    entry = [sys.executable, "jobs/generate.py", "run=submitted", f"root={tmp_path}", *SMALL]
    submit = [ray, "job", "submit", "--address", address, "--working-dir", ".", "--", *entry]
    job = None
    for _ in range(20):  # the dashboard takes a few seconds to answer
        job = subprocess.run(submit, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=600)
        if "Running entrypoint" in job.stdout:
            break
        time.sleep(2)
    assert job is not None and job.returncode == 0, job and job.stdout + job.stderr
    tail = job.stdout.split("Running entrypoint")[1]
    assert "every shard is committed" in tail and "next  python jobs/look.py" in tail


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_of(process: psutil.Process, port: int) -> bool:
    """Whether a process belongs to the cluster whose head listens at `port`."""
    try:
        return str(port) in " ".join(process.cmdline())
    except psutil.Error:
        return False
