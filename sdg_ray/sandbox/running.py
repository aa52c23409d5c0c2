"""A sandbox while it runs: what it writes is read, its memory is counted, and at the end all of it is killed."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LOOK_SECONDS = 0.02
PIECE = 1 << 16
KIB = 1 << 10


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended, by itself or because it was `stopped` (timed out, out of memory, too much output)."""

    exit: int  # 128 and the signal's number, where one ended it
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
    uid: int | None = None  # the user that is this sandbox's alone
    began: float = field(default_factory=time.monotonic)
    peak: float = 0.0

    def end(self, longest: int) -> Ended:
        """Wait for its end or bring it about; of what it writes at most `longest` bytes are taken."""
        assert self.process.stdout is not None and self.process.stderr is not None
        out = {self.process.stdout.fileno(): bytearray(), self.process.stderr.fileno(): bytearray()}
        try:
            stopped = self._watch(out, longest)
        finally:
            self._kill()
        seconds, code = time.monotonic() - self.began, self.process.wait()
        stdout, stderr = (bytes(text[:longest]) for text in out.values())
        return Ended(
            exit=code if code >= 0 else 128 - code,
            stopped=stopped,
            stdout=stdout,
            stderr=stderr,
            seconds=seconds,
            peak_mib=self.peak,
        )

    def _watch(self, out: dict[int, bytearray], longest: int) -> str | None:
        """Read until it is over or a limit is passed; which one."""
        over = os.pidfd_open(self.process.pid)  # it is not reaped yet, so its number stays its own
        try:
            with selectors.DefaultSelector() as selector:
                for each in (over, *out):
                    selector.register(each, selectors.EVENT_READ)
                return self._look(selector, over, out, longest)
        finally:
            os.close(over)

    def _look(self, selector: selectors.BaseSelector, over: int, out: dict[int, bytearray], longest: int) -> str | None:
        """The loop of it: what is left in the pipes is read even when it is over."""
        while ready := {key.fd for key, _ in selector.select(LOOK_SECONDS)} or {-1}:
            for stream in ready & out.keys():
                piece = os.read(stream, PIECE)
                out[stream] += piece
                if not piece:
                    selector.unregister(stream)
            if sum(map(len, out.values())) > longest:
                return "too much output"
            if ready == {over}:
                return None
            if over not in ready and (stopped := self._passed()):
                return stopped
        return None

    def _passed(self) -> str | None:
        """The limit that is passed now, if one is."""
        if time.monotonic() - self.began > self.wall_seconds:
            return "timed out"
        self.peak = max(self.peak, sum(map(memory_mib, tree(self.process.pid))))
        return "out of memory" if self.peak > self.memory_mib else None

    def _kill(self) -> None:
        """Kill what there is: in namespaces all dies with the first process; else the group, and the user's own."""
        for pid in tree(self.process.pid):
            kill(pid)
        kill(-self.process.pid)
        for pid in of_user(self.uid) if self.uid is not None else ():
            kill(pid)
        self.process.wait()


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
    return sum(status(pid, name) for name in ("RssAnon", "RssShmem")) / KIB


def of_user(uid: int) -> list[int]:
    """The processes of a user."""
    return [int(pid) for pid in os.listdir("/proc") if pid.isdecimal() and status(int(pid), "Uid", -1) == uid]


def threads_of(uid: int) -> int:
    """How many threads a user has: this is what the kernel counts when it limits processes."""
    return sum(status(pid, "Threads") for pid in of_user(uid))


def status(pid: int, name: str, otherwise: int = 0) -> int:
    """The first number that the kernel tells of a process under a name."""
    try:
        lines = read(f"/proc/{pid}/status").splitlines()
    except OSError:
        return otherwise
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), otherwise)


def read(path: str) -> str:
    """A small file of the kernel's."""
    with open(path) as file:
        return file.read()
