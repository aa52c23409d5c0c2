"""The process in which the tests of an answer run, inside a sandbox. The answer's code runs in another (`guest.py`).

Its standard input is a marshalled mapping that this package wrote (`cases.py`), its standard output one line:

    3 4 failed        three of four tests passed

The answer can neither write that line nor see what the tests compare with: all it ever does is to return values.
"""

import builtins
import marshal
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import CodeType, ModuleType
from typing import Any

from sdg_ray.sandbox.guest import NO_MEMORY, serve, silence
from sdg_ray.sandbox.packing import Gone
from sdg_ray.sandbox.peer import CALLS, Peer
from sdg_ray.sandbox.remote import Remote

PASSED, FAILED = "test passed", "test failed"  # names that no test can have, for they are no identifiers
CANNOT_RUN = "cannot run"
ALIASED = (
    *("array", "base64", "bisect", "calendar", "cmath", "collections", "collections.abc", "contextlib", "copy", "csv"),
    *("dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "io", "itertools"),
    *("json", "math", "numbers", "operator", "os", "posixpath", "queue", "random", "re", "statistics", "string"),
    *("struct", "sys", "textwrap", "threading", "time", "types", "typing", "unicodedata", "urllib.parse"),
)
"""What an answer may mean by a name such as `dt` or `it`: to import these changes nothing and reads no other file."""


class Verdict:
    """What came of the tests so far; it is said once."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.passed: set[int] = set()
        self.failed: set[int] = set()
        self.trouble: str | None = None

    def note(self, outcome: str) -> None:
        """Something went wrong; the first thing is what is told."""
        self.trouble = self.trouble or outcome

    def fail(self, test: int) -> None:
        """A test was false."""
        self.failed.add(test)
        self.note("failed")

    def say(self, out: int, late: str | None = None) -> None:
        """Write it, and end everything; `late` is why it was not waited for."""
        self.trouble = late or self.trouble
        passed = len(self.passed - self.failed) if self.trouble else self.total
        os.write(out, f"{passed} {self.total} {self.trouble or 'passed'}\n".encode())
        os._exit(0)


def main() -> None:
    """Fork the guest, then read the tests, run them, and say what came of it."""
    to_guest, from_guest = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.close(to_guest[1])
        os.close(from_guest[0])
        serve(to_guest[0], from_guest[1])
        os._exit(0)
    os.close(to_guest[0])
    os.close(from_guest[1])
    out = os.dup(1)
    with os.fdopen(os.dup(0), "rb") as given:
        task = marshal.load(given)
    silence()
    verdict = Verdict(task["total"])
    signal.signal(signal.SIGALRM, lambda *_: verdict.say(out, "timed out"))
    signal.setitimer(signal.ITIMER_REAL, task["seconds"])
    peer = Peer(from_guest[0], to_guest[1], CALLS)
    try:
        programs(peer, task, verdict) if "inputs" in task else asserts(peer, task, verdict)
    except Gone:
        verdict.note(death(child))
    verdict.say(out)


def death(child: int) -> str:
    """Why the guest is no more."""
    with suppress(PermissionError):  # a plain process may signal to none
        os.kill(child, signal.SIGKILL)  # one that has ended keeps its end; another does not keep to the rules
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return "timed out" if ended == -signal.SIGXCPU else "error"


def programs(peer: Peer, task: Mapping[str, Any], verdict: Verdict) -> None:
    """Run the answer once for each input."""
    longest = whole_mib(2 * max(map(len, task["outputs"])) + 1024)
    for number, (given, expected) in enumerate(zip(task["inputs"], task["outputs"], strict=True)):
        exit_code, written = peer.ask("program", task["code"], given, longest)
        if exit_code == -signal.SIGXCPU:
            verdict.note("timed out")
        elif exit_code:
            verdict.note("out of memory" if exit_code == NO_MEMORY else "error")
        elif lines(str(written)) == lines(expected):
            verdict.passed.add(number)
        else:
            verdict.fail(number)


def whole_mib(size: int) -> int:
    """No less than `size`, and nothing that would tell an answer how long the right output is."""
    return (size | (1 << 20) - 1) + 1


def lines(text: str) -> list[str]:
    """What is compared of a program's output: all but white space at the ends of lines and at its own end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def asserts(peer: Peer, task: Mapping[str, Any], verdict: Verdict) -> None:
    """Load the answer, and run the statements of the tests."""
    try:
        offered = taken(peer.ask("load", task["code"], tuple(task["names"])), task["names"])
    except BaseException as error:
        if isinstance(error, Gone):
            raise
        return verdict.note(outcome(error))
    names, loaded = chosen(offered, task["entry"]), peer.asked
    whole = set(task["names"]) <= set(names) | set(dir(builtins)) and all(type(it) is Remote for it in names.values())
    scope = names | {"__name__": "tests", "__builtins__": builtins, PASSED: verdict.passed.add, FAILED: verdict.fail}
    for code, test in task["statements"]:
        trouble = raised(code, scope)
        if trouble is None:
            continue
        theirs = imported_here(trouble) or whole and peer.asked == loaded
        verdict.note(CANNOT_RUN if theirs else outcome(trouble))
        verdict.failed |= {test} if test is not None else set()
    if not verdict.trouble and not names:
        verdict.note(CANNOT_RUN)  # they asked the answer nothing
    if task["counted"] and not verdict.passed:
        verdict.note("failed")  # no assert was ever reached


def raised(code: CodeType, scope: dict[str, Any]) -> BaseException | None:
    """Run a statement; what it raises."""
    try:
        exec(code, scope)
    except Gone:
        raise
    except BaseException as error:  # tests may raise what they like
        return error
    return None


def imported_here(error: BaseException) -> bool:
    """Whether an import failed in a test and not in the answer."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    here = trace is not None and trace.tb_frame.f_code.co_filename == "<tests>"
    return here and isinstance(error, ImportError)


def outcome(error: BaseException) -> str:
    """An error in a word."""
    if isinstance(error, AssertionError):
        return "failed"
    return "out of memory" if isinstance(error, MemoryError) else "error"


def taken(loaded: Any, wanted: Sequence[str]) -> dict[str, Any]:
    """Of what the answer offers, the names that were asked for. A module is found here: it only says which one."""
    if type(loaded) is not tuple or [type(each) for each in loaded] != [dict, dict]:
        raise Gone
    offered, modules = loaded
    found = {name: module(name, modules[name]) for name in wanted if name in modules}
    there = {name: each for name, each in found.items() if each is not None}
    return {name: offered[name] for name in wanted if name in offered} | there


def module(name: str, told: Any) -> ModuleType | None:
    """The module that tests mean by a name: Python's own of this name, else the plain one that the answer tells of."""
    if name not in sys.stdlib_module_names and told not in ALIASED:
        return None
    return __import__(name if name in sys.stdlib_module_names else told, fromlist=["*"])


def chosen(offered: Mapping[str, Any], entry: str | None) -> dict[str, Any]:
    """What the tests take from the answer under its names.

    A name of Python's own (`abs`, `math`) is not taken from an answer that offers others: the tests mean Python's.
    """
    public = {*dir(builtins), *sys.stdlib_module_names} - {entry}
    own = {name: value for name, value in offered.items() if name not in public}
    modules = {name: value for name, value in offered.items() if name not in own and type(value) is type(sys)}
    return own | modules if own else dict(offered)


if __name__ == "__main__":
    main()
