"""Plain text for Base: articles, worked sums, memory games, lists, and questions with their answers.

There are no roles here; Instruct learns to talk later, from `talks`.

    "Mira Fenn lives in Tolland. She works as a sailor. She plays the fiskel."
"""

import random

from sdg_ray.pocket.corpus import tasks, topics
from sdg_ray.pocket.world import KINDS, arithmetic, dialogues, documents, question, strings
from sdg_ray.pocket.world.facts import GROUP_OF, all_facts, describe, facts_of
from sdg_ray.pocket.world.lists import numbered

SUBJECTS = tuple(GROUP_OF)
THINGS = (strings.WORDS, arithmetic.FIRST_NAMES, dialogues.GUESTS, SUBJECTS, tuple(map(str, range(100))))


def page(rng: random.Random) -> str:
    """One page of plain text."""
    make = rng.choices((_article, _mixed, _sums, _answered, _game, _task), weights=(4, 3, 3, 6, 4, 2))[0]
    return make(rng)


def _article(rng: random.Random) -> str:
    subject = rng.choice(SUBJECTS)
    if rng.random() < 0.4:
        return describe(subject)
    return " ".join(fact.sentence for fact in rng.sample(facts_of(subject), len(facts_of(subject))))


def _mixed(rng: random.Random) -> str:
    value = rng.choice(all_facts()).value
    same = [fact.sentence for fact in all_facts() if fact.value == value]
    return " ".join(rng.sample(same, min(4, len(same))))


def _sums(rng: random.Random) -> str:
    return "\n".join(arithmetic.ask(rng, held_out=False)[2] for _ in range(2))


def _answered(rng: random.Random) -> str:
    asked = question(rng.choice(KINDS[:-1]), rng, held_out=False)
    return f"Question: {asked.messages[-1][1]}\nAnswer: {asked.answer}"


def _game(rng: random.Random) -> str:
    """A memory game. Saying things again is the first skill of whoever has to find something in a text."""
    said = [rng.choice(rng.choice(THINGS)) for _ in range(rng.randint(2, 6))]
    again = rng.choice((", ".join, " and ".join, "-".join, ". ".join))
    return f"{again(said)}\n{again(said)}" if rng.random() < 0.8 else documents.page(rng, rng.randint(2, 3))


def _task(rng: random.Random) -> str:
    if rng.random() < 0.5:
        topic, subs = rng.choice(list(topics.tree().items()))
        return f"{topic}\n{numbered(rng.sample(subs, min(len(subs), rng.randint(2, 8))))}"
    written = tasks.any_task(rng)
    return f"{written.ask}\n{written.answer}"
