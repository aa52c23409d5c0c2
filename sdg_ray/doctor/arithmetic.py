"""What a model takes: parameters and bytes of its weights, and bytes of cache for a token. Nothing is loaded.

    weights(engine, config)        from the headers of the safetensors files, their index, or else the config
    cache_per_token(engine, config)

Of Nemotron-4-340B the config gives 341.0 billion parameters, and 576 KiB of cache for a token.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdg_ray.doctor.files import small_file
from sdg_ray.engines.vllm import Vllm

UTILISATION = 0.92  # of a GPU's memory: vLLM's own default
BYTES = {"float64": 8, "float32": 4, "float": 4, "bfloat16": 2, "float16": 2, "half": 2}
STORED = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "I8": 1, "U8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I32": 4, "I64": 8}
ONE_BYTE = {"fp8", "int8", "fbgemm_fp8", "experts_int8", "fp8_per_tensor", "fp8_per_block"}  # done while loading
NOT_GATED = {"relu2", "relu", "gelu", "gelu_new"}  # of an MLP: two matrices, others have three


def weights(engine: Vllm, config: Mapping[str, Any]) -> float:
    """The bytes of the weights once they are loaded."""
    stored = _from_headers(Path(engine.folder)) or _from_index(engine, config)
    parameters = stored[0] if stored else estimated(config, engine.classifies)
    if config.get("quantization_config"):
        return stored[1] if stored else parameters  # as it is in the files
    if engine.quantization in ONE_BYTE:
        return parameters
    return parameters * _size(engine, config)


def cache_per_token(engine: Vllm, config: Mapping[str, Any]) -> float:
    """The bytes of cache for one token, over all GPUs of a replica: keys and values of every layer.

    More GPUs in a tensor-parallel group than there are heads of keys and values hold copies of them.
    """
    kept = str(engine.arguments.get("kv_cache_dtype", "auto"))
    size = 1 if kept.startswith(("fp8", "int8")) else _size(engine, config)
    heads = max(_kv_heads(config), engine.tensor_parallel)
    return 2 * config["num_hidden_layers"] * heads * _head_dim(config) * size


def estimated(config: Mapping[str, Any], classifies: bool = False) -> float:
    """About how many parameters there are, by the shapes that a config gives; small vectors are left out."""
    hidden, layers = config["hidden_size"], config["num_hidden_layers"]
    attention = 2 * hidden * (config["num_attention_heads"] + _kv_heads(config)) * _head_dim(config)
    experts = next(
        (config[name] for name in ("num_local_experts", "num_experts", "n_routed_experts") if name in config), 1
    )
    inner = config.get("moe_intermediate_size") or config.get("intermediate_size") or 4 * hidden
    matrices = 2 if config.get("hidden_act") in NOT_GATED else 3
    embeddings = (1 if config.get("tie_word_embeddings") or classifies else 2) * config["vocab_size"] * hidden
    return layers * (attention + experts * matrices * hidden * inner) + embeddings


def _size(engine: Vllm, config: Mapping[str, Any]) -> int:
    """Bytes of one number while the model runs. vLLM makes `auto` of a float32 model two bytes."""
    if engine.dtype in BYTES:
        return BYTES[engine.dtype]
    return min(2, BYTES.get(str(config.get("dtype") or config.get("torch_dtype")), 2))


def _kv_heads(config: Mapping[str, Any]) -> int:
    return config.get("num_key_value_heads") or config["num_attention_heads"]


def _head_dim(config: Mapping[str, Any]) -> int:
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def _from_headers(folder: Path) -> tuple[float, float] | None:
    """Numbers and bytes in the safetensors files of a folder; each begins with a list of what is in it."""
    numbers = size = 0
    for file in sorted(folder.glob("*.safetensors")) if folder.is_dir() else ():
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(length))
        for name, tensor in header.items():
            if name != "__metadata__":
                count = math.prod(tensor["shape"])
                numbers, size = numbers + count, size + count * STORED.get(tensor["dtype"], 2)
    return (numbers, size) if numbers else None


def _from_index(engine: Vllm, config: Mapping[str, Any]) -> tuple[float, float] | None:
    """The same of a model whose files are not here yet, from the index that comes with many files."""
    file = small_file(engine, "model.safetensors.index.json")
    size = json.loads(file.read_text()).get("metadata", {}).get("total_size") if file else None
    stored = BYTES.get(str(config.get("dtype") or config.get("torch_dtype")), 2)
    return (size / stored, size) if size else None
