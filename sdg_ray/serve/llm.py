"""A model that writes, as Ray Serve LLM wants to be told of it.

    llm_config(Served(role="generator", model=model))      what `ray.serve.llm.LLMConfig` is made of

The library starts vLLM itself. It gets what our own engine would be started with, but for what it says on its own, and
no sampling defaults of the model's: a worker of a run takes none either.
"""

from pathlib import Path
from typing import Any

from sdg_ray.serve import Served

ITS_OWN = {"model", "disable_log_stats", "distributed_executor_backend"}  # arguments that the library sets
NEUTRAL = {
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}  # a request that does not name these means these, whatever the model's generation_config.json says


def llm_config(served: Served) -> dict[str, Any]:
    """The settings of one model."""
    model = served.model
    return {
        "model_loading_config": {"model_id": model.name, "model_source": model.folder},
        "engine_kwargs": _arguments(served),
        "runtime_env": {"env_vars": model.variables},
        "deployment_config": {"name": served.role} | dict(served.options),
    } | _placed(served)


def _arguments(served: Served) -> dict[str, Any]:
    """What vLLM is told."""
    model = served.model
    told = {name: value for name, value in model.engine_arguments.items() if name not in ITS_OWN and value is not None}
    if model.chat_template:  # the text, for on another node there may be no such file
        told["chat_template"] = Path(model.chat_template).read_text()
    return told | {"override_generation_config": NEUTRAL | told.get("override_generation_config", {})}


def _placed(served: Served) -> dict[str, Any]:
    """Where the parts of a replica go. On GPUs the library knows: one for each part, over several nodes if need be."""
    if served.on_gpus:
        return {}
    bundles = [{"CPU": 1, "GPU": 0}] * served.devices
    return {"placement_group_config": {"bundles": bundles, "strategy": "STRICT_PACK"}}
