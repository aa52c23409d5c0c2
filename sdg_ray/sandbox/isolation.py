"""How far a process can be shut in on this machine: found out by really doing it, once.

    found()   ->  Isolation(name="bwrap", missing="")
              ->  Isolation(name="limits", missing="bwrap: is not installed; namespaces: unshare: ... not permitted")

There are three ways, best first. `bwrap`: bubblewrap, with namespaces of its own. `namespaces`: the same namespaces by
`unshare` of util-linux, with a root folder that we build. `limits`: a plain process with limits, which reads what its
user may read and, unless we are root, writes what it may write.

A process of root would not be counted by the kernel's limit of processes, and would own what root owns: where we are
root, a sandbox runs under a number that belongs to nobody, another one for each.
"""

import functools
import itertools
import os
import platform
import re
import shutil
import stat
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdg_ray.sandbox.running import threads_of
from sdg_ray.sandbox.seccomp import filtered

LEVELS = ("limits", "namespaces", "bwrap")
NOBODIES = (range(1_500_000_000, 1_600_000_000), range(50_000, 60_000))  # users that belong to nobody
NUMBERS = itertools.count(os.getpid() * 1000)  # two workers rarely use the same
PACKAGES = "/packages"  # where they are seen
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
DYING = ("setpriv", "--pdeathsig", "KILL", "--")  # with the thread that started it; bubblewrap knows that by itself
NAMESPACES = ("--pid", "--net", "--ipc", "--uts", "--mount")
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Isolation:
    """The best way that works here, and what is missing for a better one: a sentence, empty if there is none."""

    name: str
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Start:
    """How to start one sandbox: the command without the interpreter's, what to tell `inside`, fds to hand to it."""

    command: Sequence[str]
    plan: dict[str, Any]
    filter: bytes | None = None  # for bubblewrap to install
    others: int = 0  # processes outside that the kernel counts with those inside, when it limits them


def interpreter() -> str:
    """The Python below the virtual environment that this one runs in."""
    return os.path.realpath(sys.executable)


@functools.cache
def visible() -> tuple[tuple[str, ...], dict[str, str]]:
    """What a sandbox sees of this machine: Python with its own library, shared libraries; and links by their name."""
    shared = Path(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    own = [sysconfig.get_path(name, vars=base) for name in ("stdlib", "platstdlib")]
    wanted = [*LIBRARIES, interpreter(), *own]
    wanted += [str(shared)] if shared.is_file() else []
    wanted += ["/etc/ld.so.cache"]
    paths = dict.fromkeys(path for path in wanted if os.path.exists(path) and not os.path.islink(path))
    inner = {path for path in paths for other in paths if path != other and path.startswith(other + "/")}
    links = {path: os.readlink(path) for path in LIBRARIES if os.path.islink(path)}
    return tuple(path for path in paths if path not in inner), links


def above(paths: Sequence[str]) -> list[str]:
    """The folders that `paths` lie in, the outer ones first."""
    return sorted({str(folder) for path in paths for folder in Path(path).parents} - {"/"} - set(paths))


def as_bwrap(tmp_mib: int, packages: str | None) -> Start:
    """Bubblewrap: it drops all rights; where we are root, all but those to become somebody else."""
    uid = other_user()
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv", "--unshare-cgroup-try", "--cap-drop", "ALL"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--unshare-user"] if uid is None else ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    paths, links = visible()
    for path in above((*paths, *DEVICES)):
        command += ["--perms", "0755", "--dir", path]  # it would make them for root alone
    for path in paths:
        command += ["--ro-bind", path, path]
    command += ["--ro-bind", packages, PACKAGES] if packages else []
    for path in DEVICES:
        command += ["--dev-bind", path, path]
    for path, to in links.items():
        command += ["--symlink", to, path]
    command += ["--perms", "1777", "--size", str(tmp_mib * MIB), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    return Start(
        command=[*command, "--remount-ro", "/"],
        plan=plan(uid, packages and PACKAGES),
        filter=filtered(),
        others=others(),
    )


def as_namespaces(tmp_mib: int, packages: str | None) -> Start:
    """`unshare`, and a root that `inside` builds with the rights that it then gives up."""
    uid = other_user()
    user = ["--user", "--map-root-user"] if uid is None else []
    paths, links = visible()
    seen = {path: path for path in (*paths, *DEVICES)} | ({packages: PACKAGES} if packages else {})
    own_root = {"visible": seen, "links": links, "tmp_bytes": tmp_mib * MIB}
    return Start(
        command=[*DYING, "unshare", *user, *NAMESPACES, "--fork", "--kill-child"],
        plan=plan(uid, packages and PACKAGES)
        | {"own_root": own_root, "as_init": True, "alone": True, "filter": filtered()},
        others=others(),
    )


def as_limits(tmp_mib: int, packages: str | None) -> Start:
    """A plain process."""
    return Start(
        command=[],
        plan=plan(other_user(), packages) | {"alone": True, "filter": filtered(outside=True)},
        others=others(alone=False),
    )


WAYS: dict[str, Callable[[int, str | None], Start]] = {
    "bwrap": as_bwrap,
    "namespaces": as_namespaces,
    "limits": as_limits,
}


def plan(uid: int | None, packages: str | None) -> dict[str, Any]:
    """What all ways tell `inside`."""
    return {
        "uid": uid,
        "paths": [packages] if packages else [],
        "own_root": None,
        "as_init": False,
        "alone": False,
        "filter": None,
    }


@functools.cache
def nobodies() -> range:
    """The users that we can become: none where we are not root, and few in a container with few users of its own."""
    lines = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    last = max(int(first) + int(count) for first, _, count in lines)
    return next((users for users in NOBODIES if not os.geteuid() and users[-1] < last), range(0))


def other_user() -> int | None:
    """The number of a user that nobody is, one for each sandbox; None where we stay who we are."""
    users = nobodies()
    return users[next(NUMBERS) % len(users)] if users else None


def others(alone: bool = True) -> int:
    """How many processes our user has: since Linux 5.14 a user namespace counts its own alone."""
    release = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
    return 0 if nobodies() or alone and release >= (5, 14) else threads_of(os.geteuid())


def reason(name: str, tried: Callable[[str], str]) -> str:
    """Why a way does not work here; empty if it does. `tried` runs something in a sandbox of this way."""
    for tool in {"bwrap": ("bwrap",), "namespaces": ("unshare", "setpriv")}.get(name, ()):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    closed = (folder for folder in above([interpreter()]) if not os.stat(folder).st_mode & stat.S_IXOTH)
    if name == "limits" and nobodies() and (folder := next(closed, None)):
        return f"as root it runs as another user, who may not enter {folder}, where Python is"
    return tried(name)
