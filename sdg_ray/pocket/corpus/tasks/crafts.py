"""Mathematics and Python: topics, concepts, problems, and whether a thing belongs to the field.

"Name 2 different concepts that belong to this topic of mathematics: Addition."  ->  1. carrying  2. totals
"""

import random
from collections.abc import Sequence

from sdg_ray.pocket.corpus import concepts, topics
from sdg_ray.pocket.corpus.tasks.form import LENGTHS, Task, line, listed, some
from sdg_ray.pocket.world import arithmetic, names, python
from sdg_ray.pocket.world.facts import GROUP_OF
from sdg_ray.template import Template, template

MATH_TOPICS = template("math/topics", "n", "level")
MATH_SUBTOPICS = template("math/subtopics", "n", "topic")
MATH_PROBLEMS = template("math/problems", "n", "topic", "level")
IS_MATH = template("math/belongs", "entity")
PYTHON_TOPICS = template("coding/topics", "n")
PYTHON_SUBTOPICS = template("coding/subtopics", "n", "topic")
PYTHON_PROBLEMS = {level: template(f"coding/problems_{level}", "n", "topic") for level in topics.PYTHON_LEVELS}
IS_PYTHON = template("coding/belongs", "entity")

PARTS = ("List {n} concepts that belong to {topic} in {field}.", "Break the {field} topic {topic} into {n} concepts.",
         "Which {n} concepts of {field} are part of {topic}?")  # fmt: skip


def math_topics(name: str, rng: random.Random) -> Task:
    """What is taught at a level."""
    asks = ("List {n} mathematics topics for {level}.", "Can you generate {n} topics taught in mathematics at {level}?",
            "Name {n} concepts of mathematics for {level}.")  # fmt: skip
    level = rng.choice(list(topics.MATH_LEVELS))
    return listed(name, rng, MATH_TOPICS, asks, some(rng, topics.MATH_LEVELS[level]), level=level)


def math_subtopics(name: str, rng: random.Random) -> Task:
    """The concepts of a topic of mathematics."""
    topic = rng.choice(list(topics.SUMS))
    items = some(rng, concepts.parts_of_math(topic))
    return listed(name, rng, MATH_SUBTOPICS, PARTS, items, topic=topic, field="mathematics")


def math_problems(name: str, rng: random.Random) -> Task:
    """Sums on a topic of a level, or on a concept."""
    asks = ("Write {n} mathematics problems about {topic} for {level}.",
            "Generate {n} math problems on the topic: {topic}. Level: {level}.",
            "Can you write {n} exercises for {level} that need {topic}?")  # fmt: skip
    level = rng.choice(list(topics.MATH_LEVELS))
    topic = rng.choice(topics.MATH_LEVELS[level])
    sign, digits = topics.SUMS[topic]
    if rng.random() < 0.3:
        topic, digits = rng.choice(concepts.parts_of_math(topic)), None
    items = [arithmetic.ask(rng, held_out=False, sign=sign, digits=digits)[0] for _ in range(rng.choice(LENGTHS[:-1]))]
    return listed(name, rng, MATH_PROBLEMS, asks, list(dict.fromkeys(items)), topic=topic, level=level)


def is_math(name: str, rng: random.Random) -> Task:
    """Whether a thing belongs to mathematics."""
    inside = (*topics.MATH_CONCEPTS, *(part for parts in concepts.OF_SIGN.values() for part in parts))
    return _belongs(name, rng, IS_MATH, "mathematics", inside, topics.PYTHON_CONCEPTS)


def python_topics(name: str, rng: random.Random) -> Task:
    """What the language has."""
    asks = ("List {n} important topics of the Python language.", "Can you generate {n} Python concepts?",
            "Name {n} concepts of Python.")  # fmt: skip
    return listed(name, rng, PYTHON_TOPICS, asks, some(rng, topics.PYTHON_CONCEPTS))


def python_subtopics(name: str, rng: random.Random) -> Task:
    """The concepts of a topic of Python."""
    topic = rng.choice([*topics.CODE, *concepts.OF_CONCEPT])
    items = some(rng, concepts.parts_of_python(topic))
    return listed(name, rng, PYTHON_SUBTOPICS, PARTS, items, topic=topic, field="Python")


def python_problems(name: str, rng: random.Random) -> Task:
    """Small functions of a level; about the topic, where there are such at this level."""
    asks = ("Write {n} Python problems about {topic} for {level} programmers.",
            "Generate {n} {level} coding problems in Python on the topic: {topic}.",
            "Can you write {n} Python exercises on {topic}? Level: {level}.")  # fmt: skip
    level = rng.choice(topics.PYTHON_LEVELS)
    parts = [part for parts in concepts.OF_FIELD.values() for part in parts]
    topic = rng.choice((*topics.PYTHON_CONCEPTS, *parts))
    at_level = {pattern.topic for pattern in python.PATTERNS if pattern.level == level}
    about = field if (field := concepts.field_of(topic)) in at_level else None
    count = rng.choice(LENGTHS[:-2])
    items = [python.ask(rng, held_out=False, level=level, topic=about)[0] for _ in range(count)]
    return listed(name, rng, PYTHON_PROBLEMS[level], asks, list(dict.fromkeys(items)), topic=topic, level=level)


def is_python(name: str, rng: random.Random) -> Task:
    """Whether a thing belongs to Python."""
    inside = (*topics.PYTHON_CONCEPTS, *(part for parts in concepts.OF_FIELD.values() for part in parts))
    return _belongs(name, rng, IS_PYTHON, "Python", inside, topics.MATH_CONCEPTS)


def _belongs(
    name: str, rng: random.Random, real: Template, field: str, inside: Sequence[str], outside: Sequence[str]
) -> Task:
    asks = ("Is {entity} a concept of {field}? Answer yes or no.",
            "Does {entity} belong to {field}? Start with Yes or No.",
            "Concept: {entity}. Is it part of {field}? Say Yes or No.")  # fmt: skip
    yes = rng.random() < 0.5
    other = (rng.choice(outside), rng.choice(list(GROUP_OF)), rng.choice(names.CRAFTS))
    entity = rng.choice(inside) if yes else rng.choice(other)
    return line(name, rng, real, asks, "Yes" if yes else "No", entity=entity, field=field)
