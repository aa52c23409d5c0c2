"""Starting jobs, and killing them with everything that they started."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.conftest import REPOSITORY


def start(settings: dict[str, Any], log: Path) -> subprocess.Popen[bytes]:
    """The job, in a session of its own; what it says goes to `log`."""
    command = [sys.executable, "-m", "tests.chaos.job", json.dumps(settings)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "SDG_RAY_TEST_JOB": str(log)}
    with log.open("ab") as out:
        return subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=out, stderr=out, start_new_session=True
        )


@contextlib.contextmanager
def started(settings: dict[str, Any], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The job while a `with` block runs; nothing of it is left afterwards, however the block ends."""
    job = start(settings, log)
    try:
        yield job
    finally:
        kill(job)


def wait_for(happened: Callable[[], bool], seconds: float = 600) -> None:
    """Until something has happened."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


def family(job: subprocess.Popen[bytes]) -> set[psutil.Process]:
    """The job and everything it started: its descendants, its session, and what carries its mark."""
    found: set[psutil.Process] = set()
    with contextlib.suppress(psutil.NoSuchProcess):
        leader = psutil.Process(job.pid)
        found |= {leader, *leader.children(recursive=True)}
    mark = None
    with contextlib.suppress(psutil.Error):
        mark = psutil.Process(job.pid).environ().get("SDG_RAY_TEST_JOB")
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            ours = mark is not None and process.environ().get("SDG_RAY_TEST_JOB") == mark
            if ours or os.getsid(process.pid) == job.pid:
                found.add(process)
    return found


def kill(job: subprocess.Popen[bytes]) -> int:
    """SIGKILL for the whole family, until nobody is left; how many there were."""
    killed: set[psutil.Process] = set()
    first = family(job)
    while living := {process for process in first | killed | family(job) if lives(process)}:
        killed |= living
        for process in living:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        job.poll()
        time.sleep(0.02)
    job.wait()
    return len(killed)


def lives(process: psutil.Process) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
