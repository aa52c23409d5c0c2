"""Programs that try to do harm. Each says what it tries and what came of it, one line each: `write /x: Read-only ...`.

An attempt that did not fail ends in `SUCCEEDED`. `jobs/bench/sandbox.py` runs them too, and shows what they cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HEAD = """
import os, sys, time
def attempt(what, act):
    try:
        found = act()
    except BaseException as error:
        print(f"{what}: {type(error).__name__} {error}", flush=True)
    else:
        print(f"{what}: SUCCEEDED {found!r}", flush=True)
"""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """A program, with what it finds in `{braces}` filled in; limits to see it fail soon; and how it must end."""

    program: str
    limits: Mapping[str, Any] = field(default_factory=dict)
    stopped: str | None = None
    exit: int | None = 0  # None: killed, one way or another
    attempts: int = 1  # so many lines it prints at least, for an attack that did not run has not failed

    def filled(self, **places: object) -> str:
        """The program for one machine."""
        program = HEAD + self.program
        for name, value in places.items():
            program = program.replace("{" + name + "}", str(value))
        return program


ATTACKS = {
    "fork bomb": Attack(
        program="""
forked = 0
try:
    while True:
        if not os.fork():
            while True:
                try: os.fork()
                except OSError: pass
        forked += 1
except OSError as error:
    print(f"fork after {forked}: {error}", flush=True)
while True: pass
""",
        limits={"wall_seconds": 3.0},
        stopped="timed out",
        exit=None,
    ),
    "thread bomb": Attack(
        program="""
import threading
def start(): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
attempt("thread", lambda: [start() for _ in range(1000)])
os._exit(0)
""",
    ),
    "infinite loop": Attack(
        program="print('loop', flush=True)\nwhile True: pass", limits={"cpu_seconds": 1, "wall_seconds": 90.0}, exit=152
    ),
    "sleeps for ever": Attack(
        program="print('sleep', flush=True)\ntime.sleep(3600)",
        limits={"wall_seconds": 1.0},
        stopped="timed out",
        exit=None,
    ),
    "10 GB": Attack(
        program="""
