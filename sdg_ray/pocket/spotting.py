"""Finding the token that went wrong: what Reward learns before it learns to grade.

Into right answers Instruct puts tokens of its own, as it would by mistake, and Reward has to say of every token whether
it is the answer's own (4) or not (0). From grades alone, one for each answer, a small model hardly learns to see one
wrong digit; this says of every token what is wrong, as replaced-token detection does (ELECTRA, Clark et al. 2020).

Meanwhile the layers that came from Instruct go on learning to predict the right tokens, mistakes before them or not:
what the further layers compare a token with stays known, and becomes known better.
"""

import copy

import torch
from torch import Tensor
from torch.nn import functional
from transformers import NemotronForCausalLM, PreTrainedTokenizerFast

from sdg_ray.pocket.fitting import Item, Loss, padded

OWN_SHARE = 0.5  # of the tokens may be Instruct's own; most of those are the right ones all the same
DIGIT_SHARE = 0.04  # of the digits become any digit
TEMPERATURE = 1.7
HEAVIEST = 12.0  # times that a wrong token counts as much as a right one, at most


def spotting_loss(instruct: NemotronForCausalLM, tokenizer: PreTrainedTokenizerFast) -> Loss:
    """The loss of a reward model on batches of right answers; told are the tokens of the answers."""
    digits = torch.tensor(tokenizer.convert_tokens_to_ids(list("0123456789")))
    trunk = instruct.config.num_hidden_layers
    norm, head = (copy.deepcopy(part).requires_grad_(False) for part in (instruct.model.norm, instruct.lm_head))

    def loss(reward: torch.nn.Module, batch: list[Item]) -> Tensor:
        ids = padded([item.ids for item in batch], 0, torch.long)
        told = padded([item.told for item in batch], False, torch.bool)[:, 1:]
        right = ids[:, 1:][told]
        with torch.no_grad():
            hidden = instruct.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1][told]
            seen = _mistaken(instruct.lm_head(hidden), right, digits)
        wrong = seen != right
        ids[:, 1:][told] = seen
        read = reward.model(input_ids=ids, use_cache=False, output_hidden_states=True)
        foreseen = head(norm(read.hidden_states[trunk][:, :-1][told]))
        values = reward.score(read.last_hidden_state[:, 1:][told])[:, 1]
        heavier = ((~wrong).sum() / wrong.sum().clamp(min=1) / 2).clamp(max=HEAVIEST)
        weights = torch.where(wrong, heavier, 1.0)
        spotted = (weights * (values - torch.where(wrong, 0.0, 4.0)) ** 2).sum() / weights.sum()
        return spotted + functional.cross_entropy(foreseen, right)

    return loss


def _mistaken(logits: Tensor, right: Tensor, digits: Tensor) -> Tensor:
    """The tokens of an answer, some of them as Instruct would have them and some digits any other."""
    own = torch.multinomial(torch.softmax(logits / TEMPERATURE, -1), 1)[:, 0]
    seen = torch.where(torch.rand(len(right)) < OWN_SHARE, own, right)
    swapped = torch.isin(right, digits) & (torch.rand(len(right)) < DIGIT_SHARE)
    return torch.where(swapped, digits[torch.randint(0, len(digits), (len(right),))], seen)
