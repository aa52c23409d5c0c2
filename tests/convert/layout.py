"""A tiny reward model in the layout in which NVIDIA published the large one: NeMo settings and Zarr arrays."""

import itertools
import json
from pathlib import Path
from typing import Any

import torch
import yaml
from transformers import NemotronConfig, NemotronForSequenceClassification

HEADS, GROUPS, WIDTH, LAYERS = 6, 2, 24, 3
SETTINGS: dict[str, Any] = {
    "num_layers": LAYERS, "hidden_size": 48, "ffn_hidden_size": 96, "num_attention_heads": HEADS,
    "num_query_groups": GROUPS, "kv_channels": WIDTH, "max_position_embeddings": 64, "layernorm_epsilon": 1e-5,
    "rotary_percentage": 0.5, "rotary_base": 10000, "activation": "squared-relu", "normalization": "layernorm1p",
    "bias": False, "init_method_std": 0.01,
}  # fmt: skip
FUSED = {
    "input_layernorm": "self_attention.linear_qkv.layer_norm_",
    "post_attention_layernorm": "mlp.linear_fc1.layer_norm_",
}
PLAIN = {
    "self_attn.o_proj": "self_attention.linear_proj",
    "mlp.up_proj": "mlp.linear_fc1",
    "mlp.down_proj": "mlp.linear_fc2",
}


def nine(outputs: int = 9) -> tuple[NemotronForSequenceClassification, torch.Tensor]:
    """A random model with nine outputs, norms that do something, and the bias of its head."""
    torch.manual_seed(5)
    config = NemotronConfig(
        vocab_size=80, hidden_size=48, intermediate_size=96, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        num_key_value_heads=GROUPS, head_dim=WIDTH, max_position_embeddings=64, partial_rotary_factor=0.5,
        num_labels=outputs, initializer_range=0.2, pad_token_id=0,
    )  # fmt: skip
    model = NemotronForSequenceClassification(config).eval()
    with torch.no_grad():
        for name, each in model.named_parameters():
            if "norm" in name:
                each.normal_(std=0.3)
            each.copy_(each.to(torch.bfloat16))  # what is written is then exactly this
    return model, torch.randn(outputs)


def publish(model: NemotronForSequenceClassification, bias: torch.Tensor | None, folder: Path, **settings: Any) -> Path:
    """Write a model as NeMo does, its layers stacked, its tensors cut as eight-fold parallel training leaves them."""
    folder.mkdir()
    (folder / "model_config.yaml").write_text(yaml.safe_dump(SETTINGS | settings))
    state = model.state_dict()
    for name, tensor in _outside(state).items():
        _array(folder, name, tensor, [max(1, tensor.shape[0] // 3), *tensor.shape[1:]])
    for name, parts in _layers(state).items():
        stacked = torch.stack(parts)
        _array(folder, f"model.decoder.layers.{name}", stacked, [1, -(-stacked.shape[1] // 4), *stacked.shape[2:]])
    _array(folder, "model.rm_head.weight", state["score.weight"].float(), [len(state["score.weight"]), 20], "<f4")
    if bias is not None:
        _array(folder, "model.rm_head.bias", bias, [len(bias)], "<f4")
    (folder / "model_weights/metadata.json").write_text('{"sharded_backend": "zarr", "common_backend": "torch"}')
    return folder


def _outside(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        "model.embedding.word_embeddings.weight": state["model.embed_tokens.weight"],
        "model.decoder.final_layernorm.weight": state["model.norm.weight"],
        "model.decoder.final_layernorm.bias": state["model.norm.bias"],
    }


def _layers(state: dict[str, torch.Tensor]) -> dict[str, list[torch.Tensor]]:
    """Each tensor of the layers, layer by layer."""
    made: dict[str, list[torch.Tensor]] = {}
    for at in (f"model.layers.{number}." for number in range(LAYERS)):
        made.setdefault("self_attention.linear_qkv.weight", []).append(_fused(state, at))
        for ours, theirs in PLAIN.items():
            made.setdefault(f"{theirs}.weight", []).append(state[f"{at}{ours}.weight"])
        for (ours, theirs), part in itertools.product(FUSED.items(), ("weight", "bias")):
            made.setdefault(f"{theirs}{part}", []).append(state[f"{at}{ours}.{part}"])
    return made


def _fused(state: dict[str, torch.Tensor], at: str) -> torch.Tensor:
    """Rows as Megatron has them: for each group its queries' heads, then its key's, then its value's."""
    q, k, v = (state[f"{at}self_attn.{name}_proj.weight"] for name in "qkv")
    rows: list[torch.Tensor] = []
    each = HEADS // GROUPS
    for group in range(GROUPS):
        rows += [q[(group * each + head) * WIDTH :][:WIDTH] for head in range(each)]
        rows += [k[group * WIDTH :][:WIDTH], v[group * WIDTH :][:WIDTH]]
    return torch.cat(rows)


def _array(folder: Path, name: str, tensor: torch.Tensor, chunks: list[int], kind: str = "bfloat16") -> None:
    """A Zarr array of version 2, uncompressed, the last chunks padded to full size."""
    home = folder / "model_weights" / name
    home.mkdir(parents=True)
    said = {"zarr_format": 2, "shape": list(tensor.shape), "chunks": chunks, "dtype": kind, "order": "C"}
    (home / ".zarray").write_text(json.dumps(said | {"compressor": None, "fill_value": None, "filters": None}))
    counts = [-(-size // chunk) for size, chunk in zip(tensor.shape, chunks, strict=True)]
    for at in itertools.product(*map(range, counts)):
        part = torch.zeros(chunks)
        own = tensor[tuple(slice(n * size, (n + 1) * size) for n, size in zip(at, chunks, strict=True))]
        part[tuple(slice(0, size) for size in own.shape)] = own
        data = part.numpy().tobytes() if kind == "<f4" else part.to(torch.bfloat16).view(torch.uint8).numpy().tobytes()
        (home / ".".join(map(str, at))).write_bytes(data)
