"""Whether an answer to a question about the pocket world is right; the world knows.

    World()    "Where does Mira Fenn live?", reference "Kirrin":  "She lives in Kirrin." -> 1.0,  "In Saltby." -> 0.0

Python is compared by its syntax tree there, never run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.pocket import world
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, text_of


@dataclass(frozen=True, kw_only=True)
class World:
    """1 where the world says that it is right, 0 where not; no score for a question that is not of this world."""

    name: str = "world"

    parts = None

    def check(self) -> None:
        """Nothing can be wrong."""

    def start(self) -> "World":
        """Nothing is loaded."""
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The answers to one question."""
        kind = None if reference is None else world.kind_of([turn["content"] for turn in prompt], reference)
        if kind is None or reference is None:
            return [Opinion(score=None) for _ in responses]
        return [Opinion(score=float(world.right(kind, reference, text_of(response)))) for response in responses]
