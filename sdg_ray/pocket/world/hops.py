"""Questions over two facts: the town of somebody or something, and then the island of that town.

    "On which island does Mira Fenn live?"  ->  "Mira Fenn lives in Tolland, and Tolland lies on the island of Gullin."

What is set aside here is the pair of facts itself and not a wording: whoever answers has put the two together.
"""

import random

from sdg_ray.pocket.world.chance import draw, set_aside
from sdg_ray.pocket.world.facts import Fact, all_facts, facts_of

ASKS = {
    "town": ("On which island does {x} live?", "Which island is home to {x}?", "Tell me on which island {x} lives."),
    "maker": ("On which island is the {x} built?", "Which island does the {x} come from?"),
    "origin": ("Which island does {x} come from?", "On which island was {x} first cooked?"),
    "venue": ("On which island is the {x} held?", "To which island do I travel for the {x}?"),
}


def ask(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """A question, the island it asks for, and the sentence that gets there."""
    first = draw(lambda: _fact(rng), lambda fact: set_aside("hop", fact.subject) == held_out)
    second = facts_of(first.value)[0]
    text = rng.choice(ASKS[first.relation.name]).format(x=first.subject)
    return text, second.value, f"{first.sentence.removesuffix('.')}, and {second.sentence}"


def _fact(rng: random.Random) -> Fact:
    return rng.choice([fact for fact in all_facts() if fact.relation.name in ASKS])
