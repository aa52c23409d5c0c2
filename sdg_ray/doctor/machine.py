"""What a machine or a running cluster has to give: GPUs, CPUs, memory. Asked from outside, so that nothing hangs.

gpus_here()             [Gpu(name="NVIDIA H100 80GB HBM3", memory=85520809984), ...] by nvidia-smi; [] without one
cluster_at("auto")      what Ray says of the nodes of a cluster, or the sentence why not
memory_here()           bytes of main memory: all, and what is free, within the limit of a container
"""

import functools
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 20.0  # to join a cluster
ASK = """
import json, sys, ray
ray.init(address=sys.argv[1], logging_level="ERROR", log_to_driver=False, configure_logging=False)
nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
sys.stdout.write("\\nNODES " + json.dumps(nodes))
"""


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU, and its memory in bytes."""

    name: str
    memory: float


@functools.cache
def gpus_here() -> Sequence[Gpu]:
    """The GPUs of this machine."""
    if not (tool := shutil.which("nvidia-smi")):
        return ()
    command = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    lines = [line.rpartition(",") for line in said.stdout.splitlines() if "," in line]
    return [Gpu(name=name, memory=float(mib) * 2**20) for name, _, mib in lines if mib.strip().isdigit()]


@functools.cache
def cluster_at(address: str) -> Sequence[Mapping[str, float]] | str:
    """The resources of each node of the cluster at `address`, or why it cannot be joined."""
    if (found := re.fullmatch(r"(?:ray://)?([\w.-]+):(\d+)", address)) and not _listens(found[1], int(found[2])):
        return f"nobody answers at {address}"
    try:
        said = subprocess.run([sys.executable, "-c", ASK, address], capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"it could not be joined within {SECONDS:.0f} s"
    if "NODES " in said.stdout:
        return json.loads(said.stdout.rpartition("NODES ")[2])
    return mismatch(said.stderr) or (said.stderr.strip().splitlines() or ["it could not be joined"])[-1]


def mismatch(said: str) -> str | None:
    """Ray's words about versions that differ, on one line."""
    found = re.search(r"Version mismatch: (.*?)(?:\n\s*\n|\Z)", said, re.DOTALL)
    return f"versions differ: {' '.join(found[1].split())}" if found else None


def memory_here(root: str = "/") -> tuple[float, float]:
    """All of the memory, and what is free: of the machine, or of the container that this runs in if that is less."""
    lines = (line.split() for line in Path(root, "proc/meminfo").read_text().splitlines())
    known = {name.rstrip(":"): float(value) * 1024 for name, value, *_ in lines}
    whole, free = known["MemTotal"], known["MemAvailable"]
    limit, used = (_number(Path(root, "sys/fs/cgroup", name)) for name in ("memory.max", "memory.current"))
    if limit is not None and limit < whole:
        return limit, min(free, limit - (used or 0))
    return whole, free


def _number(file: Path) -> float | None:
    text = file.read_text().strip() if file.is_file() else ""
    return float(text) if text.isdigit() else None


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=3):
            return True
    except OSError:
        return False
