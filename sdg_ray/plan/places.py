"""The replicas and GPUs that a cluster gives each step, and what about them cannot be right.

responses, {min: 11, gpus: 8}, tensor_parallel 8   ->   11 replicas of 8 GPUs
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sdg_ray.engines import Engine
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.vllm import Vllm
from sdg_ray.plan.work import Work
from sdg_ray.runner import Runner
from sdg_ray.runner.local import Local
from sdg_ray.runner.pools import Pool


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the work of a step is done: `shared` is the processor of one machine, which steps share.

    A model that is `served` behind endpoints is there already; a replica of it is an address.
    """

    replicas: int
    gpus: float
    shared: bool
    served: bool = False
    wrong: str | None = None

    @property
    def times(self) -> int:
        """How many times as fast as one replica: more of them on the same processor are no faster."""
        return 1 if self.shared else self.replicas


def places_of(cluster: Runner, work: Mapping[str, Work]) -> dict[str, Place]:
    """The place of each step that asks a model; optional pools are there for all of these.

    Raises:
        Refused: a pool has numbers that fit to no worker.
    """
    pools = {} if isinstance(cluster, Local) else {step: _pool(cluster, step) for step in work}
    for step, pool in pools.items():
        pool.check(step)
    reserved = any(pool.gpus for pool in pools.values())
    return {step: _place(step, each.engine, pools.get(step), reserved) for step, each in work.items()}


def idle_pools(cluster: Runner, work: Mapping[str, Work]) -> list[str]:
    """The pools that hold GPUs for a step without a model."""
    pools = getattr(cluster, "pools", {})
    return [
        f"{step}: its pool holds {pool.gpus * pool.most:g} GPUs and the step runs no model; "
        f"set cluster.pools.{step}.gpus=0"
        for step, pool in pools.items()
        if pool.gpus and not pool.optional and (step not in work or isinstance(work[step].engine, Endpoint))
    ]


def _pool(cluster: Runner, step: str) -> Pool:
    from sdg_ray.runner.ray import Cluster

    assert isinstance(cluster, Cluster)
    return cluster.pool(step)


def _place(step: str, engine: Engine, pool: Pool | None, reserved: bool) -> Place:
    if isinstance(engine, Endpoint):
        return Place(replicas=len(engine.addresses), gpus=0, shared=False, served=True)
    replicas = pool.most if pool else 1
    wanted = engine.tensor_parallel * engine.pipeline_parallel if isinstance(engine, Vllm) else 1
    there = pool.gpus if pool else 0.0
    if not reserved and wanted == 1:
        return Place(replicas=replicas, gpus=0, shared=True)
    gpus = there if wanted == 1 and 0 < there <= 1 else float(wanted)
    return Place(replicas=replicas, gpus=gpus, shared=False, wrong=_wrong(step, engine, there, gpus))


def _wrong(step: str, engine: Engine, there: float, gpus: float) -> str | None:
    """Why the pool of a step does not suit its model."""
    if there == gpus:
        return None
    return (
        f"{step}: a replica of {engine.model} takes {gpus:g} of the GPUs, as counted here, and the step's pool gives "
        f"{there:g}; set cluster.pools.{step}.gpus={gpus:g} cluster.pools.{step}.min=REPLICAS"
    )
