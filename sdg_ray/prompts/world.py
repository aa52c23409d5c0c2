"""Questions about the pocket world, each with the reference that decides whether an answer is right.

Add 214 and 387.    reference: 601
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.pocket import world
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class World:
    """Questions of the given kinds in turn; by default of every kind, all held out from the pocket models' training."""

    kinds: tuple[str, ...] = world.KINDS
    held_out: bool = True
    quota: int | None = 640

    seeds = None
    per_seed = 1
    needs = frozenset[str]()

    def check(self) -> None:
        """Raise `Refused` for a kind that the world does not have."""
        if unknown := sorted(set(self.kinds) - set(world.KINDS)):
            raise Refused(f"prompts.world has no kind {unknown[0]!r}; it has {', '.join(world.KINDS)}")

    def open(self, means: Means) -> Program:
        """From a number to one question."""
        kinds = tuple(self.kinds)

        async def ask(number: int, chance: Chance) -> Sequence[Draft]:
            found = world.question(kinds[number % len(kinds)], chance, self.held_out)
            origin = {"source": "pocket world", "item": str(number), "path": [found.kind], "licence": "Apache-2.0"}
            chat: Chat = [{"role": role, "content": content} for role, content in found.messages]
            return [Draft(prompt=chat, reference=found.reference, origin=origin)]

        return ask
