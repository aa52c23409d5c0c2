"""A store that refuses, stalls, ends our credentials, or is full: said in one sentence, and nothing is lost."""

import asyncio
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from jobs import generate
from sdg_ray import bucket as buckets
from sdg_ray.bucket import bucket
from sdg_ray.config import build, compose
from sdg_ray.store import Footer, open_run
from tests.chaos.forks import Forks
from tests.chaos.job import made_of
from tests.chaos.laws import assert_lawful, committed, files, unchanged
from tests.chaos.processes import wait_for
from tests.chaos.seed import chance
from tests.conftest import REPOSITORY
from tests.fault_proxy import FaultProxy
from tests.test_bad_input import SCRIPTED

pytestmark = pytest.mark.chaos
STORM = 20.0  # seconds


def test_run_outlasts_a_store_that_refuses_everything_for_a_while(
    s3_root: str, proxy: FaultProxy, forks: Forks, tmp_path: Path
) -> None:
    settings = {"where": "here", "root": s3_root, "run": "first", "shards": 8, "seconds": 0.05}
    fate = chance("storm")
    job = forks.start(settings, tmp_path / "job.log")
    wait_for(lambda: len(proxy.written) >= 6, 60)
    over = time.monotonic() + STORM
    weather = ("refuse 503", "refuse 503", "refuse 500", "reset before")

    proxy.rule = lambda method, path: fate.choice(weather) if time.monotonic() < over else None

    assert job.wait(STORM + 90) == "exited 0", job.words()
    assert time.monotonic() > over and sum(proxy.done[fault] for fault in weather[1:]) >= 10, proxy.done
    assert_lawful(made_of(settings), s3_root)
    assert set(proxy.written.values()) == {1}


def test_store_that_never_answers_a_write_is_asked_what_became_of_it(
    s3_root: str, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "OPTIONS", buckets.OPTIONS | {"timeout": timedelta(seconds=1)})
    opened = open_run(s3_root, "first", {"answers": {"is": "tests.Step"}})
    rows = pa.table({"prompt_id": ["a"]})
    for shard, held in enumerate(("hold before", "hold after")):
        proxy.nth(1, held)
        began, footer = time.monotonic(), Footer(attempt=held, began=0.0, ended=1.0)

        assert asyncio.run(opened.commit("answers", shard, rows, footer))

        assert time.monotonic() - began < 30
        before = committed(s3_root)
        proxy.release()
        assert committed(s3_root) == before
    assert set(proxy.written.values()) == {1}


@pytest.mark.parametrize("refusal", ["refuse 400 ExpiredToken", "refuse 403 ExpiredToken"])
def test_credentials_that_end_half_way_leave_pending_shards_by_name_and_new_ones_finish(
    s3_root: str, proxy: FaultProxy, refusal: str
) -> None:
    typed = (f"root={s3_root}", "run=first", "cluster=local", *SCRIPTED)
    typed += ("recipe.prompts.rows=4", "recipe.prompts.shards=6")
    proxy.rule = _once(lambda: len(proxy.written) >= 8, refusal)

    code, said = _generate(*typed)

    assert code == 1, said
    pending = re.findall(r"^pending: shard \d: \w+: Unusable: (.+)$", said, re.MULTILINE)
    assert pending and all(sentence.startswith(f"root={s3_root} cannot be ") for sentence in pending), said
    (stopped,) = re.findall(r"^stopped: (.+)$", said, re.MULTILINE)
    assert stopped.endswith("ExpiredToken; renew the credentials; the same command goes on"), stopped
    assert "Traceback" not in said and "no-one-may-read-this" not in said, said
    proxy.rule = lambda method, path: None
    before = committed(s3_root)
    assert before

    assert _generate(*typed)[0] == 0

    after = {path: each for path, each in committed(s3_root).items() if not path.endswith("report.html")}
    unchanged(before, after)
    assert_lawful(build(compose("generate", list(typed)).recipe), s3_root)


def test_store_that_stays_away_is_waited_for_once_and_not_for_every_shard(
    s3_root: str, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "PATIENT", buckets.PATIENT | {"retry_timeout": timedelta(seconds=4)})
    monkeypatch.setattr(buckets, "HURRIED", buckets.HURRIED | {"max_retries": 0})
    typed = (f"root={s3_root}", "run=first", "cluster=local", *SCRIPTED)
    typed += ("recipe.prompts.rows=1", "recipe.prompts.shards=60")
    began, proxy.rule = time.monotonic(), _once(lambda: len(proxy.written) >= 8, "refuse 503")

    code, said = _generate(*typed)

    assert code == 1 and len(re.findall("^pending: ", said, re.MULTILINE)) == 10, said
    assert re.search(r"^stopped: .*; the store is busy or down: wait; the same command goes on$", said, re.M), said
    assert time.monotonic() - began < 60, "every shard has waited for itself"


FULL = """
set -e
mount -t tmpfs -o size="$5" tmpfs "$1"
set +e
"$2" -m tests.chaos.job "$3"; echo "ended with $?"
cp -r "$1" "$4/full"
mount -o remount,size=64m "$1"
"$2" -m tests.chaos.job "$3"; echo "ended with $?"
cp -r "$1" "$4/done"
"$2" -m tests.chaos.job "$3"; echo "ended with $?"
cp -r "$1" "$4/again"
"""


def test_full_disk_is_said_and_with_room_the_same_command_finishes(tmp_path: Path, forks: Forks) -> None:
    if not _may_mount(tmp_path):
        pytest.skip("a disk that is full needs a user namespace with its own mounts, and this system allows none")
    settings = {"where": "here", "run": "first", "shards": 8, "seconds": 0.0}
    assert forks.start(settings | {"root": f"{tmp_path}/roomy"}, tmp_path / "roomy.log").wait() == "exited 0"
    half = sum(-(-len(body) // 4096) * 4096 for body in files(tmp_path / "roomy").values()) // 2
    (tmp_path / "disk").mkdir()

    root = {"root": f"{tmp_path}/disk/runs"}
    job = _apart(FULL, f"{tmp_path}/disk", sys.executable, json.dumps(settings | root), str(tmp_path), str(half))

    said = job.stdout + job.stderr
    assert re.findall(r"ended with (\d+)", said) == ["1", "0", "0"], said
    assert re.search(
        r"pending: \d: \w+: Unusable: root=\S+ cannot be written: No space left on device; make room", said
    )
    assert "Traceback" not in said, said
    for path, body in files(tmp_path / "full/runs").items():
        if path.endswith(".parquet"):
            pq.read_table(io.BytesIO(body))  # what can be seen is whole
    unchanged(committed(tmp_path / "full/runs"), committed(tmp_path / "done/runs"))
    assert_lawful(made_of(settings), tmp_path / "done/runs")
    assert committed(tmp_path / "done/runs") == committed(tmp_path / "again/runs")


def _generate(*typed: str) -> tuple[int, str]:
    """The main job in this process: its exit code, and what it said."""
    bucket.cache_clear()
    out = io.StringIO()
    return generate.main(typed, Console(file=out, width=200)), out.getvalue()


def _once(happened: Callable[[], bool], fault: str) -> Callable[[str, str], str | None]:
    """A rule by which everything gets `fault` from the moment on that something has happened."""
    return lambda method, path: fault if happened() else None


def _apart(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A shell script with mounts of its own."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)


def _may_mount(folder: Path) -> bool:
    try:
        return _apart('mount -t tmpfs -o size=1m tmpfs "$1"', str(folder)).returncode == 0
    except FileNotFoundError:
        return False
