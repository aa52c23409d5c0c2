"""A replica of the largest model, simulated: slots, tokens a second, long and short answers, and time that runs faster.

What runs at once shares what the replica writes in a second, and one sequence alone gets no more than `alone`. The
engine is computed from one finished sequence to the next, so that a late wake-up of this process costs nothing that
the replica would have done meanwhile; only requests that come late do.
"""

import asyncio
import heapq
import math
import os
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, Sampling, Values
from sdg_ray.record import Chat

SIGMA = 0.8  # of the logarithm of an answer's length
LONGEST = 2048


@dataclass(frozen=True, kw_only=True)
class Replica:
    """Which model, and how fast: by default Nemotron-4 340B in FP8 on eight H100, as conf/throughput.yaml has it.

    Seconds are `speed` times as short as they would be. In `folder` each replica writes for how long it was busy;
    `together` of them are ready at the same time, as if they took equally long to load.
    """

    name: str = "simulated-340b"
    reads: float = 9_500.0
    writes: float = 3_000.0
    alone: float = 40.0
    slots: int = 384
    prompt: int = 400
    answer: float = 600.0
    speed: float = runtime(8.0)
    folder: str = runtime(".")
    together: int = runtime(1)

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Simulation":
        """Wait until all are there."""
        (Path(self.folder) / f"{os.getpid()}.there").touch()
        until = time.monotonic() + 600
        while len(list(Path(self.folder).glob("*.there"))) < self.together and time.monotonic() < until:
            threading.Event().wait(0.5)
        return Simulation(self)


@dataclass(order=True)
class Running:
    """A sequence in the engine: what every sequence will have got when this one is through."""

    until: float
    of: "Request" = field(compare=False)


@dataclass(eq=False)
class Request:
    """A prompt with some candidates, and who waits for them."""

    left: int
    done: "asyncio.Future[None]"


class Simulation:
    """A replica at work."""

    def __init__(self, config: Replica) -> None:
        self.config = config
        self.waiting: deque[tuple[float, Request]] = deque()
        self.running: list[Running] = []
        self.got = 0.0  # tokens that a sequence has got which was there from the beginning
        self.at, self.busy = time.time(), 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.log = (Path(config.folder) / f"{os.getpid()}.busy").open("w", buffering=1)
        self.noting = False

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """`n` candidates of lognormal length; what is read of the prompt delays them as so many tokens written."""
        lengths = [_length(self.config.answer, seed + i) for i in range(n)]
        reading = self.config.prompt * self.config.writes / self.config.reads / n
        request = Request(n, asyncio.get_running_loop().create_future())
        self._advance()
        self.waiting.extend((length + reading, request) for length in lengths)
        self._advance()
        await request.done
        made = [Answer(text=f"{length} words", finish="stop", tokens=length) for length in lengths]
        return Answers(candidates=made, prompt_tokens=self.config.prompt)

    async def classify(self, chat: Chat) -> Values:
        """Not asked: it only writes."""
        raise BadRow("this replica only writes")

    @property
    def _rate(self) -> float:
        """Tokens that each sequence gets in a second of this machine's time."""
        each = min(self.config.alone, self.config.writes / max(1, len(self.running)))
        return each * self.config.speed

    def _advance(self) -> None:
        """Compute what happened until now, and wake up when the next sequence is through."""
        now = time.time()
        self._admit()
        while self.running and self.at + (left := (self.running[0].until - self.got) / self._rate) <= now:
            self._pass(left)
            self._end(heapq.heappop(self.running))
            self._admit()
        self._pass(now - self.at)
        if self.timer:
            self.timer.cancel()
        loop = asyncio.get_running_loop()
        if self.running:
            self.timer = loop.call_later((self.running[0].until - self.got) / self._rate, self._advance)
        if not self.noting:
            self.noting = True
            loop.call_soon(self._note)

    def _pass(self, seconds: float) -> None:
        """Let time go by in which nothing begins or ends."""
        self.busy += seconds * min(1.0, len(self.running) * self.config.alone / self.config.writes)
        self.got += seconds * self._rate if self.running else 0.0
        self.at += seconds

    def _admit(self) -> None:
        while self.waiting and len(self.running) < self.config.slots:
            length, request = self.waiting.popleft()
            heapq.heappush(self.running, Running(self.got + length, request))

    def _end(self, sequence: Running) -> None:
        sequence.of.left -= 1
        if not sequence.of.left:
            sequence.of.done.set_result(None)

    def _note(self) -> None:
        """A line each second: when, and how long it has been busy so far."""
        self._advance()
        self.log.write(f"{self.at:.3f} {self.busy:.4f}\n")
        asyncio.get_running_loop().call_later(1.0, self._note)


def _length(mean: float, seed: int) -> int:
    chance = random.Random(seed)
    return max(1, min(LONGEST, round(chance.lognormvariate(math.log(mean) - SIGMA**2 / 2, SIGMA))))
