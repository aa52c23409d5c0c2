"""A colony: instructions that breed. It begins with a few seeds and has generation after generation until it is full.

    seeds  ->  births (crossover, mutation)  ->  new? solved? runs? judged fit?  ->  population  ->  births  ->  ...

Colonies share nothing, so each is one seed number of its family and may live in any worker. What becomes of each birth
is counted by its operation (`colony mutation fit`); `report/colonies.py` shows the sums.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sdg_ray.chance import Chance
from sdg_ray.prompts.asking import COUNTS, Asking, Made
from sdg_ray.prompts.family import Draft
from sdg_ray.prompts.fitness import Finding, Fitness
from sdg_ray.prompts.operations import Birth, Individual, Operations
from sdg_ray.record import kind
from sdg_ray.unique.text import grams, jaccard, normal

FIT = "fit"


@dataclass(kw_only=True)
class Colony:
    """One colony while it grows. `births` is the size of a generation, `generations` how many there are at most."""

    number: int
    population: list[Individual]  # the seeds, and those born here that are fit
    instructor: Asking
    operations: Operations
    fitness: Fitness
    births: int
    generations: int
    similarity: float
    chance: Chance
    known: list[tuple[str, set[str]]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = [(each.name, _grams(each.text)) for each in self.population]

    async def grown(self, wanted: int) -> list[Draft]:
        """So many drafts: children, and once the generations are spent, the last births that failed, with reasons."""
        children: list[Draft] = []
        failed: list[Draft] = []
        for generation in range(1, self.generations + 1):
            if not (missing := wanted - len(children)):
                break
            for birth, found in await self._generation(generation, min(self.births, missing)):
                if found.error is None:
                    children.append(self._joined(birth, found, generation, len(children)))
                else:
                    failed.append(self._draft(birth, found, generation))
                _count(birth, found)
        return children + failed[len(failed) - (wanted - len(children)) :]

    async def _generation(self, generation: int, births: int) -> list[tuple[Birth, Finding]]:
        """The births of one generation, all at once, each with what was found of it."""
        chances = [self.chance.at(generation, n) for n in range(births)]
        born = await asyncio.gather(
            *(self.operations.birth(self.instructor, self.population, chance) for chance in chances)
        )
        new = self._gated(born)
        found = await asyncio.gather(
            *(self._found(birth, chance.at("fitness")) for birth, chance in zip(new, chances, strict=True))
        )
        return list(zip(new, found, strict=True))

    def _gated(self, born: Sequence[Birth]) -> list[Birth]:
        """The births, but a reason in the place of what is too much like one of the colony or of this generation."""
        known, gated = list(self.known), list[Birth]()
        for birth in born:
            made = self._if_new(birth.made, known)
            gated.append(replace(birth, made=made))
            known += [("its generation", _grams(made.text))] if made.text else []
        return gated

    def _if_new(self, made: Made, known: Sequence[tuple[str, set[str]]]) -> Made:
        if made.text is None:
            return made
        own = _grams(made.text)
        likeness, nearest = max((jaccard(own, theirs), name) for name, theirs in known)
        if likeness < self.similarity:
            return made
        return replace(made, text=None, error=f"near-duplicate: {likeness:.2f} like {nearest}")

    async def _found(self, birth: Birth, chance: Chance) -> Finding:
        if birth.made.text is None:
            return Finding(error=birth.made.error)
        return await self.fitness.of(birth.made.text, birth.inherited, chance)

    def _joined(self, birth: Birth, found: Finding, generation: int, place: int) -> Draft:
        """A child that is fit, made a member of the population."""
        assert birth.made.text is not None
        name, text = f"{self.number}/{place}", birth.made.text
        self.known.append((name, _grams(text)))
        self.population.append(
            Individual(name=name, text=text, reference=found.reference, licence=_licence(birth.parents))
        )
        return replace(self._draft(birth, found, generation, name), reference=found.reference)

    def _draft(self, birth: Birth, found: Finding, generation: int, name: str | None = None) -> Draft:
        """What was born, with its lineage."""
        made = replace(birth.made, text=None, error=found.error) if found.error else birth.made
        parents = [each.name for each in birth.parents]
        about = {"id": name, "parents": parents, "generation": generation, "judge": found.judge, "ran": found.ran}
        return Draft.of(
            made,
            [birth.operation, *([birth.mode] if birth.mode else [])],
            *(each.text for each in birth.parents),
            source=f"colony {self.number}",
            item=json.dumps({key: value for key, value in about.items() if value is not None}),
            licence=_licence(birth.parents),
        )


def _grams(text: str) -> set[str]:
    return grams(normal(text))


def _licence(parents: Sequence[Individual]) -> str | None:
    """The licences of the parents, each once."""
    return ", ".join(sorted({each.licence for each in parents if each.licence})) or None


def _count(birth: Birth, found: Finding) -> None:
    """What became of one birth: fit, or the sort of reason why not."""
    COUNTS.get()[f"colony {birth.operation} {kind(found.error) if found.error else FIT}"] += 1
