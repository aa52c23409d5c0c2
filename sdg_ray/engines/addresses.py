"""Several addresses of one model: who gets the next request, and who is given a rest.

The address with the fewest requests in flight is next. One that cannot be reached, or fails again and again, rests;
after that it is asked for its list of models, which tells whether it is back. One that asks to wait (Retry-After) rests
as long as it says. When all of them are away for longer than `patience`, whoever waits is told so at once.

A request that is sent again does not queue up behind all the new ones: its shard waits for it.

    async with addresses.next() as address:      waits for room; raises EngineAway
        ... address.went_well() or address.failed(fault)
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Sequence

from sdg_ray.engines import EngineAway
from sdg_ray.engines.client import Client
from sdg_ray.engines.retries import LONGEST, Fault

FAILURES = 10  # in a row, then an address rests
SHOWN = 4  # addresses that are named in a sentence

log = logging.getLogger(__name__)


class Address:
    """One address, its client, and how it has been doing."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.in_flight = self.failures = self.rests = 0  # the last two in a row
        self.until = 0.0  # it rests until then
        self.ask_first = self.asked = False  # whether it must show that it is back, and is being asked
        self.since: float | None = None  # when it failed first after it last did well
        self.last = ""  # what it said then

    def went_well(self) -> None:
        """It has answered."""
        self.failures, self.rests, self.until, self.ask_first, self.since = 0, 0, 0.0, False, None

    def failed(self, fault: Fault) -> None:
        """It has not; perhaps it rests from now on."""
        now = time.monotonic()
        self.failures, self.last = self.failures + 1, fault.words
        self.since = self.since or now
        if fault.turned_away and fault.wait is not None:
            self.until = max(self.until, now + fault.wait)
        elif now >= self.until and (fault.unreachable or self.failures >= FAILURES):
            self.rest(now)

    def rest(self, now: float) -> None:
        """Send nothing for a while, longer every time, and then ask first."""
        if not self.rests:
            log.warning("%s rests: it %s", self.client.url, self.last)
        self.until = now + min(LONGEST, 2.0**self.rests) * random.uniform(0.5, 1)
        self.rests, self.ask_first = self.rests + 1, True

    def ready(self, now: float) -> bool:
        """Whether it may be sent something."""
        return now >= self.until and not self.ask_first

    def away(self, now: float, patience: float) -> bool:
        """Whether its rest ends later than `patience` after its first failure."""
        if self.ready(now) or self.asked or self.since is None:
            return False
        return self.until - self.since > patience


class Addresses:
    """The addresses of one model, as one event loop uses them."""

    def __init__(self, all_: Sequence[Address], model: str, concurrency: int, patience: float) -> None:
        self.all, self.model, self.concurrency, self.patience = all_, model, concurrency, patience
        self.queues = {again: asyncio.Lock() for again in (False, True)}  # the first in each looks out for all
        self.changed = asyncio.Event()
        self.asking: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def next(self, again: bool = False) -> AsyncIterator[Address]:
        """Room at the best address, once there is any; those `again` take turns with the others. Raises EngineAway."""
        address = await self._free(again)
        try:
            yield address
        finally:
            address.in_flight -= 1
            self.changed.set()

    async def _free(self, again: bool) -> Address:
        async with self.queues[again]:
            while True:
                self.changed.clear()
                now = time.monotonic()
                self._ask_who_has_rested(now)
                free = [each for each in self.all if each.ready(now) and each.in_flight < self.concurrency]
                if free:
                    chosen = min(free, key=lambda each: each.in_flight)
                    chosen.in_flight += 1
                    return chosen
                if all(each.away(now, self.patience) for each in self.all):
                    raise EngineAway(self._sentence(now))
                await self._wait(now)

    async def _wait(self, now: float) -> None:
        """Until room is made, an address is back, or the next one has rested."""
        rests = [each.until - now for each in self.all if each.until > now]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(rests, default=None)):
                await self.changed.wait()

    def _ask_who_has_rested(self, now: float) -> None:
        for address in self.all:
            if address.ask_first and now >= address.until and not address.asked:
                address.asked = True
                task = asyncio.get_running_loop().create_task(self._ask(address))
                self.asking.add(task)
                task.add_done_callback(self.asking.discard)

    async def _ask(self, address: Address) -> None:
        """Whether an address is back. If so, a single failure sends it to rest again."""
        try:
            greeting = await address.client.greet()
        finally:
            address.asked = False
            self.changed.set()
        if isinstance(greeting, Fault):
            address.last = greeting.words
            address.rest(time.monotonic())
        else:
            address.ask_first = False
            address.failures = min(address.failures, FAILURES - 1)

    def _sentence(self, now: float) -> str:
        said = [f"{each.client.url} for {now - (each.since or now):.0f} s, it {each.last}" for each in self.all[:SHOWN]]
        more = f" and {len(self.all) - SHOWN} more" if len(self.all) > SHOWN else ""
        return (
            f"model {self.model}: no address answers: {'; '.join(said)}{more}. Look at the server and run again, "
            f"or wait longer than patience={self.patience:g}"
        )
