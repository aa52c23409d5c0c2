"""Where a user's turn begins, for models behind an address.

A server ends every chat with the start of an assistant's turn. For a model to write what a user would say, the chat is
rendered here instead, by the model's own template, and the server continues its tokens.

    UsersTurn("pocket/instruct").opened(chat)       Opened(tokens=[5, 81, 940, 1, 5])
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sdg_ray.engines.running import PLACE
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused
from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A chat as tokens, up to where a user speaks next."""

    tokens: list[int]


class UsersTurn:
    """The tokenizer of a model by its folder or name, loaded when it is first needed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def opened(self, chat: Chat) -> Opened:
        """The chat, and the start of a user's turn. Raises `Refused` where there is no such tokenizer."""
        whole = [*chat, {"role": "user", "content": PLACE}]
        text = self.tokenizer.apply_chat_template(whole, tokenize=False).partition(PLACE)[0]
        return Opened(tokens=self.tokenizer.encode(text, add_special_tokens=False))

    @cached_property
    def tokenizer(self) -> Any:
        """With its chat template."""
        try:
            from transformers import AutoTokenizer

            return AutoTokenizer.from_pretrained(Vllm(name=self.name).folder)
        except (ImportError, OSError, ValueError) as error:
            said = str(error).splitlines()[0]
            raise Refused(
                f"a user's turn needs the tokenizer of {self.name}, and it cannot be loaded: {said}; "
                "mend the model's tokenizer=, or leave out the families that need it"
            ) from error
