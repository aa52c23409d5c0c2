"""None of the attacks succeeds, and each is seen to have been tried, in every way of isolation that there is here."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdg_ray.sandbox import Ended, Sandbox, tried
from sdg_ray.sandbox.running import of_user, status, tree
from tests.conftest import REPOSITORY
from tests.sandbox.attacks import ATTACKS

SECRET = "the-secret-that-none-may-read"
MARK = f"left-behind-{os.getpid()}"


WRITTEN = (Path.home(), REPOSITORY, "/", "/etc", "/usr/lib", "/dev", "/dev/shm", "/var/tmp", sys.base_prefix)
ANYWHERE = {"sockets", "kill the parent", "output flood", "inherited descriptors", "namespaces of its own", "10 GB"}
ANYWHERE |= {"fork bomb", "thread bomb", "infinite loop", "sleeps for ever", "10 GB in children"}


@pytest.fixture(params=["bwrap", "namespaces", "limits"])
def way(request: pytest.FixtureRequest) -> str:
    if why := tried(request.param):
        pytest.skip(why)
    way: str = request.param
    return way


class Listener:
    """A real server that must not be reached: by TCP, by a path, and by an abstract name."""

    def __init__(self, folder: Path) -> None:
        self.unix, self.abstract = folder / "socket", f"sandbox-{os.getpid()}-{time.monotonic_ns()}"
        tcp = socket.create_server(("127.0.0.1", 0))
        self.port = tcp.getsockname()[1]
        named = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
        for each, name in zip(named, (str(self.unix), "\0" + self.abstract), strict=True):
            each.bind(name)
            each.listen()
        self.sockets = [tcp, *named]
        self.reached: list[str] = []
        for each in self.sockets:
            threading.Thread(target=self._accept, args=(each,), daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        try:
            while True:
                self.reached.append(str(server.accept()[0].getsockname()))
        except OSError:
            return

    def close(self) -> None:
        for each in self.sockets:
            each.close()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path)
    yield made
    made.close()


def attack(way: str, name: str, folder: Path, listener: Listener) -> Ended:
    tried = ATTACKS[name]
    (folder / "secret").write_text(SECRET)
    places = {"home": Path.home(), "repository": REPOSITORY, "elsewhere": folder, "secret": folder / "secret"}
    sockets = {"port": listener.port, "unix": listener.unix, "abstract": listener.abstract}
    program = tried.filled(pid=os.getpid(), mark=MARK, **places, **sockets)
    return Sandbox(**tried.limits)._run(way, program, b"", {})


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_tried_and_fails(
    name: str, way: str, tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "limits" and name not in ANYWHERE:
        pytest.skip("a plain process is not promised to fail in this")
    monkeypatch.setenv("SECRET", SECRET)
    handed = os.open(tmp_path / "handed", os.O_WRONLY | os.O_CREAT)
    os.set_inheritable(handed, True)

    ended = attack(way, name, tmp_path, listener)
    os.close(handed)

    text = ended.stdout.decode()
    assert "SUCCEEDED" not in text and SECRET not in text
    assert text.count("\n") >= ATTACKS[name].attempts or name == "output flood", (text, ended.stderr)
    assert ended.stopped == ATTACKS[name].stopped, ended
    assert ATTACKS[name].exit in (None, ended.exit), ended
    assert ended.seconds < ATTACKS[name].limits.get("wall_seconds", 10.0) + 2
    assert ended.peak_mib < 512 + 400  # what can be taken between two looks
    assert listener.reached == []
    assert (tmp_path / "handed").read_text() == "" and (tmp_path / "secret").read_text() == SECRET
    assert not [folder for folder in WRITTEN if (Path(folder) / "was-here").exists()]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["handed", "secret", "socket"]
    assert_nothing_runs()


def assert_nothing_runs() -> None:
    """Nothing is left of a sandbox: no child of ours, no process with the mark."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (left := marked()):
        threading.Event().wait(0.05)
    assert not left


def marked() -> list[str]:
    """The processes of our sandboxes, and of those that nobody has started any more."""
    return [pid for pid in os.listdir("/proc") if pid.isdecimal() and is_marked(int(pid))]


def is_marked(pid: int) -> bool:
    text = command_of(pid)
    return MARK.encode() in text or b"marshal.loads" in text and origin(pid) in (os.getpid(), 1)


def origin(pid: int) -> int:
    """The first above a process that is no part of a sandbox: another run of tests may have sandboxes too."""
    while (pid := status(pid, "PPid")) > 1 and b"marshal.loads" in command_of(pid):
        pass
    return pid


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_attacks_do_succeed_without_a_sandbox(tmp_path: Path, listener: Listener) -> None:
    """Else they would prove nothing: what is harmless among them is run as a plain process."""
    (tmp_path / "secret").write_text(SECRET)
    places = {"home": tmp_path, "repository": REPOSITORY, "elsewhere": tmp_path, "secret": tmp_path / "secret"}
    sockets = {"port": listener.port, "unix": listener.unix, "abstract": listener.abstract, "pid": os.getpid()}
    for name, succeeds in (("sockets", "tcp: SUCC"), ("reading files", SECRET), ("secrets of the environment", SECRET)):
        program = ATTACKS[name].filled(**places, **sockets)
        environment = {"SECRET": SECRET}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        assert succeeds in done.stdout
    assert listener.reached


def test_sandbox_dies_with_the_process_that_started_it(way: str) -> None:
    program = f"from sdg_ray.sandbox import Sandbox; Sandbox()._run({way!r}, 'import time; time.sleep(60)', b'', {{}})"
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY)
    deadline = time.monotonic() + 30
    while not (started := [pid for pid in below(parent.pid) if status(pid, "Seccomp") == 2]):
        assert time.monotonic() < deadline, "nothing is shut in"
        threading.Event().wait(0.05)
    children = below(parent.pid)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while left := [pid for pid in children if alive(pid)]:
        assert time.monotonic() < deadline, (started, left)
        threading.Event().wait(0.05)


def below(pid: int) -> list[int]:
    """The processes of a sandbox that another process has started."""
    return [each for each in tree(pid) if each != pid]


def alive(pid: int) -> bool:
    """Whether a process is there, and not only its last record."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().split(") ")[1][0] != "Z"


def test_number_of_processes_is_bounded_whoever_counts(way: str) -> None:
    program = "import os, time\nfor _ in range(100):\n    try:\n        if not os.fork(): time.sleep(2); os._exit(0)\n"
    program += "    except OSError: pass\nprint(os.getuid(), flush=True)\ntime.sleep(2)"
    counted: list[int] = []
    found = threading.Event()

    def count() -> None:
        while not found.wait(0.1):
            counted.append(len(marked()))

    thread = threading.Thread(target=count)
    thread.start()
    Sandbox(processes=8)._run(way, program, b"", {})
    found.set()
    thread.join()
    assert 4 <= max(counted) <= 8 + 3  # with bubblewrap's own, or those of unshare


def test_user_of_a_sandbox_is_its_own_where_we_are_root(way: str) -> None:
    if os.geteuid():
        pytest.skip("only root can become another user")
    users = [int(Sandbox()._run(way, "import os; print(os.getuid())", b"", {}).stdout) for _ in range(2)]
    assert users[0] != users[1] and min(users) > 1_000_000_000
    assert not of_user(users[0]) and not of_user(users[1])
