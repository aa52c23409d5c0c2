"""The process in which an answer's code runs. It never sees a test: it is forked before they are read.

    load("def add(a, b): ...", ["add"])      ->  {"add": <function add>}, {}: it stays here and is called from afar
    program("print(input()[::-1])", "abc")   ->  (0, "cba\\n"): run as a program, in a process of its own

`peer.py` says how the tests reach it.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

from sdg_ray.sandbox.peer import ALL, Peer

NO_MEMORY, RAISED = 86, 1


def serve(reading: int, writing: int) -> None:
    """Load code and call it as asked, until the tests are over."""
    silence()
    peer = Peer(reading, writing, ALL | {"load": load, "program": program}, trusts=True)
    peer.serve()


def silence() -> None:
    """Let go of what the tests read and write."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def load(code: str, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Run an answer's code as a module; what it has under `names`, and apart from that the names of modules there."""
    module = sys.modules["answer"] = type(sys)("answer")
    exec(compile(code, "<answer>", "exec"), module.__dict__)
    offered = {name: module.__dict__[name] for name in names if name in module.__dict__}
    modules = {name: value.__name__ for name, value in offered.items() if type(value) is type(sys)}
    return {name: value for name, value in offered.items() if name not in modules}, modules


def program(code: str, given: str, longest: int) -> tuple[int, str]:
    """Run an answer's code as a program that reads `given`: how it exits, and what it writes of at most `longest`."""
    streams = [os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600) for name in (".in", ".out")]
    for name in (".in", ".out"):
        os.unlink(name)
    os.write(streams[0], given.encode())
    os.lseek(streams[0], 0, os.SEEK_SET)
    child = os.fork()
    if not child:
        for at, stream in enumerate(streams):
            os.dup2(stream, at)
        os.closerange(3, 65536)
        os._exit(run(code))
    exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.lseek(streams[1], 0, os.SEEK_SET)
    written = os.read(streams[1], longest)
    for stream in streams:
        os.close(stream)
    return exit_code, written.decode(errors="replace")


def run(code: str) -> int:
    """Run a program; its exit code."""
    module = sys.modules["__main__"] = type(sys)("__main__")
    try:
        exec(compile(code, "<answer>", "exec"), module.__dict__)
    except SystemExit as end:
        return ended(end.code)
    except MemoryError:
        return NO_MEMORY
    except BaseException:  # whatever an answer raises, it did not end well
        return RAISED
    return ended(None)


def ended(code: Any) -> int:
    """The exit code of a program that ended by itself, with all written that it printed."""
    try:
        sys.stdout.flush()
    except OSError:
        return RAISED
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    return RAISED
