"""What a run costs beside its model: 2,000 prompts, one answer each, of a server with 64 slots on the same machine.

    python jobs/bench/endpoint.py                       all columns, in about five minutes
    python jobs/bench/endpoint.py columns=span,kill     some of them

    columns=...    span       first to last request, over the ideal of slots that are always busy; answers of 200 ms
                   failures   the same where 2% of the requests end with HTTP 500
                   tail       the same where answers take 1 s in the mean, lognormal with a sigma of 0.8
                   bodies     what becomes of a truncated and an empty body, of an empty text, and of an answer cut off
                   kill       requests that are made again after SIGKILL half-way, as the server counts them
                   memory     the peak of the whole process tree, on Ray and in one process, and where it goes
    prompts=2000   how many
    rows=64        prompts of a shard
    kills=3        how often the job is killed, each time in a run of its own

The server is `server.py` beside this file, in a process of its own; the job is `jobs/generate.py` as it is typed, with
cluster=endpoints_only. The bare client is one loop that keeps 64 requests in flight and throws the answers away: what
the machine and the server leave to be had.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.report.look import records
from sdg_ray.store import reopen

REPOSITORY, SERVER, JOB = Path(__file__).parents[2], Path(__file__).with_name("server.py"), "jobs/generate.py"
SLOTS = 64
ON_RAY = ("cluster=endpoints_only",)
IN_PROCESS = ("cluster=local", "cluster.overlap=32")
ANSWERS_ONLY = ("~recipe.reward", "~recipe.preferences", "~recipe.selection.filters.reward")  # `finished` is left
ODD = {333: "truncated body", 666: "empty body", 999: "empty text", 1332: "answer cut off"}  # as in server.py
KINDS = {  # of processes, by what is in their command
    JOB: "driver",
    "MapBatches": "workers, one for each step",
    "ray::IDLE": "idle workers of Ray",
    "Agent": "agents of Ray",
    "ray::": "Ray Data's own actors",
    "raylet/raylet": "raylet",
    "gcs_server": "gcs",
}
Rows = list[tuple[str, str, str, str]]  # what, measured, the bare client, aimed at


def main(arguments: Sequence[str], console: Console) -> int:
    """The columns asked for, as a table of what was measured and what was aimed at."""
    options = typed(arguments, columns=",".join(COLUMNS), prompts=2000, rows=64, kills=3)
    columns = options.pop("columns").split(",")
    if unknown := set(columns) - COLUMNS.keys():
        raise Refused(f"columns={unknown.pop()} is no column; there are {', '.join(COLUMNS)}")
    table = Table(title=f"{options['prompts']:,} prompts, {SLOTS} slots", box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("", "measured", "bare client", "aimed at"):
        table.add_column(name)
    with tempfile.TemporaryDirectory(prefix="endpoint-") as folder:
        bench = Bench(folder=Path(folder), **options)
        for column in columns:
            for row in COLUMNS[column](bench):
                table.add_row(*row)
    console.print(table)
    return 0


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The prompts, and where runs go."""

    folder: Path
    prompts: int
    rows: int
    kills: int

    def __post_init__(self) -> None:
        lines = (f'"What is worth knowing about number {i}"\n' for i in range(self.prompts))
        (self.folder / "prompts.jsonl").write_text("".join(lines))

    def line(self, port: int, run: str, *where: str) -> list[str]:
        """The job as it would be typed."""
        source = f"recipe.prompts.families.given.source={self.folder / 'prompts.jsonl'}"
        what = ("recipe=given", source, f"recipe.prompts.rows={self.rows}", "recipe.responses.n=1", *ANSWERS_ONLY)
        at = f"model.generator.addresses=[http://127.0.0.1:{port}/v1]"
        model = ("model@model.generator=endpoint", "model.generator.name=bench", at)
        return [sys.executable, JOB, f"run={run}", f"root={self.folder / 'runs'}", *what, *model, *where]

    @contextlib.contextmanager
    def job(self, port: int, run: str, *where: str) -> Iterator[subprocess.Popen[bytes]]:
        """The job while a `with` block runs; if it has not ended by then, it is killed with all that it started."""
        environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
        line, log = self.line(port, run, *where), self.folder / f"{run}.log"
        with log.open("ab") as out:
            job = subprocess.Popen(line, cwd=REPOSITORY, env=environment, stdout=out, stderr=out)
        try:
            yield job
        finally:
            for process in tree(job) if job.poll() is None else ():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            job.wait()

    def finish(self, port: int, run: str, *where: str) -> None:
        """The job, to its end."""
        with self.job(port, run, *where) as job:
            if job.wait(600):
                raise RuntimeError(f"ended with {job.returncode}: {(self.folder / f'{run}.log').read_text()[-3000:]}")

    def made(self, run: str) -> dict[int, dict[str, Any]]:
        """What became of each prompt, by its number: its answer, and why that was left out."""
        rows = records(reopen(str(self.folder / "runs"), run), self.prompts)
        return {_number(row): row["answered"][0] | {"reason": row["reason"][0]} for row in rows}


# the columns


def span(bench: Bench) -> Rows:
    """Answers of 200 ms, and how long it takes until the first is asked for."""
    found, until_first = _spanned(bench, "span", seconds=0.2)
    measured = ("span, 200 ms", f"{_ratio(found):.3f}", f"{_ratio(_bare(bench, seconds=0.2)):.3f}", "<= 1.10")
    return [measured, ("from the command to the first request", f"{until_first:.1f} s", "", "")]


def failures(bench: Bench) -> Rows:
    """Two requests in a hundred fail."""
    found, _ = _spanned(bench, "failures", seconds=0.2, failures=0.02)
    return [("span, 2% HTTP 500", f"{_ratio(found):.3f}, {_again(found)} asked again", "", "<= 1.15")]


