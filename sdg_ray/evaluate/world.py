"""Questions of the pocket world, and how many answers are right: the world knows.

    World(recipe=...)     right 0.612 (0.570 to 0.652), right: fact 0.75, ..., form 0.83, finished 0.99, tokens 17.2

The answers come from a run like any other: conf/evaluation/world.yaml is its recipe.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sdg_ray.errors import Refused
from sdg_ray.evaluate.answers import Prompt, answered, of_score, shown
from sdg_ray.evaluate.figure import Figure, share
from sdg_ray.pocket.world.formats import followed
from sdg_ray.recipe import Recipe
from sdg_ray.store import Store


@dataclass(frozen=True, kw_only=True)
class World:
    """The share of right answers in all and by kind of question, and of instructions on the form that are followed."""

    recipe: Recipe
    scorer: str = "world"  # the one that knows

    def settings(self) -> Mapping[str, Any]:
        """All that decides about the figures, besides the model's weights."""
        return self.recipe.identities()

    def check(self) -> None:
        """Raise `Refused` for whatever can be seen to be wrong before a model is loaded."""
        self.recipe.check()
        if f"score_{self.scorer}" not in self.recipe.made_by:
            raise Refused(f"evaluation.scorer={self.scorer} is none of this recipe's; name the step that knows")

    def figures(self, store: Store) -> list[Figure]:
        """The figures of a finished run of the recipe."""
        prompts = asyncio.run(answered(self.recipe, store))
        kinds: dict[str, list[Prompt]] = {}
        for prompt in prompts:
            kinds.setdefault(prompt.kind, []).append(prompt)
        asked = kinds.get("format", [])
        forms = [[followed(prompt.reference or "", text) for text in prompt.texts] for prompt in asked]
        return [
            share("right", of_score(prompts, self.scorer)),
            *(share(f"right: {kind}", of_score(some, self.scorer)) for kind, some in kinds.items()),
            *([share("form", forms)] if forms else []),
            *shown(prompts),
        ]
