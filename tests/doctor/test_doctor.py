"""The doctor as a whole: endpoints, secrets, time, and the job's table and exit codes."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sdg_ray.doctor import Asked, Finding, Verdict, addresses, credentials, ok, recipe_check
from sdg_ray.doctor.diagnosis import CHECKS, diagnosis
from sdg_ray.doctor.secrets import hidden
from tests.conftest import REPOSITORY
from tests.doctor.asking import asked, is_warning, is_wrong, pocket, worst
from tests.engines.server import Server, refusal

KEY = "sk-nobody/may+read-this"


def endpoint(*urls: str, name: str = "tiny") -> list[str]:
    """Settings of a generator behind addresses."""
    chosen = [f"model.generator.name={name}", f"model.generator.addresses=[{','.join(urls)}]"]
    return ["model@model.generator=endpoint", *chosen]


def test_endpoint_that_serves_the_model() -> None:
    with Server() as server:
        assert worst(addresses.check, *endpoint(server.address)).verdict is Verdict.OK
        assert is_wrong(worst(addresses.check, *endpoint(server.address, name="large")), "does not serve large")


def test_endpoint_that_is_not_there() -> None:
    with Server() as gone:
        nobody = gone.address
    assert is_wrong(worst(addresses.check, *endpoint(nobody)), "cannot be reached")
    with Server() as server:
        both = endpoint(server.address, nobody)
        assert is_warning(worst(addresses.check, *both), nobody, "cannot be reached", "others answer")


def test_endpoint_that_has_no_time() -> None:
    with Server() as server:
        server.models = refusal("busy", 503)
        assert is_wrong(worst(addresses.check, *endpoint(server.address)), "answered 503")


def test_key_that_is_missing_or_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as server:
        settings = [*endpoint(server.address), "model.generator.key=SERVER_OF_OURS"]
        assert is_wrong(worst(credentials.check, *settings), "SERVER_OF_OURS")
        monkeypatch.setenv("SERVER_OF_OURS", KEY)
        assert worst(credentials.check, *settings).verdict is Verdict.OK
        server.models = refusal(f"wrong key {KEY}", 401)
        assert is_wrong(worst(addresses.check, *settings), "answered 401")


def test_recipe_that_refuses_itself() -> None:
    assert is_wrong(worst(recipe_check.check, "recipe.responses.n=0"), "n must be at least 1")
    assert worst(recipe_check.check).verdict is Verdict.OK


def test_secrets_are_in_no_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The server repeats the key, the model's name is a token, and the root's address holds a password."""
    monkeypatch.setenv("SERVER_OF_OURS", KEY)
    monkeypatch.setenv("HF_TOKEN", "hf_nobody_may_read_this")
    with Server() as server:
        server.models = refusal(f"wrong key {KEY}", 401)
        settings = [*endpoint(server.address), "model.generator.key=SERVER_OF_OURS"]
        reward = pocket(tmp_path / "hf_nobody_may_read_this", "reward")
        made = asked(*settings, f"model.reward.name={reward}", "root=http://me:my-password@127.0.0.1:1/runs")
        said = str(diagnosis(made, lambda _: None))
    assert "answered 401" in said and "[hidden]" in said
    for secret in (KEY, "sk-nobody", "hf_nobody_may_read_this", "my-password"):
        assert secret not in said


def test_secret_is_hidden_as_it_is_and_as_an_address_has_it() -> None:
    known = {"AWS_SECRET_ACCESS_KEY": "abc/def+123", "HOME": "/home/me", "API_KEY": "a"}
    assert hidden("abc/def+123 and abc%2Fdef%2B123 in /home/me", known) == "[hidden] and [hidden] in /home/me"
    assert hidden("s3://me:word@host/x", {}) == "s3://[hidden]@host/x"


def test_check_that_hangs_or_breaks_keeps_nobody_waiting() -> None:
    told: list[str] = []
    never = threading.Event()

    def hangs(asked: Asked) -> list[Finding]:
        never.wait(60)
        return []

    def breaks(asked: Asked) -> list[Finding]:
        raise ZeroDivisionError("in a library")

    began = time.monotonic()
    checks = {"hangs": hangs, "breaks": breaks, "fine": lambda _: [ok("fine", "yes")]}
    found = diagnosis(asked(), told.append, checks, limit=0.5)
    never.set()
    assert time.monotonic() - began < 5
    assert is_warning(found[0], "did not end within") and is_warning(found[1], "ZeroDivisionError: in a library")
    assert found[2] == ok("fine", "yes") and "still looking at hangs" in told[0]


def test_every_check_is_made(tmp_path: Path) -> None:
    modules = {path.stem for path in (REPOSITORY / "sdg_ray/doctor").glob("*.py") if "def check(" in path.read_text()}
    assert {check.__module__.rpartition(".")[2] for check in CHECKS.values()} == modules - {"__init__"}


def doctor(*settings: str) -> tuple[int, str]:
    """The job in a process of its own: its exit code and what it says."""
    command = [sys.executable, "jobs/doctor.py", *settings]
    wide = {**os.environ, "COLUMNS": "400"}  # so that no line is broken, however long the path of a folder
    ended = subprocess.run(command, cwd=REPOSITORY, env=wide, capture_output=True, text=True, timeout=120)
    return ended.returncode, ended.stdout + ended.stderr


def test_job_finds_nothing_wrong_here(tmp_path: Path) -> None:
    began = time.monotonic()
    code, said = doctor("recipe=world", "cluster=laptop", "model=pocket", f"root={tmp_path}/runs")
    assert code == 0 and "has 5 outputs" in said and said.endswith(" ok\n"), said
    assert time.monotonic() - began < 60
    assert list(tmp_path.iterdir()) == []


def test_job_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    labels = {str(i): f"LABEL_{i}" for i in range(3)}
    folder = pocket(tmp_path / "three", "reward", id2label=labels)
    code, said = doctor(
        f"root={tmp_path}/runs", f"model.reward.name={folder}", "recipe.responses.sampling.max_tokens=9000"
    )
    assert code == 1
    assert "has 3 outputs, not 5" in " ".join(said.split()) and "lower sampling.max_tokens" in said
    assert "wrong: reward head: take a sequence classifier" in said


def test_job_refuses_settings_of_no_run() -> None:
    code, said = doctor("recipe=nothing")
    assert code == 2 and "refused: config" in said
    code, said = doctor("max_error_share=10")
    assert code == 2 and "max_error_share=10 is no share" in said
