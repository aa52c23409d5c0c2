"""A small HTTP proxy that stands in front of an object store and misbehaves on request.

A rule looks at a request (`PUT`, `/bucket/run/step/shard-00000.parquet`) and says what goes wrong with it, or None:

    refuse 503       answered with an S3 error of that status; the store never sees the request
    refuse 400 ExpiredToken    the same with a code of the error's own
    reset before     the connection breaks, the store never sees the request
    reset after      the store does as it was asked, and then the connection breaks: the client cannot know
    delay 0.2        everything goes well, late
    hold before      the request waits, and reaches the store once `release` is called, whoever asked for it
    hold after       the store does as it was asked, and its answer waits until `release` is called
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType

Rule = Callable[[str, str], str | None]

CODES = {403: "InvalidAccessKeyId", 500: "InternalError", 503: "SlowDown"}
ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>as the test asked</Message></Error>"


class FaultProxy:
    """Runs in a thread while a `with` block does; `rule` may change at any time, `done` counts what was done."""

    def __init__(self, backend: int) -> None:
        self.backend = backend
        self.rule: Rule = lambda method, path: None
        self.done: Counter[str] = Counter()
        self.written: Counter[str] = Counter()  # how often the store itself took something at a path
        self.held, self.let_go, self.free = 0, 0, asyncio.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> "FaultProxy":
        self.thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        self.server = asyncio.run_coroutine_threadsafe(starting, self.loop).result(10)
        self.address = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def times(self, n: int, fault: str, method: str = "PUT", part: str = "shard-") -> None:
        """From now on the first `n` requests of `method` with `part` in their path get `fault`."""
        left = [n]

        def rule(asked: str, path: str) -> str | None:
            if asked != method or part not in path or not left[0]:
                return None
            left[0] -= 1
            return fault

        self.rule = rule

    def nth(self, n: int, fault: str, method: str = "PUT") -> None:
        """From now on request `n` of `method`, counted from 1, gets `fault`."""
        seen = [0]

        def rule(asked: str, path: str) -> str | None:
            seen[0] += asked == method
            return fault if asked == method and seen[0] == n else None

        self.rule = rule

    def release(self, seconds: float = 30) -> None:
        """Let what was held go on, and wait until it is through."""
        self.loop.call_soon_threadsafe(self.free.set)
        until = time.monotonic() + seconds
        while self.held > self.let_go:
            assert time.monotonic() < until, "what was held did not end"
            time.sleep(0.005)
        self.free = asyncio.Event()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault: str | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
            fault = self.rule(method, path)
            self.done[fault or "passed"] += 1
            await self._answer(fault or "", method, path, head, await reader.readexactly(_length(head)), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.let_go += (fault or "").startswith("hold")

    async def _answer(
        self, fault: str, method: str, path: str, head: bytes, body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        what, _, detail = fault.partition(" ")
        if what == "refuse":
            writer.write(_refusal(detail, method))
        elif fault == "reset before":
            writer.transport.abort()
        else:
            await asyncio.sleep(float(detail) if what == "delay" else 0)
            if fault == "hold before":
                await self._hold()
            answer = await self._ask(head, body)
            if method == "PUT" and answer.split(b" ", 2)[1] == b"200":
                self.written[path.split("?")[0]] += 1
            if fault == "hold after":
                await self._hold()
            if fault == "reset after":
                writer.transport.abort()
            else:
                writer.write(answer)
                await writer.drain()

    async def _hold(self) -> None:
        self.held += 1
        await self.free.wait()

    async def _ask(self, head: bytes, body: bytes) -> bytes:
        """The whole answer of the real store, for one request on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.backend)
        writer.write(_closing(head) + body)
        answer = await reader.read(-1)
        writer.close()
        top, rest = answer.split(b"\r\n\r\n", 1)
        return _closing(top + b"\r\n\r\n") + rest


def _length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)


def _closing(head: bytes) -> bytes:
    """A head that says that the connection is closed after this."""
    kept = [line for line in head.rstrip(b"\r\n").split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


def _refusal(detail: str, method: str) -> bytes:
    status, _, code = detail.partition(" ")
    code = code or CODES[int(status)]
    body = ERROR.format(code=code).encode() if method != "HEAD" else b""
    head = f"HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
