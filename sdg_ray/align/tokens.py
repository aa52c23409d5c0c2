"""Conversations as tokens, and which of these the assistant says: what a loss may look at, and what it may not.

    tokens = Tokens(tokenizer, "pocket/base")
    tokens.read([user, assistant])                    Said(ids=(4, 87, ..., 1), told=(False, False, ..., True))
    tokens.read([user, assistant, user, assistant], since=3)      told is only the last turn

The text is rendered and cut into tokens at once, as engines do it, so what is learnt is what will be asked for. Told is
a turn's text up to where the template ends it; what opens the turn is given. This needs nothing of a template but
that what it has rendered stays as it is when further turns follow.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jinja2 import TemplateError
from torch import Tensor
from transformers import AutoConfig, AutoTokenizer

from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.weights import folder_of
from sdg_ray.errors import Refused
from sdg_ray.record import Chat

UNTAUGHT = "have no turn of an assistant"


@dataclass(frozen=True, kw_only=True)
class Said:
    """Tokens, and which of them the assistant said."""

    ids: tuple[int, ...]
    told: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What is trained on, one item a row of a batch; and why rows were left out.

    An item has `names`, the prompts that it is made of, and a length in tokens.
    """

    items: Sequence[Any]
    left_out: Counter[str] = field(default_factory=Counter)


class Tokens:
    """A tokenizer with its chat template."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        self.tokenizer, self.name = tokenizer, name
        if not tokenizer.chat_template:
            raise Refused(f"{name} has no chat template; name a model of its family that has one: tokenizer=...")

    def read(self, chat: Chat, since: int = 0) -> Said:
        """The tokens of a conversation; told are the assistant's turns from number `since` on."""
        text = self._rendered(chat)
        spans = [self._span(chat, turn, text) for turn in range(since, len(chat)) if chat[turn]["role"] == "assistant"]
        cut = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        starts = [start for start, _ in cut["offset_mapping"]]
        told = tuple(any(begin <= start < end for begin, end in spans) for start in starts)
        return Said(ids=tuple(cut["input_ids"]), told=told)

    def _span(self, chat: Chat, turn: int, text: str) -> tuple[int, int]:
        """Where in the text what the assistant says in a turn begins and ends."""
        before = self._rendered(chat[:turn], add_generation_prompt=True)
        through = self._rendered(chat[: turn + 1])
        if not (text.startswith(through) and through.startswith(before)):
            raise Refused(
                f"the chat template of {self.name} renders a turn otherwise when further turns follow, so what the "
                "assistant says cannot be found; give a template that does not: tokenizer=..."
            )
        return len(before), len(through)

    def _rendered(self, chat: Chat, **how: Any) -> str:
        try:
            return self.tokenizer.apply_chat_template(chat, tokenize=False, **how)
        except TemplateError as error:
            roles = ", ".join(turn["role"] for turn in chat)
            raise Refused(
                f"the chat template of {self.name} does not take the turns {roles} that begin with "
                f"{chat[0]['content'][:60]!r}: {error}; leave such rows out, or give another template: tokenizer=..."
            ) from error


def tokens_of(model: str, tokenizer: str | None) -> Tokens:
    """The tokenizer that `model` is trained with: its own, or that of another model of its family.

    Raises:
        Refused: there is no such model, no chat template, or the tokenizer is not one for this model.
    """
    Vllm(name=model).check()
    own = _loaded(model)
    if tokenizer is None:
        taken = own
    else:
        Vllm(name=tokenizer).check()
        taken = _loaded(tokenizer)
    if taken is None:
        raise Refused(f"{tokenizer or model} has no tokenizer; name a model of its family that has one: tokenizer=...")
    _check_match(model, AutoConfig.from_pretrained(folder_of(model)).vocab_size, own, tokenizer or model, taken)
    return Tokens(taken, tokenizer or model)


def _loaded(model: str) -> Any:
    """The tokenizer in a model's folder; None where there is none."""
    try:
        return AutoTokenizer.from_pretrained(folder_of(model))
    except (OSError, ValueError):  # which one, transformers decides by what else is in the folder
        return None


def _check_match(model: str, rows: int, own: Any, name: str, taken: Any) -> None:
    """Refuse a tokenizer whose ids mean something else to the model, or nothing; `own` is the model's, if any."""
    last = max(taken.get_vocab().values())
    if last >= rows:
        raise Refused(
            f"model={model} and the tokenizer of {name} do not match: its ids go up to {last:,}, and the model has "
            f"embeddings for {rows:,}; choose a tokenizer of the model's family"
        )
    there, known = taken.get_vocab(), own.get_vocab() if own else {}
    if others := [word for word, number in known.items() if there.get(word, number) != number]:
        word = min(others)
        raise Refused(
            f"model={model} and the tokenizer of {name} do not match: {word!r} is {known[word]} to the model "
            f"and {there[word]} to the tokenizer; choose a tokenizer of the model's family"
        )


def whole(said: Iterable[tuple[str, Said]], longest: int, left_out: Counter[str]) -> Iterator[tuple[str, Said]]:
    """Those that fit, each with its name; one cut short would teach not to come to an end."""
    for name, each in said:
        if len(each) > longest:
            left_out[f"are longer than {longest:,} tokens"] += 1
        elif not any(each.told):
            left_out[UNTAUGHT] += 1
        else:
            yield name, each


def padded(rows: Sequence[Sequence[Any]], value: Any, dtype: torch.dtype) -> Tensor:
    """Rows of different lengths as one tensor, filled up on the right."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], dtype=dtype)
