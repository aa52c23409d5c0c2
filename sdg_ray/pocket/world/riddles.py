"""Questions from the facts back to the name: two things are true of exactly one member of a group.

    "Who lives in Tolland and works as a sailor?"  ->  "Mira Fenn lives in Tolland and works as a sailor."

The hardest questions of the world, because a model learns facts from the name to the value. What is set aside is the
pair of facts, so nobody has heard these two clues together.
"""

import random

from sdg_ray.pocket.world.chance import draw, set_aside
from sdg_ray.pocket.world.facts import GROUP_OF, GROUPS, Fact, facts_of, spoken

ASKS = ("{who} {one} and {two}?", "Tell me {which} {one} and {two}.", "{who} {one} and also {two}?")


def ask(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """A question, the name it asks for, and the sentence that gives it."""
    one, two = draw(lambda: _pair(rng), lambda pair: _only(*pair) and _aside(*pair) == held_out)
    clues = {"one": _says(one), "two": _says(two)}
    group = GROUP_OF[one.subject]
    who = "who" if group == "people" else "which dish" if group == "dishes" else f"which {group.removesuffix('s')}"
    text = rng.choice(ASKS).format(who=who.capitalize(), which=who, **clues)
    return text, one.subject, f"{spoken(one.subject, start=True)} {clues['one']} and {clues['two']}."


def _says(fact: Fact) -> str:
    return fact.relation.says.format(y=fact.value)


def _pair(rng: random.Random) -> tuple[Fact, Fact]:
    subject = rng.choice(list(GROUP_OF))
    one, two = rng.sample(facts_of(subject), 2)
    return one, two


def _aside(one: Fact, two: Fact) -> bool:
    return set_aside("riddle", one.subject, *sorted((one.relation.name, two.relation.name)))


def _only(one: Fact, two: Fact) -> bool:
    """Whether nobody else in the group fits both clues."""
    clues = {(one.relation.name, one.value), (two.relation.name, two.value)}
    members = GROUPS[GROUP_OF[one.subject]]
    return sum(clues <= {(fact.relation.name, fact.value) for fact in facts_of(member)} for member in members) == 1
