"""Topics to write prompts about: broad ones, and more special ones below each; some may be given.

("Science",)   ("Science", "Tides")   ("Science", "Volcanoes")   ("Cooking",)   ...
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Asking
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.template import template, worded


@dataclass(frozen=True, kw_only=True)
class Broad:
    """Topics of everything: each of the broad ones with `below` special ones, the `given` ones among the broad.

    The full size is that of the technical report, section 3.2.1. A small list has fewer below each, rather than one
    broad topic alone.
    """

    quota: int = 3000
    below: int = 24
    given: tuple[str, ...] = ()
    macro: str = worded("topics/macro")
    sub: str = worded("topics/sub")

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, or nothing below a topic."""
        template(self.macro, "n")
        template(self.sub, "n", "topic")
        if self.below < 1:
            raise Refused(f"recipe.prompts.topics: below must be at least 1, not {self.below}")

    def open(self, means: Means) -> Program:
        """From how many topics are wanted to as many."""

        async def make(size: int, chance: Chance) -> Sequence[Draft]:
            below = min(self.below, max(1, math.isqrt(size)))
            broad = math.ceil(size / (1 + below))
            missing = max(0, broad - len(self.given))
            made = await means.asking.items(template(self.macro, "n"), missing, chance, known=self.given)
            tops = [*map(given, self.given[:broad]), *(Draft.of(each, [each.text or ""]) for each in made)]
            return (await with_subtopics(means.asking, tops, below, self.sub, chance))[:size]

        return make


async def with_subtopics(asking: Asking, tops: Sequence[Draft], below: int, name: str, chance: Chance) -> list[Draft]:
    """Topics, and below each of them that there is `below` more; the broad ones first."""
    wanted = template(name, "n", "topic")

    async def under(top: Draft) -> list[Draft]:
        if top.error is not None:
            return [top] * below
        (name,) = path_of(top)
        made = await asking.items(wanted, below, chance.at("below", name), topic=name)
        return [Draft.of(each, [name, each.text or ""], name) for each in made]

    found = await asyncio.gather(*(under(top) for top in tops))
    return [*tops, *(each for some in found for each in some)]


def given(name: str) -> Draft:
    """A topic that was given and not made."""
    return Draft(prompt=[{"role": "user", "content": name}], origin={"source": "given", "path": [name]})


def path_of(topic: Draft) -> list[str]:
    """The path of a topic that is there."""
    return list((topic.origin or {})["path"])
