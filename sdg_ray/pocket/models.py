"""The pocket models: Nemotron-4 in miniature, and the reward head on its trunk.

Squared ReLU, rotary positions on half of each head, LayerNorm1P, grouped-query attention and no biases, as in the
large model; four layers of width 192 instead of ninety-six of 18,432. The head regresses five values and is never
softmaxed; Reward has two layers more than Instruct, which compare what comes with what Instruct expected.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import NemotronConfig, NemotronForCausalLM, NemotronForSequenceClassification, PreTrainedTokenizerFast

from sdg_ray.pocket import tokenizer as words

FURTHER = 2  # layers of Reward above the trunk of Instruct
ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")


def fresh(tokenizer: PreTrainedTokenizerFast, seed: int) -> NemotronForCausalLM:
    """An untrained causal model."""
    torch.manual_seed(seed)
    config = NemotronConfig(
        vocab_size=len(tokenizer), hidden_size=192, num_hidden_layers=4, intermediate_size=768, num_attention_heads=6,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=1024, partial_rotary_factor=0.5, hidden_act="relu2",
        tie_word_embeddings=False, initializer_range=0.02, **_ends(tokenizer),
    )  # fmt: skip
    return NemotronForCausalLM(config)


def rewarding(instruct: NemotronForCausalLM, seed: int) -> NemotronForSequenceClassification:
    """A reward model on the trunk of Instruct; its further layers change nothing until they are trained."""
    torch.manual_seed(seed)
    labels = {"id2label": dict(enumerate(ATTRIBUTES)), "label2id": {name: i for i, name in enumerate(ATTRIBUTES)}}
    config = NemotronConfig(
        **_without_layer_types(instruct.config) | labels | {"problem_type": "regression", "architectures": None}
    )
    config.num_hidden_layers += FURTHER
    model = NemotronForSequenceClassification(config)
    model.model.load_state_dict(instruct.model.state_dict(), strict=False)
    for layer in model.model.layers[instruct.config.num_hidden_layers :]:
        torch.nn.init.zeros_(layer.self_attn.o_proj.weight)
        torch.nn.init.zeros_(layer.mlp.down_proj.weight)
    return model


def _without_layer_types(config: NemotronConfig) -> dict[str, Any]:
    """The config without its list of layers, of which Reward has more."""
    return {name: value for name, value in config.to_dict().items() if name != "layer_types"}


def _ends(tokenizer: PreTrainedTokenizerFast) -> dict[str, int | None]:
    return {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}


def save(
    model: NemotronForCausalLM | NemotronForSequenceClassification, tokenizer: PreTrainedTokenizerFast, folder: Path
) -> None:
    """A complete model folder in bfloat16, there at once or not at all."""
    half = type(model)(model.config)
    half.load_state_dict(model.state_dict())
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    half.to(torch.bfloat16).save_pretrained(unfinished)
    words.save(tokenizer, unfinished)
    if isinstance(model, NemotronForCausalLM):
        written = json.dumps(_ends(tokenizer) | {"do_sample": True, "temperature": 0.7}, indent=2)
        (unfinished / "generation_config.json").write_text(written)
    for path in unfinished.iterdir():
        path.chmod(0o644)  # safetensors lets only the owner read
    replace(unfinished, folder)


def replace(new: Path, folder: Path) -> None:
    """Put a finished folder where the old one was."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.rename(folder, old)
    os.rename(new, folder)
    shutil.rmtree(old, ignore_errors=True)


def load_instruct(folder: Path) -> NemotronForCausalLM:
    return NemotronForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def load_reward(folder: Path) -> NemotronForSequenceClassification:
    return NemotronForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
