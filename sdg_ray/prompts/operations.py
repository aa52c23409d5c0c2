"""How a new instruction comes of old ones: by crossover of several, or by mutation of one.

crossover    "... first_3(text) ...", "... sum_plus_9(items) ..."  ->  Write a function longest(words) that returns ...
mutation     "... first_3(text) ..."                               ->  ... first_3(text) ... Do not use a slice.

Crossover shows a few instructions as examples, as Self-Instruct does; mutation has one rewritten in one of several
modes, as Evol-Instruct and WizardCoder do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.template import choices, template

CROSSOVER, MUTATION = "crossover", "mutation"
OPERATIONS = (CROSSOVER, MUTATION)


@dataclass(frozen=True, kw_only=True)
class Individual:
    """An instruction of a population: `3/17` is child 17 of colony 3, `seed/12` a seed; tests go with it."""

    name: str
    text: str
    reference: str | None = None
    licence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Birth:
    """A new instruction, or why there is none; how it came about, and of whom."""

    operation: str
    parents: Sequence[Individual]
    made: Made
    mode: str | None = None  # of a mutation

    @property
    def inherited(self) -> str | None:
        """The tests that a mutant may still have to pass: its parent's. What comes of several has nobody's."""
        return self.parents[0].reference if self.operation == MUTATION else None


@dataclass(frozen=True, kw_only=True)
class Operations:
    """Which share of births is by crossover and of how many parents, and in which modes the others are mutated."""

    share: float
    shots: int
    modes: tuple[str, ...]
    crossover: str
    mutation: str
    file: str  # of the modes: lines such as `constrain: add one more requirement`

    def check(self) -> None:
        """Raise `Refused` for shares, templates or modes that cannot be."""
        template(self.crossover, "n", "examples")
        template(self.mutation, "n", "instruction", "mode")
        if not 0 <= self.share <= 1 or self.shots < 2:
            raise Refused("prompts.genetic: crossover must lie between 0 and 1, and shots be at least 2")
        if unknown := sorted(set(self.modes) - set(choices(self.file))):
            raise Refused(f"{self.file} has no mode {unknown[0]!r}; it has {', '.join(choices(self.file))}")
        if self.share < 1 and not self.modes:
            raise Refused("prompts.genetic: modes is empty, so nothing is mutated; name some, or let crossover be 1")

    async def birth(self, asking: Asking, population: Sequence[Individual], chance: Chance) -> Birth:
        """One new instruction from parents drawn out of the population."""
        if chance.random() < self.share:
            return await self._crossed(asking, chance.sample(population, self.shots), chance.at("write"))
        mode = chance.choice(self.modes)
        return await self._mutated(asking, chance.choice(population), mode, chance.at("write"))

    async def _crossed(self, asking: Asking, parents: Sequence[Individual], chance: Chance) -> Birth:
        shown = "\n".join(f"- {' '.join(each.text.split())}" for each in parents)
        (made,) = await asking.items(template(self.crossover, "n", "examples"), 1, chance, examples=shown)
        return Birth(operation=CROSSOVER, parents=parents, made=made)

    async def _mutated(self, asking: Asking, parent: Individual, mode: str, chance: Chance) -> Birth:
        wanted = template(self.mutation, "n", "instruction", "mode")
        (made,) = await asking.items(wanted, 1, chance, instruction=parent.text, mode=choices(self.file)[mode])
        return Birth(operation=MUTATION, parents=[parent], made=made, mode=mode)
