"""Writing tasks: a kind of document, and a topic.

"Write 1 tasks that ask somebody to write a text of this kind: poem. The topic: moon soup. ..."
->  1. Write a cheerful poem about moon soup.
"""

import random

from sdg_ray.pocket.corpus.tasks.form import Task, listed, some
from sdg_ray.pocket.corpus.tasks.topics import any_topic
from sdg_ray.pocket.world.facts import GROUP_OF, spoken
from sdg_ray.template import choices, template

TASKS = template("writing/tasks", "n", "kind", "topic")
DOCUMENT_TYPES = tuple(choices("writing/kinds").values())
WRITING = (
    "Write {a_kind} about {topic}.", "Write a short {kind} about {topic}.", "Compose {a_kind} on {topic} for children.",
    "Write {a_kind} that tells a friend about {topic}.", "Create {a_kind} in which {topic} surprises everybody.",
    "Draft {a_kind} for visitors who have never heard of {topic}.", "Write a cheerful {kind} about {topic}.",
    "Prepare {a_kind} that explains {topic} in simple words.", "Write {a_kind} about a day with {topic}.",
    "Make {a_kind} that praises {topic}.",
)  # fmt: skip


def writing(form: str, kind: str, topic: str) -> str:
    """A writing task for a document type and a topic."""
    about = spoken(topic) if topic in GROUP_OF else topic
    return form.format(kind=kind, a_kind=_an(kind), topic=about)


def any_writing(rng: random.Random) -> str:
    """A writing task about somebody or something of the isles."""
    return writing(rng.choice(WRITING), rng.choice(DOCUMENT_TYPES), rng.choice(list(GROUP_OF)))


def writing_tasks(name: str, rng: random.Random) -> Task:
    """Writing tasks of one kind about one topic."""
    asks = ("Write {n} tasks that ask for {a_kind} about {topic}.",
            "Can you generate {n} writing tasks? Document: {kind}. Topic: {topic}.",
            "List {n} different tasks to write {a_kind} on the topic: {topic}.",
            "Topic: {topic}. Give me {n} tasks to create {a_kind}.")  # fmt: skip
    kind = rng.choice(DOCUMENT_TYPES)
    topic = rng.choice(list(GROUP_OF)) if rng.random() < 0.7 else any_topic(rng)
    items = some(rng, [writing(form, kind, topic) for form in WRITING])
    return listed(name, rng, TASKS, asks, items, kind=kind, a_kind=_an(kind), topic=topic)


def _an(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
