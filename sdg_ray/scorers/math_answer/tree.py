"""What an answer can be, once it is read.

"3/4"           Quantity(node=..., unit="")
"[0, 1)"        Several(kind="[)", items=(Quantity, Quantity))
"x = 5"         Quantity(node=..., name="x")
"2x + 3y = 6"   Relation(sign="=", left=..., right=...)
"Monday"        Words(text="monday")
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from sdg_ray.scorers.math_answer.number import Value


class Point:
    """A value for every letter, by chance but always the same: two formulas that agree at some of these are one."""

    def __init__(self, number: int) -> None:
        self.number, self.asked = number, False

    def __getitem__(self, letter: str) -> Fraction:
        self.asked = True
        return _drawn(self.number, letter)


POINTS = 4


@cache
def _drawn(number: int, letter: str) -> Fraction:
    """Positive at two points, negative at one, either at the last; roots and logarithms do not exist everywhere."""
    chance = random.Random(f"{letter} at {number}")
    size = Fraction(chance.randrange(300, 3000), 1009)
    return -size if number == 2 or number == 3 and chance.random() < 0.5 else size


Node = Callable[[Point], Value]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number or a formula; its unit; the name that it is said to be the value of; decimals, if it is written so."""

    node: Node
    unit: str = ""
    name: str = ""
    places: int = 0


@dataclass(frozen=True, kw_only=True)
class Relation:
    """An equation or inequality."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, kw_only=True)
class Several:
    """A list ("," as its kind), set ("{}"), point or interval (its brackets), union ("u"), matrix or row of one."""

    kind: str
    items: "tuple[Answer, ...]"


@dataclass(frozen=True, kw_only=True)
class Words:
    """Text that is no formula, in small letters."""

    text: str


Answer = Quantity | Relation | Several | Words
