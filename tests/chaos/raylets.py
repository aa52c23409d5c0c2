"""A Ray cluster of several machines in miniature: a process that has a head and raylets, which are added and killed.

    with Raylets(log) as cluster:
        cluster.address                      where a driver connects to
        cluster.kill("one")                  SIGKILL for a raylet; its workers end with it
        cluster.freeze("two")                SIGSTOP for a raylet and its workers: the others take it for dead
        cluster.thaw()                       and it goes on where it was
        cluster.add("three")                 another machine
        cluster.workers()                    the processes that work on shards, by the machine they are on

The head has no CPUs, so workers are on the others. A machine is missed after some two seconds, not twenty.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import psutil

from tests.chaos.processes import kill, lives, wait_for
from tests.conftest import REPOSITORY

CPUS = 4  # of each machine, as Ray counts them
MEMORY = 100 * 1024 * 1024
IMPATIENT = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 4,
}


class Raylets:
    """The cluster while a `with` block runs; nothing of it is left afterwards, however the block ends."""

    def __init__(self, log: Path, *machines: str) -> None:
        self.log, self.machines = log, machines
        self.raylets: dict[str, int] = {}
        self.frozen: list[psutil.Process] = []

    def __enter__(self) -> "Raylets":
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY),
            "SDG_RAY_TEST_JOB": str(self.log),
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        }
        with self.log.open("ab") as said:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.raylets"],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                start_new_session=True,
            )
        try:
            self.address: str = self._ask("head", "head")
            for machine in self.machines:
                self.add(machine)
        except BaseException:
            kill(self.server)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        kill(self.server)

    def add(self, machine: str) -> None:
        """Another machine joins."""
        self.raylets[machine] = self._ask("add", machine)

    def kill(self, machine: str) -> None:
        """The machine's raylet ends at once, and with it what runs there."""
        self._ask("kill", machine)
        del self.raylets[machine]

    def freeze(self, machine: str) -> None:
        """Everything on the machine stops, as when it is paused or its network is away."""
        raylet = psutil.Process(self.raylets.pop(machine))
        raylet.suspend()
        self.frozen = [raylet, *raylet.children(recursive=True)]
        for process in self.frozen[1:]:
            process.suspend()

    def thaw(self) -> None:
        """What was frozen, and was given up, goes on, until it learns that: then it ends."""
        wait_for(lambda: self._ask("count", "live") == 1 + len(self.raylets), 60)  # a run can be over sooner than that
        for process in self.frozen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
        wait_for(lambda: not any(lives(process) for process in self.frozen), 60)

    def workers(self) -> list[psutil.Process]:
        """The processes of actors that bring shards through a step, wherever they are."""
        found: list[psutil.Process] = []
        for process in psutil.Process(self.server.pid).children(recursive=True):
            try:
                if "MapWorker" in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _ask(self, *words: str) -> Any:
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write(json.dumps(words) + "\n")
        self.server.stdin.flush()
        answer = self.server.stdout.readline()
        assert answer, f"the cluster's process has ended: {self.log.read_text()[-3000:]}"
        return json.loads(answer)


def serve(answers: TextIO) -> None:
    """Start the head, then add, count and kill machines as asked, until nobody asks any more."""
    from ray.cluster_utils import Cluster

    cluster, raylets = Cluster(), dict[str, subprocess.Popen[bytes]]()
    for line in sys.stdin:
        what, machine = json.loads(line)
        answer: Any = None
        if what == "head":
            cluster.add_node(num_cpus=0, include_dashboard=False, object_store_memory=MEMORY, _system_config=IMPATIENT)
            answer = cluster.address
        elif what == "add":
            node = cluster.add_node(num_cpus=CPUS, object_store_memory=MEMORY)
            raylets[machine] = node.all_processes["raylet"][0].process
            answer = raylets[machine].pid
        elif what == "count":
            answer = len(cluster.global_state._live_node_ids())
        else:
            raylets[machine].kill()
            raylets[machine].wait()  # workers look for its process, and one that nobody has waited for is still there
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    spoken = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Ray prints is no answer
    serve(spoken)
