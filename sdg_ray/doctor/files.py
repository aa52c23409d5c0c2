"""The small files of a model: its config and its list of weights, from its folder or from the hub. Never the weights.

config(engine)                              {"hidden_size": 192, ...}, or None where it cannot be had
small_file(engine, "model.safetensors.index.json")
"""

import functools
import json
from pathlib import Path
from typing import Any

from sdg_ray.engines.vllm import Vllm


def config(engine: Vllm) -> dict[str, Any] | None:
    """The model's config.json; of a model of text and more, the part for text."""
    file = small_file(engine, "config.json")
    try:
        found = json.loads(file.read_text()) if file else None
    except ValueError:
        return None
    return found | found.get("text_config", {}) if isinstance(found, dict) else None


def small_file(engine: Vllm, name: str) -> Path | None:
    """A file of the model; None where there is none, or it cannot be had."""
    if (file := Path(engine.folder) / name).is_file():
        return file
    return _from_hub(engine.name, engine.revision, name) if is_hub_name(engine) else None


def is_hub_name(engine: Vllm) -> bool:
    """Whether the model has to come from the hub."""
    name = engine.name
    here = name.startswith(("/", ".", "~", "pocket/")) or Path(engine.folder).exists()
    return not here and "://" not in name and name.count("/") <= 1


@functools.cache
def _from_hub(name: str, revision: str | None, file: str) -> Path | None:
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(huggingface_hub.hf_hub_download(name, file, revision=revision, etag_timeout=5))
    except (OSError, ValueError, HfHubHTTPError):
        return None
