"""Crash points: each call of a job that changes what is stored has a number, and the job can end itself at one.

    with points(trace):                                             writes `17 copy first/reward/shard-00000.parquet`
    with points(trace, Point(number=17)):                           SIGKILL before call 17
    with points(trace, Point(number=17, after=True, signal=19)):    SIGSTOP once call 17 has returned

The calls are the storage library's own and reach the real store; nothing in the code of the pipeline knows of this. A
crash between two calls that change nothing is the same as one before the next that does.
"""

import contextlib
import os
import signal as signals
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import obstore

from tests.odd import note

CHANGING = ("put", "copy", "rename", "delete")


@dataclass(frozen=True, kw_only=True)
class Point:
    """Where a job ends itself, or stops until it is woken."""

    number: int
    after: bool = False
    signal: int = int(signals.SIGKILL)


class Counted:
    """The calls of one process so far; they come from several threads."""

    def __init__(self, trace: str, at: Point | None) -> None:
        self.trace, self.at, self.number, self.lock = trace, at, 0, threading.Lock()

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, with what is to happen before and after it."""

        def counted(client: Any, path: Any, *arguments: Any, **more: Any) -> Any:
            with self.lock:
                self.number += 1
                number = self.number
                note(self.trace, f"{number} {name} {path}")
            self._end_here(number, after=False)
            found = call(client, path, *arguments, **more)
            self._end_here(number, after=True)
            return found

        return counted

    def _end_here(self, number: int, after: bool) -> None:
        if self.at and (self.at.number, self.at.after) == (number, after):
            signals.pthread_kill(threading.get_ident(), self.at.signal)  # this thread goes no further


@contextlib.contextmanager
def points(trace: str, at: Point | None = None) -> Iterator[None]:
    """Number the calls of this process while a `with` block runs, and end at one of them."""
    calls, counted = {name: getattr(obstore, name) for name in CHANGING}, Counted(trace, at)
    for name, call in calls.items():
        setattr(obstore, name, counted.around(name, call))
    try:
        yield
    finally:
        for name, call in calls.items():
            setattr(obstore, name, call)


def traced(trace: str) -> list[str]:
    """The calls that were noted, in the order of their numbers."""
    if not os.path.exists(trace):
        return []
    with open(trace) as lines:
        return sorted(lines.read().splitlines(), key=lambda line: int(line.split()[0]))
