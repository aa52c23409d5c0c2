"""Evolved requests: a model is shown some, writes new ones, and each new one is changed in several ways.

What colour is the salt heron?   Add 3 and 4.   Sort: 5, 2.   ->  Which month is the month of the Lamp Parade?
                                                              ->  Which month is it, and in which town is it held?
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Made
from sdg_ray.prompts.family import Draft, Family, Means, Program
from sdg_ray.prompts.refine import Refining
from sdg_ray.prompts.rouge import rouge_l
from sdg_ray.template import template, worded

POOL = "evolve"  # the chance by which the pool is made: the same in every run


@dataclass(frozen=True, kw_only=True)
class Evolve:
    """`new` requests from `shots` examples, and each of them once more in every one of the `modes`.

    The first `size` prompts of the family `pool` are what examples are drawn from; the pool does not grow, so that a
    shard does not depend on others. As in Self-Instruct, a request is only new while its ROUGE-L to each example, and
    to the other new ones, is below `novelty`. Changing one is what Evol-Instruct does.
    """

    pool: Family
    size: int = 175
    shots: int = 3
    new: int = 2
    modes: tuple[str, ...] = ("deepen", "constrain", "concrete", "steps", "rare")
    novelty: float = 0.7
    quota: int | None = 20_000
    ask: str = worded("evolve/new")
    refine: str = worded("evolve/mutate")

    seeds = None
    needs = frozenset({"writer"})

    @property
    def per_seed(self) -> int:
        """Every new request plain, and in each mode."""
        return self.new * self.refining.versions

    @property
    def refining(self) -> Refining:
        """How requests are changed."""
        return Refining(template=self.refine, place="instruction", file="evolve/modes", modes=tuple(self.modes))

    def check(self) -> None:
        """Raise `Refused` for a pool that cannot be drawn from, a template that does not fit, or nothing to ask."""
        template(self.ask, "n", "examples")
        self.refining.check()
        if self.new < 1 or self.shots < 1 or not 0 < self.novelty <= 1:
            raise Refused("prompts.evolve: new and shots must be at least 1, and novelty above 0 and at most 1")
        if self.pool.needs:
            raise Refused("prompts.evolve: its pool must not ask a model itself; use one such as given or world")
        self.pool.check()
        if self._seeds() < self.shots:
            raise Refused(f"prompts.evolve: the pool has {self._seeds()} seeds, too few for {self.shots} shots")

    def open(self, means: Means) -> Program:
        """From a number to new requests and their changed versions."""
        asking, pool, wanted = means.asking, self.pool.open(means), template(self.ask, "n", "examples")

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            examples = await self._examples(pool, chance.at("examples"))
            shown = "\n".join(f"- {text}" for text in examples)
            made = await asking.items(wanted, self.new, chance, examples=shown)
            drafts = await self.refining.all(asking, _gated(made, examples, self.novelty), [], chance.at("refine"))
            return [
                _from(draft, examples) if n % self.refining.versions == 0 else draft for n, draft in enumerate(drafts)
            ]

        return make

    def _seeds(self) -> int:
        """How many seeds of the pool there are to draw from."""
        size = -(-self.size // self.pool.per_seed)
        return size if self.pool.seeds is None else min(size, self.pool.seeds)

    async def _examples(self, pool: Program, chance: Chance) -> list[str]:
        """The user's words of prompts of the pool, each on one line; one that is an error is no example."""
        numbers = chance.sample(range(self._seeds()), self.shots)
        found = await asyncio.gather(*(pool(number, Chance(POOL, number)) for number in numbers))
        usable = ([draft for draft in drafts if draft.error is None] for drafts in found)
        return [" ".join(chance.choice(drafts).prompt[-1]["content"].split()) for drafts in usable if drafts]


def _gated(made: Sequence[Made], examples: Sequence[str], novelty: float) -> list[Made]:
    """What is made, but an error in the place of what is too much like an example or like one before it."""
    known, gated = list(examples), list[Made]()
    for each in made:
        gated.append(_if_new(each, known, novelty))
        known += [gated[-1].text] if gated[-1].text else []
    return gated


def _if_new(made: Made, known: Sequence[str], novelty: float) -> Made:
    if made.text is None:
        return made
    likeness, nearest = max(((rouge_l(made.text, text), text) for text in known), default=(0.0, ""))
    if likeness < novelty:
        return made
    return replace(made, text=None, error=f"not new: ROUGE-L {likeness:.2f} to {nearest[:80]!r}")


def _from(draft: Draft, examples: Sequence[str]) -> Draft:
    return replace(draft, origin={**(draft.origin or {}), "parents": list(examples)})
