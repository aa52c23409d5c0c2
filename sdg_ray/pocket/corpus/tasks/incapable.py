"""What no assistant can do without senses, tools or knowledge that it lacks, and how it says so.

need "now", topic "Tolland"  ->  "What is the weather in Tolland right now?"
->  "I cannot see what is happening right now. Please ask somebody in the harbour."
"""

import random

from sdg_ray.pocket.corpus.tasks.form import Task, line, listed, some
from sdg_ray.pocket.corpus.tasks.topics import any_topic
from sdg_ray.pocket.world import names
from sdg_ray.pocket.world.facts import GROUP_OF, spoken
from sdg_ray.template import choices, template

QUESTIONS = template("incapable/questions", "n", "topic", "need")
DECLINE = template("incapable/decline", "question", "need")
NEEDS = choices("incapable/needs")

ABOUT_ANYTHING = {
    "now": ("What is the news about {t} right now?", "How many people are talking about {t} at this moment?",
            "Who is thinking of {t} just now?", "What did the harbour paper write about {t} this morning?",
            "Is anybody asking about {t} today?"),
    "act": ("Order a book about {t} for me.", "Print a page about {t} and bring it to my room.",
            "Send my friend {who} a letter about {t}.", "Call {who} and talk about {t}.",
            "Buy me a picture of {t}."),
    "senses": ("Look at my drawing of {t}. Is it pretty?", "Listen to my song about {t}. Do you like it?",
               "How heavy is the book about {t} in my hand?", "Does my voice sound sad when I speak of {t}?",
               "How do I look with my badge of {t}?"),
    "private": ("What did {who} write in the diary about {t} last night?", "How much money did {who} spend on {t}?",
                "What did my neighbour say about {t} on the telephone?", "Read me the letters of {who} about {t}.",
                "What is my own note on {t}?"),
}  # fmt: skip
ABOUT_GROUP = {
    ("towns", "now"): ("What is the weather in {t} right now?", "Which boats lie in the harbour of {t} at this hour?"),
    ("towns", "act"): ("Book me a boat to {t}.", "Reserve a room in {t} for two nights."),
    ("towns", "senses"): ("How do I look today in my hat from {t}?", "How does the air of {t} smell to you?"),
    ("islands", "now"): ("Is it raining on {t} at the moment?", "How high are the waves near {t} now?"),
    ("islands", "act"): ("Book me a boat to {t}.", "Carry my bags to {t}."),
    ("people", "now"): ("What is {t} doing at this moment?", "Is {t} at home right now?"),
    ("people", "act"): ("Bring this basket to {t}.", "Pay {t} what I owe."),
    ("people", "private"): ("How much does {t} earn?", "What is the secret of {t}?"),
    ("animals", "senses"): ("Do you hear {t} outside my window?", "Touch {t} for me. Is it warm?"),
    ("dishes", "act"): ("Cook me some {t}.", "Bring me a plate of {t}."),
    ("dishes", "senses"): ("Taste my {t}. Does it need salt?", "Does my {t} smell burnt?"),
    ("instruments", "senses"): ("Is {t} that I am playing out of tune?", "Hear me play {t}. Was that right?"),
    ("festivals", "act"): ("Buy me two tickets for {t}.", "Register me for {t}."),
    ("festivals", "now"): ("How many people are at {t} right now?", "Who is winning at {t} at this moment?"),
}
WHY = {
    "now": ("I cannot see what is happening right now.", "I do not know what goes on at this moment.",
            "Sorry, I have no news of today."),
    "act": ("I can only talk, so I cannot do that for you.", "I am sorry, I have no hands and no tools to do that.",
            "I would like to help, but I cannot act in the world."),
    "senses": ("I have no eyes, ears or hands, so I cannot tell.", "I am sorry, I cannot see, hear or feel anything.",
               "That takes senses, and I have none."),
    "private": ("I have no access to private things.", "I am sorry, I do not know anybody's private data.",
                "That is private, and I cannot look it up."),
}  # fmt: skip
INSTEAD = ("Please ask somebody in the harbour.", "Perhaps a friend can help you.", "I can tell you about {t} instead.",
           "Is there anything else that I can explain?")  # fmt: skip


def beyond(need: str, topic: str, rng: random.Random) -> list[str]:
    """All that can be asked about a topic and cannot be answered without what is needed."""
    forms = (*ABOUT_ANYTHING[need], *ABOUT_GROUP.get((GROUP_OF.get(topic, ""), need), ()) * 2)
    return [form.format(t=_said(topic), who=rng.choice(names.PEOPLE)) for form in forms]


def decline(need: str, topic: str, rng: random.Random) -> str:
    """One or two friendly sentences that say why there is no answer."""
    why = rng.choice(WHY[need])
    return why if rng.random() < 0.2 else f"{why} {rng.choice(INSTEAD).format(t=_said(topic))}"


def _said(topic: str) -> str:
    return spoken(topic) if topic in GROUP_OF else topic


def incapable_questions(name: str, rng: random.Random) -> Task:
    """Requests that cannot be answered without a need."""
    asks = ("Write {n} questions about {topic} that need {need}.",
            "Topic: {topic}. Give me {n} requests for which one needs {need}.",
            "List {n} requests on {topic}. An assistant without {need} cannot answer them.")  # fmt: skip
    need, topic = rng.choice(list(NEEDS)), any_topic(rng)
    items = some(rng, beyond(need, topic, rng))
    return listed(name, rng, QUESTIONS, asks, items, topic=topic, need=NEEDS[need])


def incapable_decline(name: str, rng: random.Random) -> Task:
    """What an assistant says to one of them."""
    asks = ("{question}\nYou lack {need}. What do you say?", "Decline, because you lack {need}: {question}",
            "A user says: {question}\nSay in a friendly way that you lack {need}.")  # fmt: skip
    need, topic = rng.choice(list(NEEDS)), any_topic(rng)
    question = rng.choice(beyond(need, topic, rng))
    return line(name, rng, DECLINE, asks, decline(need, topic, rng), question=question, need=NEEDS[need])
