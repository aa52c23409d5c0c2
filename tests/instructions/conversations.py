"""A family to wrap: whole conversations without a model, and slots that are errors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.record import Chat

QUESTION = "Is it true that {tides} follow the moon?"


@dataclass(frozen=True, kw_only=True)
class Some:
    """A family with one whole conversation for each seed, and one slot that is an error."""

    seeds: int | None = 4
    quota: int | None = None
    per_seed: int = 2
    text: str = QUESTION
    answered: bool = True  # there is an answer before the last turn

    needs = frozenset[str]()

    def check(self) -> None:
        pass

    def open(self, means: Means) -> Program:
        async def say(number: int, chance: Chance) -> Sequence[Draft]:
            chat: Chat = [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "Hello."},
                {"role": "assistant", "content": "Hello friend."},
                {"role": "user", "content": f"{number}: {self.text}"},
            ]
            chat = chat if self.answered else [chat[0], chat[-1]]
            origin = {"source": "some", "path": ["Science", "Tides"], "licence": "CC0-1.0"}
            return [
                Draft(prompt=chat, reference="yes", origin=origin),
                Draft(prompt=[], error="broken: before"),
            ]

        return say


def ids_of(draft: Draft) -> list[str]:
    """The instructions that a draft is to be verified for."""
    return json.loads(draft.reference or "")["instruction_id_list"]
