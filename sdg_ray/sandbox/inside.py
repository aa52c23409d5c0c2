"""The first thing that runs in a sandbox: it closes what is left open, sets the limits, and runs the program.

It runs on the bare interpreter, where the rest of this package is not to be seen, and is handed over as compiled code
(see `bundle` in `__init__.py`). It imports little, since every answer waits for it.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

RDONLY, NOSUID, NODEV, REMOUNT, BIND, REC = 0x1, 0x2, 0x4, 0x20, 0x1000, 0x4000
DETACH = 2
SET_SECCOMP, SET_NO_NEW_PRIVS, SET_DUMPABLE, SET_DEATH_SIGNAL, FILTER, KILL = 22, 38, 4, 1, 2, 9
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
NEW_ROOT = "/sys"  # is everywhere, and not needed here; what is mounted over it is seen in this namespace only


def main(plan: Mapping[str, Any]) -> None:
    """Set up what `plan` says and run its program, whose standard input is what follows the plan."""
    import resource

    os.closerange(3, 65536)
    os.environ.clear()
    if plan["own_root"]:
        enter(**plan["own_root"])
    for name, (soft, hard) in plan["limits"].items():
        resource.setrlimit(getattr(resource, name), (soft, hard))
    give_up_rights(plan["uid"])
    if plan["alone"]:
        die_with_parent()
    if plan["as_init"] and (child := os.fork()):
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os._exit(code if code >= 0 else 128 - code)
    if plan["alone"]:
        lock(plan["filter"])
    run(plan["program"], plan["modules"], plan["paths"])


def run(program: Any, modules: Mapping[str, Any], paths: Sequence[str]) -> None:
    """Run a program, text or compiled, with `modules` to be imported by it."""
    sys.path[:0] = paths
    for name, code in modules.items():
        module = sys.modules[name] = type(sys)(name)
        exec(code, module.__dict__)
    code = compile(program, "<program>", "exec") if isinstance(program, str) else program
    main_module = sys.modules["__main__"] = type(sys)("__main__")
    exec(code, main_module.__dict__)


def give_up_rights(uid: int | None) -> None:
    """Become a user that owns nothing: with that go all capabilities, and the memory is closed to others."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def die_with_parent() -> None:
    """What bubblewrap does elsewhere; whoever becomes another user has to say it anew."""
    import ctypes

    checked(ctypes.CDLL(None, use_errno=True).prctl(SET_DEATH_SIGNAL, KILL, 0, 0, 0), "die with the parent")


def lock(filtered: bytes | None) -> None:
    """What bubblewrap does elsewhere: no capability, no way to gain one, and the filter of system calls."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    none = ctypes.create_string_buffer(24)
    header = ctypes.create_string_buffer((0x20080522).to_bytes(4, sys.byteorder) + bytes(4))
    checked(libc.capset(header, none), "capset")
    checked(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    checked(libc.prctl(SET_DUMPABLE, 0, 0, 0, 0), "not dumpable")
    if filtered:
        text = ctypes.create_string_buffer(filtered, len(filtered))
        program = (len(filtered) // 8).to_bytes(8, sys.byteorder)
        program += ctypes.addressof(text).to_bytes(8, sys.byteorder)
        checked(libc.prctl(SET_SECCOMP, FILTER, ctypes.create_string_buffer(program), 0, 0), "seccomp")


def enter(visible: Mapping[str, str], links: Mapping[str, str], tmp_bytes: int) -> None:
    """Make a root of what is `visible`, only to be read, and a working folder in memory; leave the old root behind."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
        texts = (None if text is None else text.encode() for text in (source, target, kind))
        checked(libc.mount(*texts, ctypes.c_ulong(flags), data and data.encode()), f"mount {target}")

    mount("tmpfs", NEW_ROOT, "tmpfs", NOSUID | NODEV, "mode=755,size=1m")
    for path, at in visible.items():
        place(path, NEW_ROOT + at)
        mount(path, NEW_ROOT + at, None, BIND | REC)
        device = path.startswith("/dev/")
        mount(path, NEW_ROOT + at, None, REMOUNT | BIND | NOSUID | (0 if device else RDONLY | NODEV))
    for path, to in links.items():
        os.symlink(to, NEW_ROOT + path)
    os.makedirs(NEW_ROOT + "/tmp")
    mount("tmpfs", NEW_ROOT + "/tmp", "tmpfs", NOSUID | NODEV, f"mode=1777,size={tmp_bytes}")
    os.chdir(NEW_ROOT)
    checked(libc.syscall(PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    checked(libc.umount2(b".", DETACH), "umount")
    mount("tmpfs", "/", None, REMOUNT | BIND | RDONLY | NOSUID | NODEV)
    os.chdir("/tmp")


def place(path: str, target: str) -> None:
    """An empty folder or file that `path` can be mounted on."""
    folder = target if os.path.isdir(path) else os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    if folder != target:
        open(target, "w").close()


def checked(result: int, what: str) -> None:
    """End here where a system call failed: nothing may run half locked in."""
    if result:
        import ctypes

        os.write(2, f"{what}: {os.strerror(ctypes.get_errno())}\n".encode())
        os._exit(125)
