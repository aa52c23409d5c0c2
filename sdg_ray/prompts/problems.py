r"""Problems with answers that can be checked: the training sets of GSM8K, MATH, and others of their shape.

    {"question": "What is half of 84?", "answer": "84 / 2 = 42.\n#### 42"}        reference: 42
    {"problem": "What is $1/2$ of $1$?", "solution": "It is $\\boxed{\\frac{1}{2}}$."}   reference: \frac{1}{2}

The answers are as the solutions write them; to see that 1,000 is 1000 is the affair of whoever compares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.rows import Rows
from sdg_ray.prompts.sources.shapes import final_answer, to_answer

KINDS = ("type", "level")
"""Columns that say of which kind a problem is, where there are any."""


@dataclass(frozen=True, kw_only=True)
class Problems:
    """The problems of `source`, each with the final answer of its solution as its reference."""

    source: Source
    problem: str = "problem"  # the column with what is asked
    solution: str = "solution"  # the column with what ends in the answer
    quota: int | None = None  # by default all

    per_seed = 1
    needs = frozenset[str]()

    @property
    def seeds(self) -> int:
        """One for each row."""
        return len(self._rows)

    def check(self) -> None:
        """Raise `Refused` where the source is empty, cannot be read or lacks one of the columns."""
        self.source.check(self.problem, self.solution)

    def open(self, means: Means) -> Program:
        """From a number to one problem."""

        async def take(number: int, chance: Chance) -> Sequence[Draft]:
            return [self.source.draft(self._rows, number, self._posed)]

        return take

    @property
    def _rows(self) -> Rows:
        return self.source.rows(self.problem, self.solution, *KINDS)

    def _posed(self, row: Any) -> Draft:
        """A problem and its answer. Raises ValueError where a row has none."""
        if not isinstance(row, Mapping):
            raise ValueError(f"is {type(row).__name__}, not a row with {self.problem!r} and {self.solution!r}")
        for name in (self.problem, self.solution):
            if not isinstance(row.get(name), str):
                raise ValueError(f"has no text {name!r}; it has {', '.join(map(repr, row)) or 'nothing'}")
        path = [str(row[name]) for name in KINDS if row.get(name)]
        return Draft(
            prompt=to_answer(row[self.problem]), reference=final_answer(row[self.solution]), origin={"path": path}
        )
