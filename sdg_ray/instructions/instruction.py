"""One kind of verifiable instruction: how it is asked for, how its arguments are drawn, whether an answer follows it.

    Instruction(id="punctuation:no_comma", asks=("Do not use any commas.",), follows=lambda text: "," not in text)

In the sentences of `asks` a place is filled with an argument: `{num_bullets:bullet point}` is "1 bullet point" or
"3 bullet points", `{keywords}` lists words in quotes, and `{language:language}` is the name of a language.
"""

import operator
import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sdg_ray.instructions.languages import NAMES

Kwargs = dict[str, Any]

RELATIONS = {"less than": operator.lt, "at least": operator.ge}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What an instruction is drawn for: the prompt, the languages that may be asked for, words already spoken of."""

    prompt: str
    languages: tuple[str, ...] = tuple(NAMES)
    taken: frozenset[str] = frozenset()


def no_arguments(chance: random.Random, setting: Setting) -> Kwargs:
    """The arguments of an instruction that has none."""
    return {}


def anywhere(setting: Setting) -> bool:
    """Fits every prompt."""
    return True


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """An instruction that a program can check. `follows` takes the answer and the arguments by name."""

    id: str
    asks: tuple[str, ...]
    follows: Callable[..., bool]
    draw: Callable[[random.Random, Setting], Kwargs] = no_arguments
    fits: Callable[[Setting], bool] = anywhere

    def ask(self, chance: random.Random, kwargs: Kwargs) -> str:
        """One of the sentences, with its arguments."""
        return SPOKEN.format(chance.choice(self.asks), **kwargs)


class Spoken(string.Formatter):
    """Fills places as a sentence would say their values."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """A number with its noun, a list of words, the name of a language, or the value as it is."""
        if format_spec == "language":
            return NAMES[value]
        if isinstance(value, int) and format_spec:
            return f"{value} {format_spec}" if value == 1 else f"{value} {format_spec}s"
        if isinstance(value, list):
            return " and ".join(f'"{each}"' for each in value)
        return str(value)


SPOKEN = Spoken()


def compare(count: int, relation: str, bound: int) -> bool:
    """Whether `count` is in that relation to the bound. Raises ValueError for a relation that the benchmark lacks."""
    if relation not in RELATIONS:
        raise ValueError(f"the relation {relation!r} is none of {', '.join(RELATIONS)}")
    return RELATIONS[relation](count, bound)


def bound(chance: random.Random, most: int, least: int = 1) -> tuple[str, int]:
    """A relation and a number up to `most`; "less than 1" would forbid everything, so that one begins at 2."""
    relation = chance.choice(tuple(RELATIONS))
    return relation, chance.randint(max(least, 2) if relation == "less than" else least, most)
