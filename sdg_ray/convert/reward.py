"""Nemotron-4 Reward, as published for NeMo, to safetensors that load as NemotronForSequenceClassification.

    convert(nemo(Path("Nemotron-4-340B-Reward")), Path("reward"), tokenizer=Path("Nemotron-4-340B-Instruct-hf"))

The published head has nine outputs, of which the last five are the attributes of HelpSteer2, and a bias. Rows 4 to 8 of
its weight become `score.weight`, and of its bias `score.bias`, exactly. vLLM adds a `score.bias` that it finds beside
the weight. transformers has no place for one and leaves it out: who uses that adds `score_bias` of config.json.
Without the bias each attribute is off by a constant: the order of answers stays, every threshold moves.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sdg_ray.convert.nemo import Nemo, Tensor
from sdg_ray.errors import Refused
from sdg_ray.scorers.reward_model import ATTRIBUTES

HEAD, OUTPUTS, FIRST = "model.rm_head", 9, 4  # the first four outputs were never trained
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")
NEEDED = {"activation": "squared-relu", "normalization": "layernorm1p", "bias": False}
SIZES = (
    "hidden_size",
    "num_layers",
    "num_attention_heads",
    "ffn_hidden_size",
    "max_position_embeddings",
    "layernorm_epsilon",
)
Tensors = dict[str, Tensor]


def convert(checkpoint: Nemo, to: Path, tokenizer: Path | None, told: Callable[[str], None]) -> None:
    """Write the folder `to`; it is there when it is complete. `tokenizer` is a folder to take the tokenizer from.

    Raises:
        Refused: the checkpoint is of another kind, or the folder is there already.
    """
    check(checkpoint)
    if to.exists():
        raise Refused(f"{to} is there already; choose another folder")
    files = [path for name in TOKENIZER if tokenizer and (path := tokenizer / name).is_file()]
    if tokenizer and "tokenizer.json" not in {path.name for path in files}:
        raise Refused(
            f"tokenizer={tokenizer} has no tokenizer.json; name the folder of a converted model of the family"
        )
    partial = to.with_name(f"{to.name}.unfinished")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _write(checkpoint, partial, told)
    for path in files:
        shutil.copyfile(path, partial / path.name)
    partial.rename(to)


def check(checkpoint: Nemo) -> None:
    """Raise `Refused` where this is no reward model with nine outputs, of the architecture of Nemotron-4."""
    if not checkpoint.has(f"{HEAD}.weight") or not checkpoint.has(f"{HEAD}.bias"):
        raise Refused(f"{checkpoint.folder} has no reward head with a bias ({HEAD}): is it the Instruct or Base model?")
    if lacking := [name for name in SIZES if checkpoint.config.get(name) is None]:
        raise Refused(
            f"{checkpoint.folder}/model_config.yaml does not say {lacking[0]}; copy it from the checkpoint again"
        )
    shapes = [checkpoint.array(f"{HEAD}.{part}").shape for part in ("weight", "bias")]
    if shapes != [(OUTPUTS, checkpoint.config["hidden_size"]), (OUTPUTS,)]:
        raise Refused(f"the reward head of {checkpoint.folder} has {shapes[0][0]} outputs, not {OUTPUTS}")
    for name, value in NEEDED.items():
        if checkpoint.config.get(name) != value:
            raise Refused(f"{checkpoint.folder} has {name}={checkpoint.config.get(name)!r}, and Nemotron-4 {value!r}")


def _write(checkpoint: Nemo, folder: Path, told: Callable[[str], None]) -> None:
    """A file for what is outside of the layers and one for each layer, their index, and the config."""
    from safetensors.torch import save_file

    count = checkpoint.config["num_layers"] + 1
    places: dict[str, str] = {}
    size = 0
    for number, tensors in enumerate(_files(checkpoint), 1):
        name = f"model-{number:05d}-of-{count:05d}.safetensors"
        save_file(tensors, folder / name, metadata={"format": "pt"})
        (folder / name).chmod(0o644)  # safetensors lets only the owner read
        places |= dict.fromkeys(tensors, name)
        size += sum(each.nbytes for each in tensors.values())
        told(f"{name}: {size / 1e9:,.1f} GB so far")
    index = {"metadata": {"total_size": size}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))
    (folder / "config.json").write_text(json.dumps(_config(checkpoint), indent=2))


def _files(checkpoint: Nemo) -> Iterator[Tensors]:
    """The tensors of one file after the other."""
    yield {
        "model.embed_tokens.weight": checkpoint.array("model.embedding.word_embeddings.weight").read(),
        "model.norm.weight": checkpoint.array("model.decoder.final_layernorm.weight").read(),
        "model.norm.bias": checkpoint.array("model.decoder.final_layernorm.bias").read(),
        "score.weight": checkpoint.array(f"{HEAD}.weight").read()[FIRST:].clone(),
        "score.bias": checkpoint.array(f"{HEAD}.bias").read()[FIRST:].clone(),
    }
    for number in range(checkpoint.config["num_layers"]):
        yield {f"model.layers.{number}.{name}": each for name, each in _layer(checkpoint, number).items()}


def _layer(checkpoint: Nemo, number: int) -> Tensors:
    """The tensors of one layer. Where Megatron fuses a norm with what follows it, it is named after that."""
    made = _heads(checkpoint, checkpoint.layer(number, "self_attention.linear_qkv.weight"))
    made["self_attn.o_proj.weight"] = checkpoint.layer(number, "self_attention.linear_proj.weight")
    made["mlp.up_proj.weight"] = checkpoint.layer(number, "mlp.linear_fc1.weight")
    made["mlp.down_proj.weight"] = checkpoint.layer(number, "mlp.linear_fc2.weight")
    for part in ("weight", "bias"):
        fused, alone = f"self_attention.linear_qkv.layer_norm_{part}", f"input_layernorm.{part}"
        made[f"input_layernorm.{part}"] = checkpoint.layer(number, fused, alone)
        fused, alone = f"mlp.linear_fc1.layer_norm_{part}", f"pre_mlp_layernorm.{part}"
        made[f"post_attention_layernorm.{part}"] = checkpoint.layer(number, fused, alone)
    return made


def _heads(checkpoint: Nemo, fused: Tensor) -> Tensors:
    """Queries, keys and values: Megatron keeps them by group, the queries of a group before its key and its value."""
    heads, groups = checkpoint.config["num_attention_heads"], _groups(checkpoint)
    by_group = fused.reshape(groups, heads // groups + 2, -1, fused.shape[-1])
    parts = {"q": by_group[:, :-2], "k": by_group[:, -2], "v": by_group[:, -1]}
    return {f"self_attn.{name}_proj.weight": part.reshape(-1, fused.shape[-1]).clone() for name, part in parts.items()}


def _groups(checkpoint: Nemo) -> int:
    return checkpoint.config.get("num_query_groups") or checkpoint.config["num_attention_heads"]


def _config(checkpoint: Nemo) -> dict[str, Any]:
    """What transformers and vLLM have to know."""
    said = checkpoint.config
    heads, width = said["num_attention_heads"], said["hidden_size"]
    rotary, base = said.get("rotary_percentage", 1.0), float(said.get("rotary_base", 10_000))
    embeddings = checkpoint.array("model.embedding.word_embeddings.weight")
    return {
        "architectures": ["NemotronForSequenceClassification"],
        "model_type": "nemotron",
        "problem_type": "regression",  # without it a softmax would be put upon the scores
        "id2label": {str(number): name for number, name in enumerate(ATTRIBUTES)},
        "label2id": {name: number for number, name in enumerate(ATTRIBUTES)},
        "score_bias": checkpoint.array(f"{HEAD}.bias").read()[FIRST:].float().tolist(),
        "vocab_size": embeddings.shape[0],
        "hidden_size": width,
        "intermediate_size": said["ffn_hidden_size"],
        "num_hidden_layers": said["num_layers"],
        "num_attention_heads": heads,
        "num_key_value_heads": _groups(checkpoint),
        "head_dim": said.get("kv_channels") or width // heads,
        "hidden_act": "relu2",
        "max_position_embeddings": said["max_position_embeddings"],
        "norm_eps": said["layernorm_epsilon"],
        "initializer_range": said.get("init_method_std", 0.01),
        "partial_rotary_factor": rotary,
        "rope_theta": base,
        "rope_parameters": {"rope_type": "default", "rope_theta": base, "partial_rotary_factor": rotary},
        "tie_word_embeddings": False,
        "bos_token_id": said.get("bos_token_id", 2),
        "eos_token_id": said.get("eos_token_id", 3),
        "dtype": {"<f4": "float32", "<f2": "float16"}.get(embeddings.kind, "bfloat16"),
    }
