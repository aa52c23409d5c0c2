"""Personas: what one person might ask an assistant, and then another.

A nurse who works at night.  ->  How do I fall asleep at eight in the morning?
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.files import digest, lines_in
from sdg_ray.template import template, worded


@dataclass(frozen=True, kw_only=True)
class Persona:
    """`prompts` of each person in the file `personas`: one on each line of a .txt, or a .jsonl with a key `persona`.

    A seed is one person; people come round again with other prompts when all have had their turn.

    Raises:
        Refused: the file cannot be read, is empty, or has a line without a person.
    """

    personas: str = runtime("persona/people.txt")
    prompts: int = 2
    quota: int | None = 20_000
    ask: str = worded("persona/prompts")
    content: str = field(init=False)  # a hash of the file

    seeds = None
    needs = frozenset({"writer"})

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", digest(self.personas, "persona"))
        _people(self.personas)

    @property
    def per_seed(self) -> int:
        """All that one person asks."""
        return self.prompts

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, or nothing to ask."""
        template(self.ask, "n", "persona")
        if self.prompts < 1:
            raise Refused(f"prompts.persona: prompts must be at least 1, not {self.prompts}")

    def open(self, means: Means) -> Program:
        """From a number to the prompts of one person."""
        asking, people, wanted = means.asking, _people(self.personas), template(self.ask, "n", "persona")

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            place = number % len(people)
            made = await asking.items(wanted, self.prompts, chance, persona=people[place])
            return [Draft.of(each, [], people[place], item=str(place + 1)) for each in made]

        return make


def _people(name: str) -> list[str]:
    lines = lines_in(name, "persona")
    return [_person(name, n, line) for n, line in enumerate(lines, 1)] if name.endswith(".jsonl") else lines


def _person(name: str, number: int, line: str) -> str:
    try:
        person = json.loads(line)["persona"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"prompts.persona: {name}: line {number} has no key 'persona': {error!r}") from error
    if not isinstance(person, str) or not person.strip():
        raise Refused(f"prompts.persona: {name}: the persona in line {number} is no text")
    return person.strip()
