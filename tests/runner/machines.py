"""Several machines on this one: raylets that each say they have eight GPUs, and runs on them, in a process of its own.

    python -m tests.runner.machines FOLDER        prints what was seen, as JSON

The engine is scripted and notes where it was started: on which machine, with which GPUs or which placement group.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import ray
from ray.cluster_utils import Cluster as Raylets
from ray.util.placement_group import get_current_placement_group, placement_group_table
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from sdg_ray.config import runtime
from sdg_ray.engines import Answers, Sampling
from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.world import World
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.record import Chat
from sdg_ray.runner import pending
from sdg_ray.runner.ray import Cluster, Pool
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.store import open_run
from tests.scripted import Scripted

MACHINES, GPUS = 4, 8


@dataclass(frozen=True, kw_only=True)
class Noting(Scripted):
    """A scripted engine that leaves a file in a folder wherever it is started; one answer of all takes long."""

    folder: str = runtime("")
    longest: float = runtime(0.0)

    def start(self) -> "Noting":
        """Note the place, then start."""
        note = {"name": self.name, "pid": os.getpid(), **placed()}
        (Path(self.folder) / f"{self.name}-{os.getpid()}.json").write_text(json.dumps(note))
        super().start()
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """The first of all answers takes until the other writers have come and gone, and `longest` at most."""
        if self.longest and not (slow := Path(self.folder) / "slow").exists():
            slow.touch()
            until = time.monotonic() + self.longest
            while time.monotonic() < until and not self._others_are_gone():
                await asyncio.sleep(0.2)
        return await super().generate(chat, n, seed, sampling, role)

    def _others_are_gone(self) -> bool:
        others = set(writers(Path(self.folder))) - {os.getpid()}
        return bool(others) and not any(psutil.pid_exists(pid) for pid in others)


def writers(folder: Path) -> list[int]:
    """The processes of the writers that noted themselves."""
    return [int(file.stem.split("-")[1]) for file in folder.glob("writer-*.json")]


def placed() -> dict[str, Any]:
    """Where this worker is: its machine, its GPUs, and the machines of its group's GPUs and of two processes in it."""
    context, group = ray.get_runtime_context(), get_current_placement_group()
    found = {"machine": context.get_node_id(), "gpus": context.get_accelerator_ids()["GPU"], "group": [], "inside": []}
    if group:
        found["group"] = list(placement_group_table(group)["bundles_to_node_id"].values())
        found["inside"] = ray.get([_machine.options(**_in(group, n)).remote() for n in (0, len(found["group"]) - 1)])
    return found


@ray.remote(num_gpus=1, num_cpus=0)
def _machine() -> str:
    return ray.get_runtime_context().get_node_id()


def _in(group: Any, bundle: int) -> dict[str, Any]:
    return {"scheduling_strategy": PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=bundle)}


def asked(folder: Path, shards: int = 4, **how: Any) -> Recipe:
    """Questions, answers and rewards, with engines that note where they are."""
    folder.mkdir()
    return recipe(
        prompts=Prompts(families={"world": World(kinds=("arithmetic",))}, rows=2, shards=shards),
        responses=Respond(engine=Noting(name="writer", folder=str(folder), **how)),
        reward=Score(scorer=RewardModel(engine=Noting(name="judge", folder=str(folder)))),
    )


def run(made: Recipe, folder: Path, pools: Mapping[str, Pool]) -> dict[str, Any]:
    """A checked run: what was noted, what is left of placement groups, and what is missing."""
    cluster, refused = Cluster(pools=pools), ""
    cluster.check(made)
    store = open_run(str(folder / "runs"), "first", made.identities())
    try:
        cluster.run(made, store, pending(made, store))
    except Refused as error:
        refused = str(error)
    groups = placement_group_table().values()
    return {
        "notes": [json.loads(file.read_text()) for file in folder.glob("*.json")],
        "groups": sum(each["state"] != "REMOVED" for each in groups),
        "pending": len(pending(made, store)),
        "refused": refused,
    }


class Living(threading.Thread):
    """How many of the writers that noted themselves were alive, looked at again and again, and since when."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.seen, self.over = folder, [(time.time(), 0)], threading.Event()

    def run(self) -> None:
        """Until it is over, a number whenever it changes."""
        while not self.over.wait(0.1):
            if (alive := sum(map(psutil.pid_exists, writers(self.folder)))) != self.seen[-1][1]:
                self.seen.append((time.time(), alive))


def growing(folder: Path) -> dict[str, Any]:
    """One worker at first, more while there is much to do, fewer while only one shard is left."""
    made = asked(folder, shards=60, seconds=0.8, longest=120.0)
    living = Living(folder)
    living.start()
    seen = run(made, folder, {"responses": Pool(max=3, gpus=8)})
    living.over.set()
    living.join()
    ended = max(file.stat().st_mtime for file in (folder / "runs/first/reward").glob("*.parquet"))
    return {**seen, "living": [alive for at, alive in living.seen if at < ended]}


def main(folder: Path) -> None:
    """All runs, on one cluster of four machines."""
    raylets = Raylets()
    for _ in range(MACHINES):
        raylets.add_node(num_cpus=1, num_gpus=GPUS, include_dashboard=False)
    ray.init(address=raylets.address, log_to_driver=False, logging_level="ERROR")
    wide = Pool(gpus=16, machines=2)
    seen: dict[str, Any] = {}
    try:
        seen["fits"] = run(asked(folder / "a"), folder / "a", {"responses": wide, "reward": Pool(gpus=8, min=2)})
        seen["fails"] = run(asked(folder / "b", loads=False), folder / "b", {"responses": wide})
        seen["grows"] = growing(folder / "c")
        try:
            Cluster(pools={"responses": wide, "reward": Pool(gpus=5, min=3)}).check(asked(folder / "d"))
        except Refused as error:
            seen["crowded"] = str(error)
    finally:
        ray.shutdown()
        raylets.shutdown()
    sys.stdout.write(f"\nSEEN {json.dumps(seen)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
