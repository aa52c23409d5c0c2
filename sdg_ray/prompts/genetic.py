r"""Genetic Instruct: Python problems that evolve in colonies, each with a solution that was found fit.

first_3(text), sum_plus_9(items), ...  ->  crossover   Write a function longest(words) that returns ...
                                       ->  mutation    ... first_3(text) ... Do not use a slice.

Three roles, each an engine of its own or all the same: the instructor (`writer` of the prompts) writes an instruction,
the coder solves it, the judge says whether the two are fit. The prompt is the instruction; its reference has the
solution, and tests if it inherited some. Lineage of a child, in its `origin`:

    source   "colony 3"
    item     {"id": "3/17", "parents": ["seed/12"], "generation": 2, "judge": "Yes", "ran": "passed 3 of 3"}
    path     ["mutation", "constrain"]
    parents  the texts of the parents

A birth that fails is counted by its operation and reason, and another one takes its place; only where the generations
are spent, a slot ends as an error row with the reason of a birth that failed. `jobs/spread.py` shows the counts.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from sdg_ray.chance import Chance
from sdg_ray.engines import Engine, Sampling
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Asking, Writer
from sdg_ray.prompts.colony import Colony
from sdg_ray.prompts.family import Draft, Family, Means, Program
from sdg_ray.prompts.fitness import Fitness
from sdg_ray.prompts.operations import Individual, Operations
from sdg_ray.scorers.python_tests import PythonTests
from sdg_ray.template import template, worded

POOL = "genetic"  # the chance by which the seeds are made: the same in every run
GREEDY = Sampling(temperature=0.0)


@dataclass(frozen=True, kw_only=True)
class Genetic:
    """`children` of each colony, which begins with `founders` drawn from the first `size` prompts of the family `pool`.

    The seeds' references may have tests, as Python or as an object with `tests`: a mutant whose solution defines what
    they use has to pass them, and keeps them. Without `tests` nothing is executed. `judge` and `coder` are the writer's
    model where they are not given, and a model that several roles share is loaded once; models that differ should be
    behind addresses, or have room beside each other in one worker.
    """

    pool: Family
    size: int = 512
    founders: int = 32
    children: int = 64
    births: int = 16  # in a generation
    generations: int = 24
    crossover: float = 0.5  # the share of births that are by crossover
    shots: int = 3  # parents of a crossover
    modes: tuple[str, ...] = ("constrain", "rare", "steps", "misleading", "faster")
    similarity: float = 0.8  # of an instruction to another one of its colony; as that of the step `unique`
    coder: Engine | None = None
    coder_sampling: Sampling = GREEDY
    judge: Engine | None = None
    judge_sampling: Sampling = GREEDY
    passing: tuple[str, ...] = ("Yes",)  # verdicts of the judge that let a child live
    tests: PythonTests | None = field(default_factory=PythonTests)
    quota: int | None = 800_000
    cross: str = worded("genetic/crossover")
    mutate: str = worded("evolve/mutate")
    mutations: str = worded("genetic/modes")
    ask_judge: str = worded("genetic/judge")

    seeds = None
    needs = frozenset({"writer"})

    @property
    def per_seed(self) -> int:
        """All children of one colony."""
        return self.children

    @property
    def operations(self) -> Operations:
        """How new instructions come of old ones."""
        return Operations(
            share=self.crossover,
            shots=self.shots,
            modes=tuple(self.modes),
            crossover=self.cross,
            mutation=self.mutate,
            file=self.mutations,
        )

    def check(self) -> None:
        """Raise `Refused` for numbers that cannot be, a pool too small, or a part that cannot work."""
        self.operations.check()
        template(self.ask_judge, "instruction", "solution")
        if min(self.children, self.births) < 1 or self.births * self.generations < self.children:
            raise Refused(
                f"prompts.genetic: {self.generations} generations of {self.births} births cannot make children="
                f"{self.children}; raise generations or births"
            )
        if not 0 < self.similarity <= 1 or not self.passing:
            raise Refused("prompts.genetic: similarity must lie above 0 and not above 1, and passing have a verdict")
        self._check_pool()
        for engine, sampling in ((self.coder, self.coder_sampling), (self.judge, self.judge_sampling)):
            if engine is not None:
                engine.check(sampling.max_tokens)
        if self.tests is not None:
            self.tests.check()

    def open(self, means: Means) -> Program:
        """From a colony's number to its children."""
        asking, pool, operations = means.asking, self.pool.open(means), self.operations
        fitness = self._fitness(asking)

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            founders = await self._founders(pool, chance.at("founders"))
            if len(founders) < self.shots:
                few = f"too few founders: {len(founders)} of {self.founders} seeds can be used"
                return [Draft(prompt=[], error=few)] * self.children
            colony = Colony(
                number=number,
                population=founders,
                instructor=asking,
                operations=operations,
                fitness=fitness,
                births=self.births,
                generations=self.generations,
                similarity=self.similarity,
                chance=chance,
            )
            return await colony.grown(self.children)

        return make

    def _check_pool(self) -> None:
        """Raise `Refused` where the founders cannot be drawn from the pool."""
        if self.pool.needs:
            raise Refused("prompts.genetic: its pool must not ask a model itself; use one such as given or world")
        self.pool.check()
        if not self.shots <= self.founders <= self._seeds():
            raise Refused(
                f"prompts.genetic: founders={self.founders} must be at least shots={self.shots} and at most the "
                f"{self._seeds()} seeds of the pool"
            )

    def _seeds(self) -> int:
        """How many seeds of the pool there are to draw from."""
        return self.size if self.pool.seeds is None else min(self.size, self.pool.seeds)

    def _fitness(self, instructor: Asking) -> Fitness:
        coder = _asked(self.coder, self.coder_sampling, [instructor])
        judge = _asked(self.judge, self.judge_sampling, [instructor, coder])
        question = template(self.ask_judge, "instruction", "solution")
        return Fitness(coder, judge, question, self.passing, self.tests)

    async def _founders(self, pool: Program, chance: Chance) -> list[Individual]:
        """The first members of a colony; a seed of the pool that is an error is none."""
        numbers = chance.sample(range(self._seeds()), self.founders)
        found = await asyncio.gather(*(pool(number, Chance(POOL, number)) for number in numbers))
        return [
            _founder(number, draft)
            for number, drafts in zip(numbers, found, strict=True)
            for draft in drafts[:1]
            if draft.error is None
        ]


def _founder(number: int, draft: Draft) -> Individual:
    return Individual(
        name=f"seed/{number}",
        text=draft.prompt[-1]["content"],
        reference=draft.reference,
        licence=(draft.origin or {}).get("licence"),
    )


def _asked(engine: Engine | None, sampling: Sampling, there: Sequence[Asking]) -> Asking:
    """A role, with the session of one that has the same model, else its own; asked once, for again it would repeat."""
    chosen = there[0].writer.engine if engine is None else engine
    writer = Writer(engine=chosen, sampling=sampling, attempts=1)
    same = next((each for each in there if each.writer.engine == chosen), None)
    return Asking(writer, same.session) if same else writer.start()
