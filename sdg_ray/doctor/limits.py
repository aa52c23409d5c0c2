"""Limits of the system that are met late: open files, and shared memory, which containers keep small.

Ray keeps what goes between workers in /dev/shm, and the processes of one parallel model talk through it.
"""

import os
import resource

from sdg_ray.doctor import Asked, Finding, gib, ok, warning, wrong
from sdg_ray.doctor.uses import endpoints, on_vllm

SHM = "/dev/shm"
FEW_FILES, SOME_FILES = 256, 1024
LITTLE_SHM, SOME_SHM = 256 * 2**20, 2**30
BASIC = 200  # files that a process has open before it does anything


def check(asked: Asked) -> list[Finding]:
    """Both."""
    spread = any(use.engine.tensor_parallel * use.engine.pipeline_parallel > 1 for use in on_vllm(asked.recipe))
    connections = sum(len(each.addresses) * each.concurrency for each in endpoints(asked.recipe))
    files = open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0], connections)
    if asked.pool(asked.recipe.steps[0]) is None and not spread:
        return [files]
    return [files, shared_memory(SHM, spread)]


def open_files(limit: int, connections: int) -> Finding:
    """The finding for a limit, where so many connections are open at most."""
    said = "no limit" if limit == resource.RLIM_INFINITY else f"at most {limit:,}"
    needed = BASIC + connections
    if limit != resource.RLIM_INFINITY and limit < max(FEW_FILES, needed):
        cure = "ulimit -n 65536 where workers are started, or lower concurrency= of the endpoints"
        return wrong("open files", f"{said}, and {needed:,} may be needed", cure)
    if limit != resource.RLIM_INFINITY and limit < SOME_FILES:
        return warning("open files", said, "ulimit -n 65536, as Ray asks for on clusters")
    return ok("open files", said)


def shared_memory(path: str, spread: bool) -> Finding:
    """The finding for shared memory at `path`; `spread` says whether a model is on several GPUs."""
    try:
        room = os.statvfs(path)
        size = room.f_frsize * room.f_blocks
    except OSError:
        size = 0
    cure = "start the container with --shm-size=10g, or give the pod an emptyDir of medium Memory at /dev/shm"
    said = f"{gib(size)} at {path}"
    if size < LITTLE_SHM and spread:
        return wrong("shared memory", f"{said}, and a model is spread over several GPUs", cure)
    return warning("shared memory", said, cure) if size < SOME_SHM else ok("shared memory", said)
