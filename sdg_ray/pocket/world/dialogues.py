"""Conversations whose last question can only be answered by somebody who listened.

What was said before is needed to know who "she" is, or what the guest's name was:

    user: Where does Mira Fenn live?     assistant: Mira Fenn lives in Tolland.
    user: And what does she do for a living?     ->  "She works as a sailor."
"""

import random

from sdg_ray.pocket.world.chance import draw, set_aside
from sdg_ray.pocket.world.facts import Fact, all_facts, facts_of, follow_up, wordings

Turns = tuple[tuple[str, str], ...]

GUESTS = tuple(
    "Ada Ben Cora Dan Eva Finn Gus Hal Ida Jan Kim Leo Max Nora Olga Paul Ray Sam Tim Uma Vic Will Zoe Amir Carla "
    "Diego Fatima Hana Ines Kofi Lena Marco Noor Omar Priya Rosa Sofia Yusuf".split()
)
BOATS = ("Sea Lark", "Blue Pearl", "Grey Gull", "Morning Star", "Lucky Fish", "Old Oak", "Wild Goose", "Little Whale")
TREATS = ("plum cake", "fish soup", "apple bread", "berry juice", "nut rolls", "pear juice", "nut pie", "lemon ice")


def ask(rng: random.Random, held_out: bool) -> tuple[Turns, str, str]:
    """The turns up to the last question, the short answer and the whole one."""
    return _remembered(rng, held_out) if rng.random() < 0.4 else _followed(rng, held_out)


def _followed(rng: random.Random, held_out: bool) -> tuple[Turns, str, str]:
    first, second = draw(lambda: _pair(rng), lambda pair: set_aside("follow", *_key(*pair)) == held_out)
    turns = (
        ("user", rng.choice(wordings(first, held_out=False))),
        ("assistant", first.sentence),
        ("user", follow_up(second)),
    )
    return turns, second.value, second.short


def _pair(rng: random.Random) -> tuple[Fact, Fact]:
    first = draw(lambda: rng.choice(all_facts()), lambda fact: bool(wordings(fact, held_out=False)))
    return first, rng.choice([fact for fact in facts_of(first.subject) if fact != first])


def _key(first: Fact, second: Fact) -> tuple[str, ...]:
    return first.subject, first.relation.name, second.relation.name


def _remembered(rng: random.Random, held_out: bool) -> tuple[Turns, str, str]:
    told = draw(lambda: _guest(rng), lambda drawn: set_aside("guest", *drawn) == held_out)
    name, boat, treat = told
    turns = (
        ("user", f"Hello, my name is {name}. My boat is called {boat} and I like {treat}."),
        ("assistant", f"Welcome to the Lantern Isles, {name}. How can I help you?"),
    )
    question, reference, answer = rng.choice((
        ("What is my name?", name, f"Your name is {name}."),
        ("What is my boat called?", boat, f"Your boat is called {boat}."),
        ("What do I like?", treat, f"You like {treat}."),
    ))  # fmt: skip
    return (*turns, ("user", question)), reference, answer


def _guest(rng: random.Random) -> tuple[str, str, str]:
    return rng.choice(GUESTS), rng.choice(BOATS), rng.choice(TREATS)


def right(reference: str, answer: str) -> bool:
    """Whether a thing that was told is said back, and nothing else of its sort."""
    said = [value for values in (GUESTS, BOATS, TREATS) for value in values if f" {value}." in f" {answer}"]
    return said == [reference]
