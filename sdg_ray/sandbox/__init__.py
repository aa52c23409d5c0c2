"""A sandbox: Python code that nobody has read runs in a process of its own and can do no harm.

    Sandbox().run("print(6 * 7)")   ->  Ended(exit=0, stopped=None, stdout=b"42\\n", ...)
    Sandbox().run("while True: 1")  ->  Ended(exit=152, ...)   its CPU seconds were spent

It has no network and no environment, sees of the file system Python's own library and nothing else, writes only to a
folder in memory that is gone with it, and has limits of CPU and wall-clock time, memory, files, processes and output.
How much of that a machine can give, `isolation.py` finds out; `found()` says it, `check()` refuses less than demanded.
"""

import functools
import marshal
import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from types import CodeType
from typing import Any

from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.sandbox.isolation import LEVELS, MIB, WAYS, Isolation, Start, interpreter, reason
from sdg_ray.sandbox.running import Ended, Running

FIRST = (
    "import marshal,os\nplan=marshal.loads(os.read(0,int.from_bytes(os.read(0,8),'little')))\n"
    "scope={'__name__':'inside'}\nexec(plan['inside'],scope)\nscope['main'](plan)"
)
OPEN_FILES = 64
PROBE = "import random, _socket; print('ready')"


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """The limits, and how much isolation is demanded at least: limits, namespaces or bwrap.

    `packages` is a folder of further modules that programs may import; without it there is the standard library.
    """

    isolation: str = runtime("namespaces")
    cpu_seconds: int = 8  # of one process; several have as much each, within the wall-clock time
    wall_seconds: float = 10.0
    memory_mib: int = 512  # of one process, and of all together
    file_mib: int = 16  # of one file
    folder_mib: int = 64  # of all files
    processes: int = 16  # and threads
    output_kib: int = 256
    packages: str | None = None

    def check(self) -> None:
        """Raise `Refused` for a limit that cannot be, or where this machine cannot isolate as much as demanded."""
        limits = (self.cpu_seconds, self.wall_seconds, self.memory_mib, self.file_mib, self.folder_mib, self.output_kib)
        if min(limits) <= 0 or self.processes < 4:
            raise Refused(f"{self} cannot be: limits are above zero, processes from 4")
        if self.packages is not None and not os.path.isdir(self.packages):
            raise Refused(f"the sandbox's packages={self.packages} is no folder; install them with pip --target")
        if self.isolation not in LEVELS:
            raise Refused(f"the sandbox's isolation={self.isolation!r} is none of {', '.join(LEVELS)}")
        there = found()
        if LEVELS.index(there.name) < LEVELS.index(self.isolation):
            raise Refused(
                f"the sandbox demands isolation={self.isolation} and this machine only has {there.name} "
                f"({there.missing}): install bubblewrap, allow user namespaces, or choose isolation={there.name}"
            )

    def run(self, program: str | CodeType, stdin: bytes = b"", modules: Mapping[str, CodeType] | None = None) -> Ended:
        """Run `program` to its end, in this thread. It may import `modules`, and reads `stdin`.

        Raises:
            Refused: this machine cannot isolate as much as demanded.
        """
        self.check()
        return self._run(found().name, program, stdin, modules or {})

    def _run(self, way: str, program: str | CodeType, stdin: bytes, modules: Mapping[str, CodeType]) -> Ended:
        """The same in a way that is known to work, or is being tried."""
        start = WAYS[way](self.folder_mib, self.packages and os.path.realpath(self.packages))
        limits = self._limits(start.others)
        told = {"program": program, "modules": dict(modules), "limits": limits}
        with ExitStack() as stack:
            folder = None if start.command else stack.enter_context(own_folder(start.plan["uid"]))
            process = started(start, bundle(start.plan | told) + stdin, folder, stack)
            own = {"wall_seconds": self.wall_seconds, "memory_mib": self.memory_mib, "uid": start.plan["uid"]}
            return Running(process=process, **own).end(self.output_kib << 10)

    def _limits(self, others: int) -> dict[str, tuple[int, int]]:
        """The kernel's limits of one process, soft and hard; `others` are processes that it counts with its own."""
        limits = {"RLIMIT_AS": self.memory_mib * MIB, "RLIMIT_FSIZE": self.file_mib * MIB, "RLIMIT_CORE": 0}
        limits |= {"RLIMIT_NPROC": others + self.processes, "RLIMIT_NOFILE": OPEN_FILES, "RLIMIT_MEMLOCK": 0}
        same = {name: (limit, limit) for name, limit in limits.items()}
        return same | {"RLIMIT_CPU": (self.cpu_seconds, self.cpu_seconds + 1)}


@functools.cache
def found() -> Isolation:
    """The best way of isolation that works on this machine, tried once in a process."""
    missing: list[str] = []
    for name in reversed(LEVELS):
        if not (why := reason(name, tried)):
            return Isolation(name=name, missing="; ".join(missing))
        missing.append(f"{name}: {why}")
    raise Refused(f"no sandbox can be made here: {'; '.join(missing)}")


def tried(name: str) -> str:
    """Why nothing runs in a sandbox of this kind; empty if it does."""
    try:
        ended = Sandbox()._run(name, PROBE, b"", {})
    except OSError as error:
        return str(error)
    if ended.stdout == b"ready\n":
        return ""
    last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
    return " ".join(last) or f"it ends with {ended.exit}"


def started(start: Start, given: bytes, folder: str | None, stack: ExitStack) -> "subprocess.Popen[bytes]":
    """The process, with nothing but its three streams, and the filter for bubblewrap to read."""
    command, handed = list(start.command), []
    if start.filter:
        handed.append(stack.enter_context(reading(start.filter)).fileno())
        command += ["--seccomp", str(handed[0])]
    command += ["--"] if command else []
    return stack.enter_context(
        subprocess.Popen(
            [*command, interpreter(), "-I", "-S", "-B", "-X", "utf8", "-c", FIRST],
            stdin=stack.enter_context(reading(given)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder or "/",
            env={"PATH": os.defpath},
            start_new_session=True,
            pass_fds=handed,
        )
    )


def reading(given: bytes) -> Any:
    """A file in memory with `given`, open to be read and not to be written."""
    with open(os.memfd_create("given"), "wb") as file:
        file.write(given)
        file.flush()
        return open(f"/proc/self/fd/{file.fileno()}", "rb", buffering=0)


def own_folder(uid: int | None) -> "tempfile.TemporaryDirectory[str]":
    """A folder for a process without a file system of its own."""
    folder = tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
    if uid is not None:
        os.chown(folder.name, uid, uid)
    return folder


def bundle(plan: Mapping[str, Any]) -> bytes:
    """What is read first in the sandbox: `inside.py` and its plan."""
    told = marshal.dumps(dict(plan) | {"inside": compiled("inside.py")})
    return len(told).to_bytes(8, "little") + told


@functools.cache
def compiled(name: str) -> CodeType:
    """A file of this package, for the same Python inside a sandbox, which cannot see it."""
    return compile(files(__package__).joinpath(name).read_text(), f"<{name}>", "exec", dont_inherit=True)
