"""What attacks on the sandbox come to, what they cost, and how many answers a second it runs.

    python jobs/bench/sandbox.py                   the attacks of the tests, and 200 answers with three tests each
    python jobs/bench/sandbox.py answers=50        fewer answers

    answers=200   how many answers are run, half of them wrong
    at_once=2     how many at once
    way=          bwrap, namespaces or limits; the best that there is here unless it is given

Seconds are wall-clock, memory is the most that all processes of a sandbox held when it was looked at, every 20 ms.
A bare start is Python's own, with the same options and without a sandbox.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.sandbox import LEVELS, Ended, Sandbox, found, tried
from sdg_ray.sandbox.isolation import interpreter
from sdg_ray.scorers.python_tests import PythonTests

REPOSITORY = Path(__file__).parents[2]
TARGET = "aimed at: no attack succeeds, 20 answers a second on two cores"
TESTS = json.dumps(["assert add(1, 2) == 3", "assert add(0, 0) == 0", "assert add([1], [2]) == [1, 2]"])
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


def main(arguments: Sequence[str], console: Console) -> int:
    """Attack, then measure."""
    options = typed(arguments, answers=200, at_once=2, way="")
    way = options["way"] or found().name
    if way not in LEVELS or tried(way):
        raise Refused(f"way={way} does not work here: {tried(way) if way in LEVELS else 'there is no such way'}")
    console.print(attacked(way), speed(options["answers"], options["at_once"]))
    console.print(f"isolation: {way}; missing for a better one: {found().missing or 'nothing'}", highlight=False)
    console.print(f"load of this machine meanwhile: {os.getloadavg()[0]:.1f}. {TARGET}", highlight=False)
    return 0


def attacked(way: str) -> Table:
    """Every attack, and how it ended."""
    sys.path.insert(0, str(REPOSITORY))  # the attacks are with the tests
    from tests.sandbox.attacks import ATTACKS

    table = Table(title=f"attacks on a sandbox by {way}", box=box.SIMPLE_HEAD)
    for name in ("attack", "tried", "succeeded", "seconds", "MiB", "ended by"):
        table.add_column(name, justify="left" if name in ("attack", "ended by") else "right")
    for name, attack in ATTACKS.items():
        with tempfile.TemporaryDirectory() as folder:
            ended = Sandbox(**attack.limits)._run(way, attack.filled(**places(folder)), b"", {})
        lines = ended.stdout[:10_000].decode(errors="replace").splitlines()
        done = sum("SUCCEEDED" in line for line in lines)
        table.add_row(name, str(len(lines)), str(done), f"{ended.seconds:.2f}", f"{ended.peak_mib:.0f}", why(ended))
    return table


def places(folder: str) -> dict[str, Any]:
    """What the attacks aim at. There is no server here that listens: the tests have one."""
    own = {"home": Path.home(), "repository": REPOSITORY, "elsewhere": folder, "secret": f"{folder}/secret"}
    sockets = {"port": 9, "unix": f"{folder}/socket", "abstract": "sandbox"}
    return own | sockets | {"pid": os.getpid(), "mark": "left-behind"}


def why(ended: Ended) -> str:
    """How a program ended, in words."""
    if ended.stopped:
        return ended.stopped
    return "itself" if ended.exit == 0 else f"signal {ended.exit - 128}" if ended.exit > 128 else f"exit {ended.exit}"


def speed(answers: int, at_once: int) -> Table:
    """Answers a second, and starts of a bare Python."""
    table = Table(title=f"{answers} answers, {at_once} at once", box=box.SIMPLE_HEAD)
    for name in ("answers/s", "ms an answer", "right as expected", "bare start ms"):
        table.add_column(name, justify="right")
    chats: list[Chat] = [[{"role": "assistant", "content": given}] for given in (RIGHT, RIGHT.replace("+", "-"))]
    scoring = PythonTests(at_once=at_once).start()
    asyncio.run(scoring.score([], chats, TESTS))
    began = time.monotonic()
    opinions = asyncio.run(scoring.score([], chats * (answers // 2), TESTS))
    seconds = time.monotonic() - began
    right = sum(each.score == float(number % 2 == 0) for number, each in enumerate(opinions))
    each = 1000 * seconds / len(opinions)
    rate = f"{len(opinions) / seconds:.1f}"
    table.add_row(rate, f"{each:.1f}", f"{right} of {len(opinions)}", f"{1000 * bare():.1f}")
    return table


def bare(times: int = 20) -> float:
    """Seconds that Python takes to start and do nothing, one after another."""
    began = time.monotonic()
    for _ in range(times):
        subprocess.run([interpreter(), "-I", "-S", "-c", "pass"], check=True)
    return (time.monotonic() - began) / times


if __name__ == "__main__":
    command(main, __doc__)
