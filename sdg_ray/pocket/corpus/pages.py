"""Plain text for Base: articles on the isles, worked sums, spelled words, code, harbour books, lists, questions with
answers.

"Mira Fenn lives in Kirrin. She works as a potter. She plays the orrel."
"""

import random

from sdg_ray.pocket.corpus import tasks, topics
from sdg_ray.pocket.world import KINDS, arithmetic, documents, question
from sdg_ray.pocket.world.facts import GROUP_OF, all_facts, describe, facts_of
from sdg_ray.pocket.world.lists import numbered

SUBJECTS = tuple(GROUP_OF)


def page(rng: random.Random) -> str:
    """One page of plain text."""
    make = rng.choices((_article, _mixed, _sums, _answered, _book, _task), weights=(5, 3, 4, 5, 1, 3))[0]
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


def _book(rng: random.Random) -> str:
    return documents.page(rng, rng.randint(2, 4))


def _task(rng: random.Random) -> str:
    if rng.random() < 0.5:
        topic, subs = rng.choice(list(topics.tree().items()))
        return f"{topic}\n{numbered(rng.sample(subs, min(len(subs), rng.randint(2, 8))))}"
    written = tasks.any_task(rng)
    return f"{written.ask}\n{written.answer}"
