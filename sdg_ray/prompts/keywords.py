"""Keywords that problems are written about, in mathematics and in Python, from four places.

given by hand             ("prime numbers",)
entities of a file        ("Pell's equation",)               those of which the model says that they belong
names in Python code      ("itertools.groupby",)             those in most files
topics from the model     ("Fractions",)   ("Fractions", "Comparing fractions")

What code and entities give is at most a third of a list each, so that a small list has some of everything; topics
make up the rest.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.prompts import code_names
from sdg_ray.prompts.asking import Made
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.files import digest, lines_in
from sdg_ray.prompts.keyword_list import belonging, filled, used_in
from sdg_ray.prompts.topics import given
from sdg_ray.template import template, worded

LEVELS = ("elementary school", "middle school", "high school", "university")


@dataclass(frozen=True, kw_only=True)
class MathKeywords:
    """Keywords of mathematics: those `given`, lines of the file `entities`, and topics that are taught at the `levels`.

    The full size is that of the technical report, section 3.2.1.
    """

    quota: int = 17_000
    levels: tuple[str, ...] = LEVELS
    below: int = 24
    given: tuple[str, ...] = ()
    entities: str | None = runtime(None)
    macro: str = worded("math/topics")
    sub: str = worded("math/subtopics")
    belongs: str = worded("math/belongs")
    content: str | None = field(init=False)  # a hash of the entities

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", _digest(self.entities))

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, or no level."""
        template(self.macro, "n", "level")
        _check(self.sub, self.belongs, self.entities, self.below)
        if not self.levels:
            raise Refused("recipe.prompts.topics: levels is empty; give at least one, such as high school")

    def open(self, means: Means) -> Program:
        """From how many keywords are wanted to as many."""
        asking, wanted, levels = means.asking, template(self.macro, "n", "level"), list(self.levels)

        async def tops(n: int, chance: Chance) -> Sequence[Made]:
            each = math.ceil(n / len(levels))
            asks = (asking.items(wanted, each, chance.at(level), level=level) for level in levels)
            return [made for turn in zip(*await asyncio.gather(*asks), strict=True) for made in turn]

        async def make(size: int, chance: Chance) -> Sequence[Draft]:
            found = await belonging(asking, self.belongs, self.entities, size // 3, chance.at("entities"))
            return await filled(asking, size, [*map(given, self.given), *found], tops, self.below, self.sub, chance)

        return make


@dataclass(frozen=True, kw_only=True)
class PythonKeywords:
    """Keywords of Python: those `given`, names used in a `corpus` of code, lines of the file `entities`, and topics.

    A corpus is a folder with .py files or one file; it is told from another by the names and sizes of its files. The
    full size is that of the technical report, section 3.2.1.
    """

    quota: int = 12_000
    below: int = 24
    given: tuple[str, ...] = ()
    corpus: str | None = runtime(None)
    entities: str | None = runtime(None)
    macro: str = worded("coding/topics")
    sub: str = worded("coding/subtopics")
    belongs: str = worded("coding/belongs")
    code: str | None = field(init=False)  # a hash of the corpus
    content: str | None = field(init=False)  # and of the entities

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", code_names.digest(self.corpus) if self.corpus else None)
        object.__setattr__(self, "content", _digest(self.entities))

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit."""
        template(self.macro, "n")
        _check(self.sub, self.belongs, self.entities, self.below)

    def open(self, means: Means) -> Program:
        """From how many keywords are wanted to as many."""
        asking = means.asking

        async def tops(n: int, chance: Chance) -> Sequence[Made]:
            return await asking.items(template(self.macro, "n"), n, chance)

        async def make(size: int, chance: Chance) -> Sequence[Draft]:
            used = await used_in(self.corpus, size // 3)
            found = await belonging(asking, self.belongs, self.entities, size // 3, chance.at("entities"))
            known = [*map(given, self.given), *used, *found]
            return await filled(asking, size, known, tops, self.below, self.sub, chance)

        return make


def _digest(entities: str | None) -> str | None:
    return digest(entities, "keywords") if entities else None


def _check(sub: str, belongs: str, entities: str | None, below: int) -> None:
    """Raise `Refused` for what all keywords have in common."""
    template(sub, "n", "topic")
    template(belongs, "entity")
    if entities:
        lines_in(entities, "keywords")
    if below < 1:
        raise Refused(f"recipe.prompts.topics: below must be at least 1, not {below}")
