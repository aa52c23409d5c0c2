"""Topics, subtopics, and questions about them: where every family of prompts begins.

"Name 2 different topics that belong to the topic: Festivals and holidays. ..."  ->  1. Day of Bells  2. Lamp Parade
"""

import random

from sdg_ray.pocket.corpus import topics
from sdg_ray.pocket.corpus.tasks.form import LENGTHS, Task, listed, some
from sdg_ray.template import template

MACRO = template("topics/macro", "n")
SUB = template("topics/sub", "n", "topic")
QUESTIONS = template("open_qa/questions", "n", "topic")
DISTRACTORS = template("topic_following/distractors", "n", "topic", "other")

LEADS = ("{q}", "By the way: {q}", "Let us talk about something else. {q}", "I have another question. {q}",
         "Before we go on: {q}", "Forget that for a moment. {q}")  # fmt: skip


def macro(name: str, rng: random.Random) -> Task:
    """Broad topics."""
    asks = ("List {n} topics about life on the Lantern Isles.",
            "Can you generate {n} topics that cover daily life, nature and school?",
            "Write {n} different topics for questions.", "Give me {n} broad topics.",
            "Name {n} topics worth asking about.")  # fmt: skip
    return listed(name, rng, MACRO, asks, some(rng, list(topics.tree())))


def sub(name: str, rng: random.Random) -> Task:
    """What belongs to a broad topic."""
    asks = ("List {n} subtopics of the topic: {topic}.", "Can you generate {n} topics that belong to {topic}?",
            "Write {n} different subtopics of {topic}.", "Which {n} topics are part of {topic}?",
            "Break the topic {topic} into {n} subtopics.")  # fmt: skip
    topic = rng.choice(list(topics.tree()))
    return listed(name, rng, SUB, asks, some(rng, topics.tree()[topic]), topic=topic)


def any_topic(rng: random.Random) -> str:
    """A topic or, mostly, a subtopic."""
    return rng.choice(topics.subtopics()) if rng.random() < 0.75 else rng.choice(list(topics.tree()))


def questions(name: str, rng: random.Random) -> Task:
    """Questions about a topic."""
    asks = ("Write {n} questions about the topic: {topic}.", "Can you generate {n} questions on {topic}?",
            "List {n} different questions about {topic}.", "Give me {n} questions that somebody may ask about {topic}.",
            "Topic: {topic}. Write {n} questions on it.",
            "Generate {n} questions or requests related to {topic}.")  # fmt: skip
    topic = any_topic(rng)
    return listed(name, rng, QUESTIONS, asks, topics.questions(topic, rng, rng.choice(LENGTHS)), topic=topic)


def distractors(name: str, rng: random.Random) -> Task:
    """What leads a conversation away from its topic."""
    asks = ("A user talks about {topic}. Write {n} questions that change the subject to {other}.",
            "The topic is {topic}. Give me {n} questions that lead away from it, to {other}.",
            "Write {n} questions about {other} that interrupt a talk about {topic}.")  # fmt: skip
    topic, other = rng.sample(list(topics.tree()), 2)
    asked = topics.questions(other, rng, rng.choice((1, 2, 2, 3, 3, 4)))
    return listed(name, rng, DISTRACTORS, asks, [_aside(one, rng) for one in asked], topic=topic, other=other)


def _aside(question: str, rng: random.Random) -> str:
    return rng.choice(LEADS).format(q=question)
