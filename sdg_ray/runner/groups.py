"""Placement groups for workers whose GPUs lie on several machines.

with Groups() as groups:
    data.map_batches(Desk, ray_remote_args_fn=groups.maker(pool), ...)
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any

from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from sdg_ray.runner.pools import Pool


class Groups:
    """One placement group for each worker, made when it starts and removed at the end, however that comes.

    A group has a bundle for every GPU, as vLLM wants it, and Ray fills as few machines as it can. The worker itself has
    no GPU: it is with the first bundle, and vLLM's Ray executor finds the group and puts a process into each. When a
    machine is lost, the engine dies with its processes there and the worker ends; Ray then looks for room for the lost
    bundles, and starts the worker again in its group once it has some.
    """

    def __init__(self) -> None:
        self.made: list[PlacementGroup] = []

    def __enter__(self) -> "Groups":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for group in self.made:
            remove_placement_group(group)

    def maker(self, pool: Pool) -> Callable[[], dict[str, Any]]:
        """What Ray Data asks for each worker that it starts: a group of its own."""
        bundles: list[dict[str, float]] = [{"GPU": 1} for _ in range(int(pool.gpus))]
        bundles[0]["CPU"] = pool.cpus

        def make() -> dict[str, Any]:
            self.made.append(placement_group(bundles, strategy="PACK"))
            strategy = PlacementGroupSchedulingStrategy(
                self.made[-1], placement_group_bundle_index=0, placement_group_capture_child_tasks=True
            )
            return {"scheduling_strategy": strategy}

        return make