attempt("bytearray", lambda: len(bytearray(10 * 2**30)))
attempt("map", lambda: __import__("mmap").mmap(-1, 10 * 2**30))
attempt("list", lambda: len([0] * (10 * 2**30 // 8)))
attempt("raise the limit", lambda: __import__("resource").setrlimit(__import__("resource").RLIMIT_AS, (-1, -1)))
""",
        attempts=4,
    ),
    "10 GB in children": Attack(
        program="""
for _ in range(10):
    if not os.fork():
        held = bytearray(os.urandom(1)) * (200 * 2**20)
        time.sleep(60)
print("ten children of 200 MiB", flush=True)
time.sleep(60)
""",
        stopped="out of memory",
        exit=None,
    ),
    "10 GB of files": Attack(
        program="""
import errno
def fill():
    for number in range(1000):
        with open(f"file-{number}", "wb") as file: file.write(bytes(10 * 2**20))
attempt("one file", lambda: open("large", "wb").write(bytes(20 * 2**20)))
attempt("many files", fill)
attempt("memory as a file", lambda: os.memfd_create("m"))
""",
        attempts=3,
    ),
    "write elsewhere": Attack(
        program="""
def write(path):
    with open(path, "w") as file: file.write("was here")
own = ("{home}", "{repository}", "{elsewhere}")
for folder in (*own, "/", "/etc", "/usr/lib", "/dev", "/dev/shm", "/var/tmp", sys.prefix):
    attempt(f"write {folder}", lambda: write(folder + "/was-here"))
attempt("remove", lambda: os.unlink(os.__file__))
attempt("over a library", lambda: write(os.__file__))
attempt("mount", lambda: None if __import__("ctypes").CDLL(None).mount(b"t", b"/tmp", b"tmpfs", 0, 0) == 0 else 1 / 0)
""",
        attempts=13,
    ),
    "secrets of the environment": Attack(
        program="""
print("environment:", dict(os.environ))
for one in ("self", os.getppid(), 1, "{pid}"):
    attempt(f"environment of {one}", lambda: open(f"/proc/{one}/environ").read())
    attempt(f"memory of {one}", lambda: open(f"/proc/{one}/mem", "rb").read(1))
""",
        attempts=9,
    ),
    "sockets": Attack(
        program="""
import socket
def connect(family, kind, to):
    with socket.socket(family, kind) as it:
        it.settimeout(2)
        it.connect(to)
        it.send(b"was here")
attempt("tcp", lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {port})))
attempt("tcp 6", lambda: connect(socket.AF_INET6, socket.SOCK_STREAM, ("::1", {port})))
attempt("udp", lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 53)))
attempt("unix", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "{unix}"))
attempt("unix, abstract", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\\0{abstract}"))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
""",
        attempts=6,
    ),
    "kill the parent": Attack(
        program="""
attempt("by its number outside", lambda: os.kill({pid}, 9))
print("parent", os.getppid(), flush=True)
for target in (os.getppid(), 1, -1):
    try:
        os.kill(target, 9)
    except OSError as error:
        print(f"kill {target}: {error}", flush=True)
time.sleep(0.2)
print("still here", flush=True)
""",
        limits={"wall_seconds": 5.0},
        exit=None,
        attempts=2,
    ),
    "output flood": Attack(program="while True: sys.stdout.write('x' * 65536)", stopped="too much output", exit=None),
    "symlinks": Attack(
        program="""
for path in ("/etc/shadow", "{secret}", "/proc/1/root{secret}", "../../../../../..{secret}"):
    os.path.lexists("link") and os.unlink("link")
    os.symlink(path, "link")
    attempt(f"read {path}", lambda: open("link").read())
    attempt(f"write {path}", lambda: open("link", "r+").write("was here"))
""",
        attempts=8,
    ),
    "reading files": Attack(
        program="""
for path in ("/etc/shadow", "/etc/passwd", "{secret}", "{repository}/README.md", "{home}/.bashrc", "/proc/1/cmdline"):
    attempt(f"read {path}", lambda: open(path).read())
for path in ("{repository}", "{elsewhere}", "/proc", "/home", "/var"):
    attempt(f"list {path}", lambda: os.listdir(path))
print("here:", os.listdir("."), flush=True)
""",
        attempts=12,
    ),
    "a daemon is left behind": Attack(
        program="""
reading, writing = os.pipe()
if not os.fork():
    os.setsid()
    if not os.fork():
        os.write(writing, str(os.getpid()).encode())
        for stream in (0, 1, 2): os.close(stream)
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)", "{mark}"])
    os._exit(0)
os.wait()
time.sleep(0.5)
os.kill(int(os.read(reading, 9)), 0)
print("left, and alive", flush=True)
""",
    ),
    "inherited descriptors": Attack(
        program="""
for number in range(3, 1024):
    try:
        os.write(number, b"was here")
    except OSError as error:
        refused = error
    else:
        print(f"write to {number}: SUCCEEDED")
print("wrote to 3 and on:", refused)
attempt("write to 0", lambda: os.write(0, b"was here"))
""",
        attempts=2,
    ),
    "namespaces of its own": Attack(
        program="""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *given):
    if getattr(libc, name)(*given) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
attempt("unshare", lambda: call("unshare", 0x10000000))
attempt("clone", lambda: call("syscall", 56, 0x10000000 | 17, 0, 0, 0, 0))
attempt("ptrace", lambda: call("ptrace", 16, os.getppid(), 0, 0))
attempt("become root", lambda: os.setuid(0) if os.getuid() else 1 / 0)
attempt("root of another", lambda: os.chroot("/tmp"))
""",
        attempts=5,
    ),
}
