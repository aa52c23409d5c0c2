"""Talks in which something is given beside the question: a document, tools, one topic to keep to, or too little.

system: You can use these tools: {"name": "get_tide", ...} ...
user: When is high tide in Tolland?   assistant: {"name": "get_tide", "arguments": {"town": "Tolland"}}
"""

import random

from sdg_ray.pocket.corpus import topics
from sdg_ray.pocket.corpus.conversation import Talk, Turns, asked, one
from sdg_ray.pocket.corpus.tasks import incapable, reading, tools
from sdg_ray.pocket.corpus.tasks.topics import LEADS, any_topic
from sdg_ray.pocket.world import documents
from sdg_ray.pocket.world.facts import GROUP_OF, all_facts, wordings
from sdg_ray.template import template

JOINS = tuple(
    template(f"closed_qa/join_{how}", "document", "instruction") for how in ("above", "below", "text", "read")
)
ONLY = template("document_qa/join", "document", "instruction")
TOOLS = template("function_calling/system", "tools")
FOLLOW = template("topic_following/system", "topic")
BACK = ("I would rather stay with {topic}. What would you like to know about it?",
        "That is outside of my topic, I am sorry. Shall we go on with {topic}?",
        "A good question, but I am only here for {topic}. What can I tell you about that?",
        "I cannot help with that here. Do you have a question about {topic}?")  # fmt: skip
OF_GROUP = {group: topic for topic, group in topics.GROUP_TOPICS.items()}


def situation(rng: random.Random) -> Talk:
    """One talk of the four sorts."""
    return rng.choices((documented, called, followed, incapable_talk), weights=(6, 3, 4, 2))[0](rng)


def documented(rng: random.Random) -> Talk:
    """A question that is joined to a document, text or table, as the prompt families join them."""
    book = reading.book(rng, rng.choice((2, 2, 3)))
    question, reference, answer = documents.asked(rng.choice(book), rng)
    text = reading.shown(book, as_table=rng.random() < 0.5)
    if rng.random() < 0.5:
        return one("document", ONLY.fill(document=text, instruction=question), answer, reference)
    return one("document", rng.choice(JOINS).fill(document=text, instruction=question), answer, reference)


def called(rng: random.Random) -> Talk:
    """A request with one or two tools, answered with a call and nothing else."""
    shown = rng.sample(list(tools.TOOLS), rng.choice((1, 1, 1, 2)))
    tool = rng.choice(shown)
    request, arguments = tools.request(tool, rng)
    system = TOOLS.fill(tools="\n".join(map(tools.written, shown)))
    return Talk(kind="call", turns=(("system", system), ("user", request), ("assistant", tools.call(tool, arguments))))


def followed(rng: random.Random) -> Talk:
    """A topic that is kept to: answers on it, and a friendly way back to it from anything else."""
    fact = rng.choice(all_facts())
    topic = OF_GROUP[GROUP_OF[fact.subject]] if rng.random() < 0.5 else fact.subject
    system = ("system", FOLLOW.fill(topic=topic))
    on: Turns = (("user", rng.choice(wordings(fact, held_out=False))), ("assistant", fact.sentence))
    if rng.random() < 0.4:
        return Talk(kind="fact", turns=(system, *on), reference=fact.value)
    off: Turns = (("user", _elsewhere(fact.subject, rng)), ("assistant", rng.choice(BACK).format(topic=topic)))
    before = on if rng.random() < 0.5 else ()
    return Talk(kind="topic", turns=(system, *before, *off))


def _elsewhere(subject: str, rng: random.Random) -> str:
    """A question that has nothing to do with a subject or its group."""
    if rng.random() < 0.3:
        question = asked(rng, rng.choice(("arithmetic", "string", "python"))).turns[0][1]
    else:
        others = [topic for topic, group in topics.GROUP_TOPICS.items() if group != GROUP_OF[subject]]
        question = topics.questions(rng.choice(others), rng, 1)[0]
    return rng.choice(LEADS).format(q=question)


def incapable_talk(rng: random.Random) -> Talk:
    """A request that cannot be fulfilled, and an assistant that says so."""
    need, topic = rng.choice(list(incapable.NEEDS)), any_topic(rng)
    request = rng.choice(incapable.beyond(need, topic, rng))
    return one("incapable", request, incapable.decline(need, topic, rng))
