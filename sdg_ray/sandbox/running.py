"""A sandbox while it runs: what it writes is read, its memory is counted, and at the end all of it is killed."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

LOOK_SECONDS = 0.02
PIECE = 1 << 16
KIB = 1 << 10


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended, by itself or because it was `stopped` (timed out, out of memory, too much output)."""

    exit: int
    stopped: str | None
    stdout: bytes
    stderr: bytes
    seconds: float
    peak_mib: float  # the most that all its processes had at once when it was looked at, every 20 ms


@dataclass(kw_only=True)
class Running:
    """One sandbox, started; its limits; and what was seen of it."""

    process: subprocess.Popen[bytes]
    wall_seconds: float
    memory_mib: int
    began: float = field(default_factory=time.monotonic)
    peak: float = 0.0

    def end(self, longest: int) -> Ended:
        """Wait for its end or bring it about; of what it writes at most `longest` bytes are taken."""
        out: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        try:
            stopped = self._read(out, longest)
        finally:
            self._kill()
        seconds = time.monotonic() - self.began
        texts = {name: bytes(text[:longest]) for name, text in out.items()}
        return Ended(exit=self.process.wait(), stopped=stopped, seconds=seconds, peak_mib=self.peak, **texts)

    def _read(self, out: dict[str, bytearray], longest: int) -> str | None:
        """Read until both ends are closed or a limit is passed; which one."""
        with selectors.DefaultSelector() as selector:
            for name, stream in (("stdout", self.process.stdout), ("stderr", self.process.stderr)):
                assert stream is not None
                selector.register(stream, selectors.EVENT_READ, name)
            while selector.get_map() and self.process.poll() is None:
                for key, _ in selector.select(LOOK_SECONDS):
                    take(key.fileobj, out[key.data]) or selector.unregister(key.fileobj)  # type: ignore[arg-type]
                if sum(map(len, out.values())) > longest:
                    return "too much output"
                if stopped := self._passed():
                    return stopped
        return None

    def _passed(self) -> str | None:
        """The limit that is passed now, if one is."""
        if time.monotonic() - self.began > self.wall_seconds:
            return "timed out"
        self.peak = max(self.peak, sum(map(memory_mib, tree(self.process.pid))))
        return "out of memory" if self.peak > self.memory_mib else None

    def _kill(self) -> None:
        """Kill what there is. In namespaces all of it dies with the first process; else it is the process group."""
        for pid in tree(self.process.pid):
            kill(pid)
        kill(-self.process.pid)
        self.process.wait()


def take(stream: IO[bytes], into: bytearray) -> bool:
    """Add what can be read now; whether there may be more."""
    piece = os.read(stream.fileno(), PIECE)
    into += piece
    return bool(piece)


def kill(pid: int) -> None:
    """Kill a process, or a group of them, if it is still there and ours."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def tree(pid: int) -> Iterator[int]:
    """The process and all that come of it."""
    yield pid
    for child in children(pid):
        yield from tree(child)


def children(pid: int) -> Sequence[int]:
    """The processes that a process started and that are its own still."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        return [int(child) for thread in threads for child in read(f"/proc/{pid}/task/{thread}/children").split()]
    except OSError:
        return []


def memory_mib(pid: int) -> float:
    """What a process holds of memory that is no file's."""
    try:
        lines = read(f"/proc/{pid}/status").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))) / KIB


def read(path: str) -> str:
    """A small file of the kernel's."""
    with open(path) as file:
        return file.read()
