"""Prompts of your own, and what scorers think of the answers: the mean of each score.

    Judged(recipe=...)    reward 4.12 (4.05 to 4.19), finished 0.99, tokens 143.2, distinct-2 0.61

The answers come from a run like any other: conf/evaluation/judged.yaml is its recipe, with one scorer or several.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sdg_ray.errors import Refused
from sdg_ray.evaluate.answers import answered, of_score, shown
from sdg_ray.evaluate.figure import Figure, mean
from sdg_ray.recipe import Recipe
from sdg_ray.store import Store


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The mean of every score of a recipe."""

    recipe: Recipe

    @property
    def scorers(self) -> list[str]:
        """Whose opinions are asked."""
        return [name.removeprefix("score_") for name in self.recipe.made_by if name.startswith("score_")]

    def settings(self) -> Mapping[str, Any]:
        """All that decides about the figures, besides the model's weights."""
        return self.recipe.identities()

    def check(self) -> None:
        """Raise `Refused` for whatever can be seen to be wrong before a model is loaded."""
        self.recipe.check()
        if not self.scorers:
            raise Refused("this recipe scores nothing, so there is nothing to measure; give it a step with a scorer")

    def figures(self, store: Store) -> list[Figure]:
        """The figures of a finished run of the recipe."""
        prompts = asyncio.run(answered(self.recipe, store))
        return [*(mean(name, of_score(prompts, name)) for name in self.scorers), *shown(prompts)]
