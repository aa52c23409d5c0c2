"""The loop: all tasks of all rounds, each in a process of its own, in their order or some beside each other.

    begin(to, rounds)          refused where rounds with other settings were begun
    do(rounds.tasks(3, to), jobs=Path("jobs"), logs=to / "logs", beside=1, console=console)

A task that is done is not begun; one that is not goes on where it was, for every job does. What a job says goes to its
log, and its last line is shown while it runs. When this process ends, however that comes, so do the jobs.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sdg_ray.align.rounds import Rounds, Task
from sdg_ray.config import differences, identity
from sdg_ray.errors import Refused

SETTINGS = "rounds.json"
DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
TOLD = 20  # lines of the log of a job that failed
LIBC = ctypes.CDLL(None)


class Failed(Refused):
    """A job has ended otherwise than by being done."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A task, its process, and the file that it writes its lines to."""

    task: Task
    process: subprocess.Popen[bytes]
    log: Path
    began: float

    def said(self) -> str:
        """Its last line."""
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def line(self) -> Text:
        """What is shown of it."""
        told = f"{self.task.name:20} {time.monotonic() - self.began:5.0f} s   {self.said()}"
        return Text(told, no_wrap=True, overflow="ellipsis")


def begin(to: Path, rounds: Rounds) -> None:
    """Write down what the rounds in `to` are like. Raises `Refused` where it was begun otherwise."""
    file, settings = to / SETTINGS, identity(rounds)
    if not file.exists():
        to.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f".{SETTINGS}")
        unfinished.write_text(json.dumps(settings, indent=2))
        os.replace(unfinished, file)
    elif changed := differences(json.loads(file.read_text()), settings):
        raise Refused(f"to={to} has rounds with other settings: align.{changed[0]}; choose another folder")


def do(tasks: Sequence[Task], *, jobs: Path, logs: Path, beside: int, console: Console) -> None:
    """Everything that is not done yet, at most `beside` jobs at a time.

    Raises:
        Refused: somebody else is doing it.
        Failed: a job failed; those beside it are ended.
    """
    if beside < 1:
        raise Refused(f"beside={beside} does nothing; give at least 1")
    logs.mkdir(parents=True, exist_ok=True)
    with _alone(logs):
        _do(tasks, jobs, logs, beside, console)


def _do(tasks: Sequence[Task], jobs: Path, logs: Path, beside: int, console: Console) -> None:
    done = {task.name for task in tasks if task.made.exists()}
    waiting = [task for task in tasks if task.name not in done]
    running: list[Running] = []
    with Live(console=console, refresh_per_second=1, transient=True) as live:
        try:
            while waiting or running:
                for task in [each for each in waiting if done.issuperset(each.after)][: beside - len(running)]:
                    waiting.remove(task)
                    running.append(_begun(task, jobs, logs))
                live.update(Text("\n").join(each.line() for each in running))
                threading.Event().wait(0.2)
                for each in [one for one in running if one.process.poll() is not None]:
                    running.remove(each)
                    _check(each)
                    done.add(each.task.name)
                    console.print(f"{each.task.name:20} {time.monotonic() - each.began:5.0f} s", highlight=False)
        finally:
            for each in running:
                each.process.kill()
                each.process.wait()


@contextlib.contextmanager
def _alone(logs: Path) -> Iterator[None]:
    """Nobody else, on this machine, does what writes to the folder `logs`; the lock goes with the process."""
    with (logs / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"somebody else is at work in {logs.parent}; wait for that, or choose another folder"
            ) from None
        yield


def _begun(task: Task, jobs: Path, logs: Path) -> Running:
    if task.job == "export":  # cut off it does not go on, it begins anew
        shutil.rmtree(task.made.parent, ignore_errors=True)
    log = logs / f"{task.name.replace(' ', '-')}.log"
    command = [sys.executable, str(jobs / f"{task.job}.py"), *task.arguments]
    with log.open("ab") as out:
        out.write(f"$ {shlex.join(command)}\n".encode())
        out.flush()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, preexec_fn=_die_with_parent)
    return Running(task=task, process=process, log=log, began=time.monotonic())


def _die_with_parent() -> None:
    LIBC.prctl(DIES_WITH_PARENT, signal.SIGKILL)


def _check(ended: Running) -> None:
    if ended.process.returncode:
        last = "\n".join(ended.log.read_text(errors="replace").rstrip().split("\n")[-TOLD:])
        raise Failed(
            f"{ended.task.name} failed with exit code {ended.process.returncode}; mend that, and the same command goes "
            f"on. The end of {ended.log}:\n{last}"
        )
