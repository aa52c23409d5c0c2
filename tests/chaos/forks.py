"""Jobs as forks of one process that has imported everything: such a job is at work after some 50 ms, not 2 seconds.

    with Forks() as forks:
        job = forks.start({"where": "here", "root": "runs", "run": "first", "shards": 2}, said, Point(number=3))
        assert job.wait() == "killed 9"

The process that forks has one thread and has touched no store, so that its children may. It ends with who started it,
and takes along what still runs.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.chaos.points import Point, points
from tests.conftest import REPOSITORY

CALM = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_NUM_THREADS": "2"}


class Forks:
    """The process that forks, while a `with` block runs."""

    def __enter__(self) -> "Forks":
        environment = os.environ | CALM | {"PYTHONPATH": str(REPOSITORY)}
        command = [sys.executable, "-m", "tests.chaos.forks"]
        self.server = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self.server.stdin
        self.server.stdin.close()
        try:
            self.server.wait(30)
        finally:
            self.server.kill()

    def start(self, settings: Mapping[str, Any], said: Path, at: Point | None = None) -> "Fork":
        """The job with these settings; what it says goes to `said`, and the calls it makes to `said`.points."""
        environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        asked = {"settings": dict(settings), "said": str(said), "environment": environment}
        return Fork(self, self.ask(fork=asked | {"at": asdict(at) if at else None}), said)

    def ask(self, **what: Any) -> Any:
        """One question to the process that forks, and its answer."""
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write(json.dumps(what) + "\n")
        self.server.stdin.flush()
        return json.loads(self.server.stdout.readline())


@dataclass(frozen=True)
class Fork:
    """One job."""

    forks: Forks
    pid: int
    said: Path

    @property
    def state(self) -> str:
        """`running`, `stopped`, `exited CODE` or `killed SIGNAL`."""
        return str(self.forks.ask(state=self.pid))

    def wait(self, seconds: float = 120) -> str:
        """How it ended, or that it was stopped."""
        until = time.monotonic() + seconds
        while (state := self.state) == "running":
            if time.monotonic() > until:
                self.kill()
                raise AssertionError(f"the job still ran after {seconds} s; it said: {self.words()}")
            time.sleep(0.005)
        return state

    def kill(self) -> str:
        """SIGKILL, unless it has ended."""
        if self.state in ("running", "stopped"):
            os.kill(self.pid, signal.SIGKILL)
        while (state := self.state) in ("running", "stopped"):
            time.sleep(0.005)
        return state

    def wake(self) -> None:
        """SIGCONT for a job that was stopped."""
        os.kill(self.pid, signal.SIGCONT)
        self.forks.ask(woken=self.pid)

    def words(self) -> str:
        """The last of what it said."""
        return self.said.read_text()[-3000:] if self.said.exists() else ""


def serve() -> None:
    """Answer questions until there are no more: fork a job, or say how one is."""
    for slow in ("pandas", "pyarrow.compute", "tests.chaos.job"):  # so that the children need not
        importlib.import_module(slow)
    states: dict[int, str] = {}
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            if "fork" in asked:
                answer: Any = _fork(asked["fork"])
                states[answer] = "running"
            elif "woken" in asked:
                answer = states[asked["woken"]] = "running"
            else:
                answer = states[asked["state"]] = _state(asked["state"], states[asked["state"]])
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        for pid, state in states.items():
            if state in ("running", "stopped"):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _state(pid: int, before: str) -> str:
    """How a child is now; one that has ended is asked only once."""
    if before not in ("running", "stopped"):
        return before
    found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    if not found:
        return before
    if os.WIFSTOPPED(status):
        return "stopped"
    return f"exited {os.WEXITSTATUS(status)}" if os.WIFEXITED(status) else f"killed {os.WTERMSIG(status)}"


def _fork(asked: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = _job(asked)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _job(asked: Mapping[str, Any]) -> int:
    """In the child: the job itself, its words and its calls on record."""
    from tests.chaos.job import main

    said = os.open(asked["said"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ.update(asked["environment"])
    at = Point(**asked["at"]) if asked["at"] else None
    with points(f"{asked['said']}.points", at):
        return main(asked["settings"])


if __name__ == "__main__":
    serve()
