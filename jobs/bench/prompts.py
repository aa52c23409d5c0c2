"""How busy an endpoint is kept while prompts are made: topics, questions on them, and each refined in four modes.

    python jobs/bench/prompts.py                     1,000 questions with their 4,000 refined versions
    python jobs/bench/prompts.py questions=200       fewer

    questions=1000   how many questions
    slots=64         how many calls the endpoint answers at once; further ones wait there
    seconds=0.2      what a call takes, in the middle; lognormal, sigma 0.5
    overlap=8        how many shards are in hand

Busy is the share of the slots that are taken, averaged over time, from a second after the first call until the last
one begins; making the topics, which comes first, is a part of it. The engine is scripted and costs nothing itself.
"""

import asyncio
import itertools
import random
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, Sampling, Values
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import Writer
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.topics import Broad
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.record import Chat
from sdg_ray.runner import bring_all
from sdg_ray.runner.local import Local
from sdg_ray.store import open_run

EXACTLY = re.compile(r"exactly (\d+)")
SIGMA, TARGET = 0.5, 0.9


def main(arguments: Sequence[str], console: Console) -> int:
    """Make the prompts in this process, and print how busy the endpoint was."""
    options = typed(arguments, questions=1000, slots=64, seconds=0.2, overlap=8)
    endpoint = Endpoint(slots=options["slots"], seconds=options["seconds"])
    made = tree(endpoint, options["questions"])
    with tempfile.TemporaryDirectory(prefix="prompts-") as root:
        store = open_run(root, "bench", made.identities())
        began = time.monotonic()
        failed = bring_all(made, store, Local(overlap=options["overlap"]))
        wall = time.monotonic() - began
    table = Table(title=f"{options['questions']:,} questions, each refined in four modes", box=box.SIMPLE_HEAD)
    for name in ("calls", "wall s", "calls alone s", "busy", "aimed at"):
        table.add_column(name, justify="right")
    calls, alone = len(endpoint.spans), sum(end - start for start, end in endpoint.spans) / options["slots"]
    busy = endpoint.busy(after=1.0)
    table.add_row(f"{calls:,}", f"{wall:.1f}", f"{alone:.1f}", f"{busy:.1%}", f">= {TARGET:.0%}")
    console.print(table)
    return int(bool(failed))


def tree(endpoint: "Endpoint", questions: int) -> Recipe:
    """Two questions on each of many topics, plain and in four modes."""
    prompts = Prompts(
        families={"open_qa": OpenQa(quota=questions * 5, questions=2)},
        writer=Writer(engine=endpoint),
        topics={"general": Broad(quota=max(6, questions // 10))},
        rows=80,
    )
    return recipe(prompts=prompts)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Answers lists of invented items; so many calls at once, each after its time."""

    slots: int = runtime(64)
    seconds: float = runtime(0.2)
    spans: list[tuple[float, float]] = field(default_factory=list, metadata={"runtime": True})
    model = "endpoint"

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Line":
        """A line to the endpoint."""
        return Line(self)

    def busy(self, after: float) -> float:
        """The share of slots taken from `after` seconds on until the last call begins."""
        first, last = min(start for start, _ in self.spans) + after, max(start for start, _ in self.spans)
        taken = sum(max(0.0, min(end, last) - max(start, first)) for start, end in self.spans)
        return taken / (self.slots * (last - first))


class Line:
    """The endpoint as a session."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint, self.room = endpoint, asyncio.Semaphore(endpoint.slots)
        self.numbers = itertools.count()

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """A list of as many items as the ask says."""
        async with self.room:
            start = time.monotonic()
            await asyncio.sleep(self.endpoint.seconds * random.Random(seed).lognormvariate(0.0, SIGMA))
            self.endpoint.spans.append((start, time.monotonic()))
        wanted = EXACTLY.search(chat[-1]["content"])
        lines = [f"{i}. item {next(self.numbers)}" for i in range(1, int(wanted[1]) + 1 if wanted else 2)]
        return Answers(candidates=[Answer(text="\n".join(lines), finish="stop", tokens=len(lines))], prompt_tokens=1)

    async def classify(self, chat: Chat) -> Values:
        """It does not judge."""
        raise BadRow("no judge: this endpoint only writes")


if __name__ == "__main__":
    command(main, __doc__)
