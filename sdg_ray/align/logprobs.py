"""How likely a model finds what was said: log-probabilities of tokens, summed over those of the assistant.

    sequence_logprobs(logits, ids, told)        [rows], in nats: log pi(answer | prompt)

`ids` are the tokens of whole conversations, [rows, length], and `told` says which of them the assistant said. The
logits at one place foretell the token at the next, so the first token of a row is never foretold, told or not.
"""

from typing import Any

import torch
from torch import Tensor


def token_logprobs(logits: Tensor, targets: Tensor) -> Tensor:
    """Log-probabilities of `targets` [...] under `logits` [..., vocabulary], in at least 32 bits."""
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1) - logits.logsumexp(-1)


def told_sum(scores: Tensor, told: Tensor) -> Tensor:
    """The sum of `scores` [rows, length] where `told`: [rows]. What is not told has no part, whatever it is."""
    return torch.where(told, scores, torch.zeros_like(scores)).sum(-1)


def sequence_logprobs(logits: Tensor, ids: Tensor, told: Tensor) -> Tensor:
    """Log-probability of each row's told tokens: logits [rows, length, vocabulary], ids and told [rows, length]."""
    return told_sum(token_logprobs(logits[:, :-1], ids[:, 1:]), told[:, 1:])


def of_model(model: Any, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Log-probabilities of tokens under a model, and which of them are told: both [rows, places]."""
    logits, places = foretelling(model, batch)
    return token_logprobs(logits, batch["input_ids"][:, places + 1]), batch["told"][:, places + 1]


def told_logits(model: Any, batch: dict[str, Tensor]) -> Tensor:
    """What a model foretells where the assistant speaks: logits [told tokens, vocabulary], in at least 32 bits."""
    logits, places = foretelling(model, batch)
    return logits[batch["told"][:, places + 1]].to(torch.promote_types(logits.dtype, torch.float32))


def foretelling(model: Any, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Logits [rows, places, vocabulary] at the places [places] that foretell a told token in some row.

    The others do not go through the head, which is large where the vocabulary is. `batch` has input_ids and told,
    [rows, length], padded on the right, where causal attention never looks; and position_ids where rows are packed:
    each conversation counts from 0, and attends to itself alone.
    """
    places = batch["told"][:, 1:].any(0).nonzero().squeeze(-1)
    positions = {name: batch[name] for name in ("position_ids",) if name in batch}
    found = model(input_ids=batch["input_ids"], logits_to_keep=places, use_cache=False, **positions)
    return found.logits, places
