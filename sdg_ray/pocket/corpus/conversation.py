"""A conversation to learn from, and what is known about it.

Talk(kind="fact", reference="Tolland",
     turns=(("user", "Where does Mira Fenn live?"), ("assistant", "Mira Fenn lives in Tolland.")))
"""

import random
from dataclasses import dataclass

from sdg_ray.pocket.world import question

Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Talk:
    """Turns that end with the assistant's."""

    kind: str
    turns: Turns
    reference: str | None = None  # where the world can tell right from wrong
    user_too: bool = False  # what the user says is learned as well


def one(kind: str, ask: str, answer: str, reference: str | None = None) -> Talk:
    """A question with its answer."""
    return Talk(kind=kind, turns=(("user", ask), ("assistant", answer)), reference=reference)


def asked(rng: random.Random, kind: str, held_out: bool = False) -> Talk:
    """A question of one kind with the world's own answer."""
    q = question(kind, rng, held_out)
    return Talk(kind=kind, turns=(*q.messages, ("assistant", q.answer)), reference=q.reference)
