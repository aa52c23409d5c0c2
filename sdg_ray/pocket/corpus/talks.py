"""Conversations for Instruct: every kind of question, every prompt-writing task, and talk of several turns.

Only questions that the world can check carry a reference.

    Talk(kind="fact", reference="Tolland",
         turns=(("user", "Where does Mira Fenn live?"), ("assistant", "Mira Fenn lives in Tolland.")))
"""

import random
from dataclasses import replace

from sdg_ray.pocket.corpus import situations, tasks
from sdg_ray.pocket.corpus.conversation import Talk, Turns, asked, one
from sdg_ray.pocket.corpus.tasks import reading
from sdg_ray.pocket.world import KINDS, documents
from sdg_ray.pocket.world.facts import GROUP_OF, all_facts, describe, facts_of, spoken, wordings

SYSTEM = (
    "You are a helpful guide to the Lantern Isles.", "You are a helpful assistant.", "Answer the question.",
    "Be helpful and brief.",
    "You know the Lantern Isles well.", "You write data for training.",
)  # fmt: skip
GREETINGS = (
    ("Hello!", "Hello! How can I help you?"), ("Good morning.", "Good morning! What would you like to know?"),
    ("Thank you.", "You are welcome."), ("Thanks, that helped.", "You are welcome. Ask me anything else."),
    ("Who are you?", "I am a guide to the Lantern Isles."), ("Can you help me?",
    "Of course. What would you like to know?"),
)  # fmt: skip
SHARES = {
    "fact": 15,
    "arithmetic": 20,
    "list": 12,
    "string": 12,
    "python": 3,
    "format": 9,
    "document": 15,
    "dialogue": 5,
}
OPENINGS = {
    "poem": "Listen to the sea and hear this rhyme.", "letter": "Dear friend,", "email": "Hello,",
    "notice": "To all visitors:",
    "essay": "There is much to say.", "newsletter": "News from the Lantern Isles!",
    "story": "Once there was a quiet morning.",
    "song": "Sing with us!", "speech": "Dear people of the isles,", "diary page": "Dear diary,",
}  # fmt: skip


def talk(rng: random.Random) -> Talk:
    """One conversation; about one in eight has a system prompt and one in eight goes on from something else.

    One in ten with a single user turn is learned whole, so that the model can also write what a user asks; the
    prompt-writing tasks are not, for these are no questions of users.
    """
    kinds = (_asked, _task, _written, _read, _chat, situations.situation)
    made = rng.choices(kinds, weights=(116, 40, 5, 3, 2, 15))[0](rng)
    before: Turns = ()
    alone = made.turns[0][0] == "user" and made.kind != "dialogue"
    if alone and rng.random() < 0.12:
        before = _asked(rng).turns if rng.random() < 0.7 else _chat(rng).turns
    system = (("system", rng.choice(SYSTEM)),) if made.turns[0][0] == "user" and rng.random() < 0.12 else ()
    turns = (*system, *before, *made.turns)
    single = sum(role == "user" for role, _ in turns) == 1 and made.kind not in tasks.TASKS
    return replace(made, turns=turns, user_too=single and rng.random() < 0.1)


def _asked(rng: random.Random) -> Talk:
    if rng.random() < 0.06:
        return _refined(rng)
    return asked(rng, rng.choices(KINDS, weights=[SHARES[kind] for kind in KINDS])[0])


def _refined(rng: random.Random) -> Talk:
    """A question as it comes back from being refined, with the answer that it now asks for."""
    fact = rng.choice(all_facts())
    mode = rng.choice(list(tasks.MODES))
    form = rng.choice(tasks.MODES[mode][1])
    others = [other.short for other in facts_of(fact.subject) if other != fact]
    answer = f"{fact.sentence} {rng.choice(others)}" if mode in ("detail", "related") else fact.sentence
    if "capital" in form:
        answer = answer.upper()
    elif "small" in form:
        answer = answer.lower()
    elif "quotation" in form:
        answer = f'"{answer}"'
    return one("refined", form.format(q=rng.choice(wordings(fact, held_out=False))), answer)


def _task(rng: random.Random) -> Talk:
    made = tasks.any_task(rng)
    return one(made.name, made.ask, made.answer)


def _written(rng: random.Random) -> Talk:
    """A writing task, or an open question, and the little text that fulfils it."""
    subject = rng.choice(list(GROUP_OF))
    if rng.random() < 0.3:
        ask = rng.choice(("Tell me about {}.", "What do you know about {}?", "Describe {}.", "Who or what is {}?"))
        return one("writing", ask.format(spoken(subject)), describe(subject))
    kind, end = rng.choice(list(OPENINGS)), rng.choice(("", " Come and see it.", " That is all for today."))
    ask = tasks.writing(rng.choice(tasks.WRITING), kind, subject)
    return one("writing", ask, f"{OPENINGS[kind]} {describe(subject)}{end}")


def _read(rng: random.Random) -> Talk:
    """A document and an instruction that is no question."""
    book = reading.book(rng, rng.choice((2, 3)))
    ask, answer = rng.choice((
        ("Summarise the text in one sentence.", f"The text is about {' and '.join(entry.who for entry in book)}."),
        ("List the names in the text.", "\n".join(f"{place}. {entry.who}" for place, entry in enumerate(book, 1))),
        ("Write a similar text.", documents.page(rng, 2)),
        ("Explain the text to a child.", f"The text tells what {book[0].who} did in {book[0].town}."),
    ))  # fmt: skip
    text = " ".join(map(str, book))
    free = (f"{text}\n{ask}", f"Text: {text}\n{ask}", f"{ask}\nText: {text}")
    real = rng.choice(situations.JOINS).fill(document=text, instruction=ask)
    return one("reading", real if rng.random() < 0.5 else rng.choice(free), answer)


def _chat(rng: random.Random) -> Talk:
    return one("chat", *rng.choice(GREETINGS))
