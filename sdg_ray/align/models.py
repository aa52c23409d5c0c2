"""Models to train, and the folder that they are in the end: Hugging Face's layout, which vLLM serves as it is.

    model = causal("pocket/base", tokens, seed=0)         or regressing(...): the same trunk with a head for five values
    save(model, tokens, Path("out/sft"), like="pocket/base")

A folder is complete when it has a config.json, which is put there last; without it, nothing loads what else there is.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, GenerationConfig

from sdg_ray.align.tokens import Tokens
from sdg_ray.engines.weights import folder_of
from sdg_ray.record import Chat
from sdg_ray.scorers.reward_model import ATTRIBUTES

LAST = "config.json"
PROBE: Chat = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]


def causal(name: str, tokens: Tokens, seed: int) -> Any:
    """A language model, in 32 bits, that ends its turns with what it is taught to end them with."""
    model = AutoModelForCausalLM.from_pretrained(folder_of(name), dtype=torch.float32)
    model.config.eos_token_id = model.generation_config.eos_token_id = _ends(model.generation_config, tokens)
    return model


def regressing(name: str, tokens: Tokens, seed: int) -> Any:
    """A model with a head for the five attributes, new and by chance where it had none; no softmax is put upon it."""
    torch.manual_seed(seed)
    folder = folder_of(name)
    config = AutoConfig.from_pretrained(folder)
    config.id2label = dict(enumerate(ATTRIBUTES))
    config.label2id = {attribute: number for number, attribute in enumerate(ATTRIBUTES)}
    config.problem_type = "regression"
    config.pad_token_id = _never_last(config.pad_token_id, tokens)
    return AutoModelForSequenceClassification.from_pretrained(folder, config=config, dtype=torch.float32)


def padding(model: Any) -> int:
    """What fills rows up."""
    return model.config.pad_token_id or 0


def finished(folder: Path) -> bool:
    """Whether a model is there, complete."""
    return (folder / LAST).exists()


def save(model: Any, tokens: Tokens, folder: Path, like: str) -> None:
    """Write the model, in the type of numbers of the one it was trained from, with its tokenizer."""
    unfinished = folder / ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    model.config.use_cache = True
    dtype = AutoConfig.from_pretrained(folder_of(like)).dtype
    model.to(dtype or torch.float32).save_pretrained(unfinished)
    tokens.tokenizer.save_pretrained(unfinished)
    for path in sorted(unfinished.iterdir(), key=lambda path: path.name == LAST):
        path.chmod(0o644)  # safetensors lets only the owner read
        os.replace(path, folder / path.name)
    unfinished.rmdir()


def _ends(how: GenerationConfig, tokens: Tokens) -> int | list[int]:
    """What ends an answer: to the model so far, to its tokenizer, and to the chat template.

    These differ: many a base model ends texts, and its template turns, with another token; and some have several.
    """
    own = how.eos_token_id if isinstance(how.eos_token_id, list) else [how.eos_token_id]
    said = tokens.read(PROBE)
    marks = {*tokens.tokenizer.all_special_ids, *tokens.tokenizer.added_tokens_decoder}
    turns = [token for token, told in zip(said.ids, said.told, strict=True) if told and token in marks][-1:]
    found = sorted({token for token in (*own, tokens.tokenizer.eos_token_id, *turns) if token is not None})
    return found[0] if len(found) == 1 else found


def _never_last(pad: int | None, tokens: Tokens) -> int:
    """A token for padding that no conversation ends with: the head reads the last token that is none of padding.

    Many models pad with the token that ends a turn; theirs would be read one token too early, and not where vLLM reads.
    """
    said = tokens.read(PROBE)
    taken = {said.ids[-1], tokens.tokenizer.eos_token_id}
    return next(number for number in (pad, 0, 1, 2) if number is not None and number not in taken)
