"""Answers of a pocket model in plain torch, many conversations at once; no engine needed.

Conversations of like length are answered together, each row of the cache starting at its own end, so that padding
never stands between a question and its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface, NemotronForCausalLM, PreTrainedTokenizerFast
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from sdg_ray.pocket.tokenizer import ROLES, encode

Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    text: str
    finished: bool  # the model stopped by itself


def answers(model: NemotronForCausalLM, tokenizer: PreTrainedTokenizerFast, asked: Sequence[Turns], temperature: float,
            seed: int, longest: int = 300, batch: int = 256) -> list[Answer]:  # fmt: skip
    """One answer for each conversation, in the order of the conversations."""
    generator = torch.Generator().manual_seed(seed)
    prompts = [[*encode(tokenizer, turns)[0], tokenizer.convert_tokens_to_ids(ROLES["assistant"])] for turns in asked]
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    found: dict[int, Answer] = {}
    threads, attention = torch.get_num_threads(), model.config._attn_implementation
    torch.set_num_threads(1)  # the steps are so small that a second thread mostly waits, and on a busy machine for long
    model.set_attn_implementation("pocket")
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        rows = _continued(model, [prompts[place] for place in places], temperature, generator, longest)
        for place, ids in zip(places, rows, strict=True):
            finished = model.config.eos_token_id in ids
            text = tokenizer.decode(ids[: ids.index(model.config.eos_token_id)] if finished else ids)
            found[place] = Answer(text=text, finished=finished)
    model.set_attn_implementation(attention)
    torch.set_num_threads(threads)
    return [found[place] for place in range(len(prompts))]


def _attend(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """Attention without repeating keys for each query head: the heads that share a key are like further positions."""
    rows, heads, length, width = query.shape
    if length > 1:
        return sdpa_attention_forward(module, query, key, value, mask, **kwargs)
    grouped = query.view(rows, key.shape[1], -1, width)
    attended = functional.scaled_dot_product_attention(grouped, key, value, attn_mask=mask)
    return attended.reshape(rows, 1, heads, width), None


AttentionInterface.register("pocket", _attend)
AttentionMaskInterface.register("pocket", sdpa_mask)


@torch.inference_mode()
def _continued(model: NemotronForCausalLM, prompts: Sequence[list[int]], temperature: float, generator: torch.Generator,
               longest: int) -> list[list[int]]:  # fmt: skip
    """New ids for each prompt, up to and with the end token. Rows that have ended leave the batch."""
    width, end = max(map(len, prompts)), model.config.eos_token_id
    ids = torch.tensor([[model.config.pad_token_id] * (width - len(row)) + row for row in prompts])
    seen = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts])
    out: list[list[int]] = [[] for _ in prompts]
    live, cache = torch.arange(len(prompts)), None
    ended = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(longest):
        positions = (seen.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        step = model(
            input_ids=ids,
            attention_mask=seen,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache, chosen = step.past_key_values, _chosen(step.logits[:, -1], temperature, generator)
        for row, token in zip(live.tolist(), chosen.tolist(), strict=True):
            out[row].append(token)
        ended |= chosen == end
        if ended.all():
            break
        ids, seen = chosen[:, None], torch.cat([seen, torch.ones(len(live), 1, dtype=torch.long)], 1)
        if ended.float().mean() > 0.15:  # dropping rows copies the cache, so not at every step
            going = (~ended).nonzero().flatten()
            cache.batch_select_indices(going)
            ids, seen, live, ended = ids[going], seen[going], live[going], ended[going]
    return [row[: row.index(end) + 1] if end in row else row for row in out]


def _chosen(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> torch.Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=generator).flatten()
