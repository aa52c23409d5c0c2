"""An OpenAI-compatible server on loopback, for benchmarks: so many slots, answers that take their time, and faults.

    python jobs/bench/server.py slots=64 seconds=0.2 failures=0.02      writes its port and serves until it is killed
    GET /figures                                                        what it was asked, how often, and when

    slots=64      how many requests it works on at a time; others wait
    seconds=0.2   what an answer takes; with sigma=0.8 that is the mean of a lognormal distribution
    failures=0    the share of requests that end with HTTP 500, as late as an answer would have come
    odd=0         1: the four prompts of ODD get what is written there, every time they are asked
    seed=0        of what is drawn

A prompt ends with its number, and the number decides how long its answer takes: so whoever asks has the same work.
"""

import asyncio
import json
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from sdg_ray.command import command, typed

ODD = {333: "truncated body", 666: "empty body", 999: "empty text", 1332: "cut off"}
TEXT = "Nothing that is worth hearing, but said in as many words as an answer of the usual length has. " * 2
WHOLE = b"HTTP/1.1 %d -\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


def main(arguments: Sequence[str], console: Console) -> int:
    """Serve until killed."""
    defaults = {"slots": 64, "seconds": 0.2, "sigma": 0.0, "failures": 0.0, "odd": 0, "seed": 0}
    asyncio.run(Served(typed(arguments, **defaults)).forever())
    return 0


class Served:
    """The server, and what it has been asked: numbers of prompts, with how often, and the first and last moment."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options, self.slots = options, asyncio.Semaphore(options["slots"])
        self.chance = random.Random(options["seed"])
        self.asked, self.answered = Counter[int](), set[int]()
        self.first = self.last = 0.0

    async def forever(self) -> None:
        """Say which port it is, and serve."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1024)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()

    def figures(self) -> dict[str, Any]:
        """What was asked, and how many were answered; `ideal` is how long it takes with all slots busy all the time."""
        ideal = sum(map(self._seconds, self.asked)) / self.options["slots"]
        counts = {"asked": self.asked, "done": len(self.answered)}
        return counts | {"first": self.first, "last": self.last, "ideal": ideal}

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request, until the client is gone."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                number, status, answer = await self._reply(head.split(b" ", 2)[1], body)
                writer.write(WHOLE % (status, len(answer)) + answer)
                await writer.drain()
                if number is not None:
                    self.last = time.time()
                if number is not None and status == 200:
                    self.answered.add(number)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _reply(self, path: bytes, body: bytes) -> tuple[int | None, int, bytes]:
        """The number of the prompt, the status, and the body."""
        if path == b"/figures":
            return None, 200, json.dumps(self.figures()).encode()
        if not body:
            return None, 200, b'{"data": [{"id": "bench"}]}'
        self.first = self.first or time.time()
        number = int(json.loads(body)["messages"][-1]["content"].split()[-1])
        self.asked[number] += 1
        fails = self.chance.random() < self.options["failures"]
        async with self.slots:
            await asyncio.sleep(self._seconds(number))
        if fails:
            return number, 500, b'{"error": {"message": "as the benchmark asked"}}'
        return number, 200, _answer(ODD.get(number, "") if self.options["odd"] else "")

    def _seconds(self, number: int) -> float:
        mean, sigma = self.options["seconds"], self.options["sigma"]
        if not sigma:
            return mean
        chance = random.Random(f"{self.options['seed']} {number}")
        return chance.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)


def _answer(odd: str) -> bytes:
    """A completion, or what is odd instead."""
    message = {"role": "assistant", "content": "" if odd == "empty text" else TEXT}
    choice = {"index": 0, "message": message, "finish_reason": "length" if odd == "cut off" else "stop"}
    usage = {"prompt_tokens": 12, "completion_tokens": 40, "total_tokens": 52}
    body = json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage}).encode()
    return {"truncated body": body[: len(body) // 2], "empty body": b""}.get(odd, body)


def _length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)


if __name__ == "__main__":
    command(main, __doc__)