def tail(bench: Bench) -> Rows:
    """Answers that take very different times."""
    found, _ = _spanned(bench, "tail", seconds=1.0, sigma=0.8)
    bare = _ratio(_bare(bench, seconds=1.0, sigma=0.8))
    return [("span, lognormal 1 s", f"{_ratio(found):.3f} of {found['ideal']:.1f} s", f"{bare:.3f}", "<= 1.17")]


def bodies(bench: Bench) -> Rows:
    """Four prompts that never get a proper answer."""
    found, _ = _spanned(bench, "bodies", seconds=0.02, odd=1)
    made = bench.made("bodies")
    rows = [
        (f"{odd}: asked {found['asked'][str(number)]} times", _became(made[number]), "", "an error, or left out")
        for number, odd in ODD.items()
        if number < bench.prompts
    ]
    errors = sum(row["finish"] == "error" for row in made.values())
    whole = f"{len(made):,} of {bench.prompts:,}: {len(made) - errors:,} answers and {errors} errors"
    return [*rows, ("accounted for", whole, "", "all")]


def kill(bench: Bench) -> Rows:
    """SIGKILL for the whole tree when half of the prompts are answered, and the same command again."""
    again = []
    for run in (f"kill-{number}" for number in range(bench.kills)):
        with served(seconds=0.2) as port:
            with bench.job(port, run, *ON_RAY) as job:
                while figures(port)["done"] < bench.prompts // 2:
                    if not running(job, 0.05):
                        raise RuntimeError(f"ended by itself: {(bench.folder / f'{run}.log').read_text()[-3000:]}")
            bench.finish(port, run, *ON_RAY)
            found = figures(port)
        again.append(_again(found))
        assert len(bench.made(run)) == bench.prompts, "a prompt is missing"
    return [("asked again after SIGKILL", ", ".join(map(str, again)), "", f"<= {SLOTS}")]


def memory(bench: Bench) -> Rows:
    """The peak of the whole tree, on Ray and without."""
    rows: Rows = []
    for where, settings, aim in (("on Ray", ON_RAY, "<= 1,200 MB"), ("in one process", IN_PROCESS, "")):
        peak = Counter[str]()
        with served(seconds=0.2) as port, bench.job(port, f"memory-{len(rows)}", *settings) as job:
            while running(job, 0.25):
                peak = max(peak, used(job), key=Counter.total)
        rows.append((f"peak memory {where}", f"{peak.total() / 1e6:,.0f} MB", "", aim))
        rows += [(f"    {kind}", f"{size / 1e6:,.0f} MB", "", "") for kind, size in peak.most_common() if len(peak) > 1]
    return rows


COLUMNS = {"span": span, "failures": failures, "tail": tail, "bodies": bodies, "kill": kill, "memory": memory}


def _spanned(bench: Bench, run: str, **server: float) -> tuple[dict[str, Any], float]:
    """What the server was asked in a run on Ray, and how long after the command that began."""
    with served(**server) as port:
        began = time.time()
        bench.finish(port, run, *ON_RAY)
        found = figures(port)
    return found, found["first"] - began


def _bare(bench: Bench, **server: float) -> dict[str, Any]:
    """What the server was asked by a bare client."""
    with served(**server) as port:
        asyncio.run(_asked_plainly(f"http://127.0.0.1:{port}/v1/chat/completions", bench.prompts))
        return figures(port)


async def _asked_plainly(url: str, prompts: int) -> None:
    import aiohttp

    numbers = iter(range(prompts))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def slot() -> None:
            for number in numbers:
                message = {"role": "user", "content": f"What is worth knowing about number {number}"}
                async with session.post(url, json={"model": "bench", "messages": [message]}) as got:
                    await got.read()

        await asyncio.gather(*(slot() for _ in range(SLOTS)))


def _became(row: dict[str, Any]) -> str:
    return f"error: {row['error']}" if row["error"] else f"left out, {row['reason']}"


def _number(row: dict[str, Any]) -> int:
    return int(row["prompt"][-1]["content"].split()[-1])


def _ratio(found: dict[str, Any]) -> float:
    return (found["last"] - found["first"]) / found["ideal"]


def _again(found: dict[str, Any]) -> int:
    """How many requests were for what had been asked before."""
    return sum(found["asked"].values()) - len(found["asked"])


# processes


@contextlib.contextmanager
def served(**settings: float) -> Iterator[int]:
    """A server while a `with` block runs: its port."""
    line = [sys.executable, str(SERVER), f"slots={SLOTS}", *(f"{name}={value}" for name, value in settings.items())]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def figures(port: int) -> dict[str, Any]:
    """What a server has been asked so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/figures") as got:
        found: dict[str, Any] = json.load(got)
    return found


def running(job: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether a job still runs after so many seconds."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        job.wait(seconds)
    return job.poll() is None


def tree(job: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """A job's processes."""
    with contextlib.suppress(psutil.NoSuchProcess):
        leader = psutil.Process(job.pid)
        return [leader, *leader.children(recursive=True)]
    return []


def used(job: subprocess.Popen[bytes]) -> Counter[str]:
    """The memory of a job's processes by kind, in bytes; of what several share, each has its part (PSS)."""
    now = Counter[str]()
    for process in tree(job):
        with contextlib.suppress(psutil.Error, OSError):
            line = " ".join(process.cmdline())
            kind = next((kind for part, kind in KINDS.items() if part in line), "others of Ray")
            said = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            now[kind] += 1024 * sum(int(each.split()[1]) for each in said.splitlines() if each.startswith("Pss:"))
    return now


if __name__ == "__main__":
    command(main, __doc__)
