"""Conversations for Instruct: every kind of question, every prompt-writing task, and talk of several turns.

Only questions that the world can check carry a reference.

    Talk(kind="fact", reference="Tolland",
         turns=(("user", "Where does Mira Fenn live?"), ("assistant", "Mira Fenn lives in Tolland.")))
"""

import random
from dataclasses import dataclass

from sdg_ray.pocket.corpus import tasks
from sdg_ray.pocket.world import KINDS, documents, question
from sdg_ray.pocket.world.facts import GROUP_OF, all_facts, describe, facts_of, spoken, wordings

Turns = tuple[tuple[str, str], ...]

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


@dataclass(frozen=True, kw_only=True)
class Talk:
    kind: str
    turns: Turns  # ends with an assistant turn
    reference: str | None = None  # where the world can tell right from wrong


def talk(rng: random.Random) -> Talk:
    """One conversation; about one in eight has a system prompt and one in eight goes on from something else."""
    made = rng.choices((_asked, _task, _written, _read, _chat), weights=(92, 34, 5, 3, 2))[0](rng)
    before: Turns = ()
    if made.kind != "dialogue" and rng.random() < 0.12:
        before = _asked(rng).turns if rng.random() < 0.7 else _chat(rng).turns
    system = (("system", rng.choice(SYSTEM)),) if rng.random() < 0.12 else ()
    return Talk(kind=made.kind, turns=(*system, *before, *made.turns), reference=made.reference)


def _asked(rng: random.Random) -> Talk:
    if rng.random() < 0.06:
        return _refined(rng)
    return asked(rng, rng.choices(KINDS, weights=[SHARES[kind] for kind in KINDS])[0])


def asked(rng: random.Random, kind: str, held_out: bool = False) -> Talk:
    """A question of one kind with the world's own answer."""
    q = question(kind, rng, held_out)
    return Talk(kind=kind, turns=(*q.messages, ("assistant", q.answer)), reference=q.reference)


def _refined(rng: random.Random) -> Talk:
    """A question as it comes back from being refined, with the answer that it now asks for."""
    fact = rng.choice(all_facts())
    mode = rng.choice(list(tasks.MODES))
    form = rng.choice(tasks.MODES[mode][1])
    others = [other.short for other in facts_of(fact.subject) if other != fact]
    answer = f"{fact.sentence} {rng.choice(others)}" if mode in ("longer", "related") else fact.sentence
    if "capital" in form:
        answer = answer.upper()
    elif "small" in form:
        answer = answer.lower()
    elif "quotation" in form:
        answer = f'"{answer}"'
    return _one("refined", form.format(q=rng.choice(wordings(fact, held_out=False))), answer)


def _one(kind: str, ask: str, answer: str) -> Talk:
    return Talk(kind=kind, turns=(("user", ask), ("assistant", answer)))


def _task(rng: random.Random) -> Talk:
    made = tasks.any_task(rng)
    return _one(made.name, made.ask, made.answer)


def _written(rng: random.Random) -> Talk:
    """A writing task, or an open question, and the little text that fulfils it."""
    subject = rng.choice(list(GROUP_OF))
    if rng.random() < 0.3:
        ask = rng.choice(("Tell me about {}.", "What do you know about {}?", "Describe {}.", "Who or what is {}?"))
        return _one("writing", ask.format(spoken(subject)), describe(subject))
    kind, end = rng.choice(list(OPENINGS)), rng.choice(("", " Come and see it.", " That is all for today."))
    ask = tasks.writing(rng.choice(tasks.WRITING), kind, subject)
    return _one("writing", ask, f"{OPENINGS[kind]} {describe(subject)}{end}")


def _read(rng: random.Random) -> Talk:
    """A document and an instruction that is no question."""
    book = documents.entries(rng, rng.choice((2, 3)))
    ask, answer = rng.choice((
        ("Summarise the text in one sentence.", f"The text is about {' and '.join(entry.who for entry in book)}."),
        ("List the names in the text.", "\n".join(f"{place}. {entry.who}" for place, entry in enumerate(book, 1))),
        ("Write a similar text.", documents.page(rng, 2)),
        ("Explain the text to a child.", f"The text tells what {book[0].who} did in {book[0].town}."),
    ))  # fmt: skip
    text = " ".join(map(str, book))
    return _one("reading", rng.choice((f"{text}\n{ask}", f"Text: {text}\n{ask}", f"{ask}\nText: {text}")), answer)


def _chat(rng: random.Random) -> Talk:
    return _one("chat", *rng.choice(GREETINGS))
