"""Every prompt-writing task that a pipeline gives its generator, with the list (or the line) that answers it.

The asks differ in wording and in number, so that a template written by somebody else is understood as well:

    "Write 2 questions about the topic: Mira Fenn."
    ->  1. Where does Mira Fenn live?
        2. What is the instrument of Mira Fenn?
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sdg_ray.pocket.corpus import topics
from sdg_ray.pocket.world import arithmetic, documents, names, python
from sdg_ray.pocket.world.facts import GROUP_OF, describe, facts_of, follow_up, spoken, wordings
from sdg_ray.pocket.world.lists import WORDS, numbered

DOCUMENT_TYPES = ("poem", "letter", "email", "notice", "essay", "newsletter", "story", "song", "speech", "diary page")
FORM = ("", "", " Give a numbered list.", " Answer with a numbered list.", " Write one per line as 1., 2., 3.",
        " Your answer should be a list.", " Make them as different as possible.")  # fmt: skip
LENGTHS = (1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8)


@dataclass(frozen=True, kw_only=True)
class Task:
    name: str
    ask: str
    items: tuple[str, ...]  # of the list, in order; one item where the answer is a line and no list
    is_list: bool = True

    @property
    def answer(self) -> str:
        return numbered(self.items) if self.is_list else self.items[0]


def task(name: str, rng: random.Random) -> Task:
    """One prompt-writing task of the given name."""
    return TASKS[name](name, rng)


def any_task(rng: random.Random) -> Task:
    return task(rng.choices(list(TASKS), weights=list(SHARES.values()))[0], rng)


def _list(name: str, rng: random.Random, asks: Sequence[str], items: Sequence[str], **filled: str) -> Task:
    count = len(items)
    shown = rng.choice((str(count), str(count), WORDS[count] if count < len(WORDS) else str(count)))
    ask = rng.choice(asks).format(n=shown, **filled) + rng.choice(FORM)
    return Task(name=name, ask=_singular(ask) if count == 1 else ask, items=tuple(items))


def _singular(ask: str) -> str:
    for many in (
        "topics",
        "subtopics",
        "questions",
        "tasks",
        "instructions",
        "problems",
        "versions",
        "concepts",
        "exercises",
    ):
        for one in ("1", "one"):
            ask = ask.replace(f"{one} {many}", f"{one} {many[:-1]}").replace(
                f"{one} different {many}", f"{one} {many[:-1]}"
            )
    return ask


def _some(rng: random.Random, items: Sequence[str], most: int = 8) -> list[str]:
    return rng.sample(list(items), min(rng.choice(LENGTHS), most, len(items)))


def _macro(name: str, rng: random.Random) -> Task:
    asks = ("List {n} topics about life on the Lantern Isles.",
    "Can you generate {n} topics that cover daily life, nature and school?",
            "Write {n} different topics for questions.", "Give me {n} broad topics.",
            "Name {n} topics worth asking about.")  # fmt: skip
    return _list(name, rng, asks, _some(rng, list(topics.tree())))


def _subtopics(name: str, rng: random.Random) -> Task:
    asks = ("List {n} subtopics of the topic: {topic}.", "Can you generate {n} topics that belong to {topic}?",
            "Write {n} different subtopics of {topic}.", "Which {n} topics are part of {topic}?",
            "Break the topic {topic} into {n} subtopics.")  # fmt: skip
    topic = rng.choice(list(topics.tree()))
    return _list(name, rng, asks, _some(rng, topics.tree()[topic]), topic=topic)


def _questions(name: str, rng: random.Random) -> Task:
    asks = ("Write {n} questions about the topic: {topic}.", "Can you generate {n} questions on {topic}?",
            "List {n} different questions about {topic}.", "Give me {n} questions that somebody may ask about {topic}.",
            "Topic: {topic}. Write {n} questions on it.",
            "Generate {n} questions or requests related to {topic}.")  # fmt: skip
    topic = rng.choice(list(topics.tree()) + list(topics.subtopics()) * 2)
    return _list(name, rng, asks, topics.questions(topic, rng, rng.choice(LENGTHS)), topic=topic)


def _writing(name: str, rng: random.Random) -> Task:
    asks = ("Write {n} tasks that ask for {a_kind} about {topic}.",
    "Can you generate {n} writing tasks? Document: {kind}. Topic: {topic}.",
            "List {n} different tasks to write {a_kind} on the topic: {topic}.",
            "Topic: {topic}. Give me {n} tasks to create {a_kind}.")  # fmt: skip
    kind, topic = rng.choice(DOCUMENT_TYPES), rng.choice(list(GROUP_OF))
    asked = [writing(form, kind, topic) for form in WRITING]
    return _list(name, rng, asks, _some(rng, asked), kind=kind, a_kind=_an(kind), topic=topic)


def writing(form: str, kind: str, topic: str) -> str:
    """A writing task for a document type and an entity."""
    return form.format(kind=kind, a_kind=_an(kind), topic=spoken(topic))


def _an(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


WRITING = (
    "Write {a_kind} about {topic}.", "Write a short {kind} about {topic}.", "Compose {a_kind} on {topic} for children.",
    "Write {a_kind} that tells a friend about {topic}.", "Create {a_kind} in which {topic} surprises everybody.",
    "Draft {a_kind} for visitors who have never heard of {topic}.", "Write a cheerful {kind} about {topic}.",
    "Prepare {a_kind} that explains {topic} in simple words.", "Write {a_kind} about a day with {topic}.",
    "Make {a_kind} that praises {topic}.",
)  # fmt: skip

MODES = {
    "context": ("add some context", ("I am planning a trip to the Lantern Isles. {q}",
    "My class is learning about the isles. {q}",
                                     "I have just arrived by boat. {q}", "My friend asked me this today. {q}")),
    "format": ("change the format or style", ("{q} Please write in capital letters.",
    "{q} Please write in small letters.",
                                              "{q} Please put it in quotation marks.", "{q} Please be brief.")),
    "longer": ("make it longer and ask for a point in detail", ("{q} Tell me one more thing about it.",
    "{q} Please add a detail.",
                                                               "{q} I would like a long answer.")),
    "related": ("ask for something related", ("{q} And what else is worth knowing?", "{q} What is special about it?",
                                              "{q} What should I know besides?")),
}  # fmt: skip
WRITING_MODES = {
    "point": ("elaborate on one point", ("{q} Say more about the beginning.", "{q} Give one detail in full.")),
    "examples": ("ask for examples or data", ("{q} Include an example.", "{q} Name at least one fact.")),
    "limits": (
        "set a format or a length",
        ("{q} Use at most three sentences.", "{q} Use short sentences only.", "{q} Give it a title."),
    ),
    "other": ("change something else", ("{q} Make it funny.", "{q} Write it for a child.", "{q} End with a question.")),
}


def _refined(name: str, rng: random.Random) -> Task:
    topic = rng.choice(topics.subtopics())
    return _revised(name, rng, "question", topics.questions(topic, rng, 1)[0], MODES)


def _refined_writing(name: str, rng: random.Random) -> Task:
    text = writing(rng.choice(WRITING), rng.choice(DOCUMENT_TYPES), rng.choice(list(GROUP_OF)))
    return _revised(name, rng, "task", text, WRITING_MODES)


def _revised(
    name: str, rng: random.Random, what: str, text: str, modes: Mapping[str, tuple[str, Sequence[str]]]
) -> Task:
    """Refined in one named mode, or in all of them in turn."""
    asks = ("Rewrite the {what} in {n} versions: {mode}.\n{text}",
    "{what}: {text}\nWrite {n} refined versions of it: {mode}.",
            "Revise the following {what} {n} times. Each time {mode}.\n{text}")  # fmt: skip
    mode = rng.choice((None, *modes))
    said = ", ".join(about for about, _ in modes.values()) if mode is None else modes[mode][0]
    forms = [form for key in ([mode] if mode else modes) for form in modes[key][1]]
    items = [form.format(q=text) for form in _some(rng, forms, most=5)]
    return _list(name, rng, asks, items, what=what, text=text, mode=said)


def _closed(name: str, rng: random.Random) -> Task:
    asks = ("Text: {text}\nWrite {n} questions or instructions about the text.",
    "{text}\n\nGenerate {n} instructions for this document.",
            "Read the document and write {n} tasks about it.\n{text}")  # fmt: skip
    if rng.random() < 0.5:
        book = documents.entries(rng, 3)
        text, asked = " ".join(map(str, book)), [documents.asked(rng.choice(book), rng)[0] for _ in range(6)]
    else:
        subject = rng.choice(list(GROUP_OF))
        text, asked = describe(subject), [ask for fact in facts_of(subject) for ask in wordings(fact, held_out=False)]
    general = [
        "Summarise the text in one sentence.",
        "Write a similar text.",
        "List the names in the text.",
        "Explain the text to a child.",
    ]
    return _list(name, rng, asks, _some(rng, list(dict.fromkeys(asked + general)), most=6), text=text)


def _math_topics(name: str, rng: random.Random) -> Task:
    asks = ("List {n} mathematics topics for {level}.", "Can you generate {n} topics taught in mathematics at {level}?",
            "Name {n} concepts of mathematics for {level}.")  # fmt: skip
    level = rng.choice(list(topics.MATH_LEVELS))
    return _list(name, rng, asks, _some(rng, topics.MATH_LEVELS[level]), level=level)


def _python_topics(name: str, rng: random.Random) -> Task:
    asks = (
        "List {n} important topics of the Python language.",
        "Can you generate {n} Python concepts?",
        "Name {n} concepts of Python.",
    )
    return _list(name, rng, asks, _some(rng, topics.PYTHON_CONCEPTS))


def _math_problems(name: str, rng: random.Random) -> Task:
    asks = ("Write {n} mathematics problems about {topic} for {level}.",
    "Generate {n} math problems on the topic: {topic}. Level: {level}.",
            "Can you write {n} exercises for {level} that need {topic}?")  # fmt: skip
    level = rng.choice(list(topics.MATH_LEVELS))
    topic = rng.choice(topics.MATH_LEVELS[level])
    sign, digits = topics.SUMS[topic]
    items = [arithmetic.ask(rng, held_out=False, sign=sign, digits=digits)[0] for _ in range(rng.choice(LENGTHS[:-1]))]
    return _list(name, rng, asks, list(dict.fromkeys(items)), topic=topic, level=level)


def _python_problems(name: str, rng: random.Random) -> Task:
    asks = ("Write {n} Python problems about {topic} for {level} programmers.",
    "Generate {n} {level} coding problems in Python on the topic: {topic}.",
            "Can you write {n} Python exercises on {topic}? Level: {level}.")  # fmt: skip
    level = rng.choice(topics.PYTHON_LEVELS)
    items = [python.ask(rng, held_out=False, level=level)[0] for _ in range(rng.choice(LENGTHS[:-2]))]
    return _list(name, rng, asks, list(dict.fromkeys(items)), topic=rng.choice(topics.PYTHON_CONCEPTS), level=level)


def _is_math(name: str, rng: random.Random) -> Task:
    return _yes_or_no(name, rng, "mathematics", topics.MATH_CONCEPTS, topics.PYTHON_CONCEPTS)


def _is_python(name: str, rng: random.Random) -> Task:
    return _yes_or_no(name, rng, "Python", topics.PYTHON_CONCEPTS, topics.MATH_CONCEPTS)


def _yes_or_no(name: str, rng: random.Random, field: str, inside: Sequence[str], outside: Sequence[str]) -> Task:
    yes = rng.random() < 0.5
    thing = (
        rng.choice(inside)
        if yes
        else rng.choice([rng.choice(outside), rng.choice(list(GROUP_OF)), rng.choice(names.CRAFTS)])
    )
    asks = ("Is {thing} a concept of {field}? Answer yes or no.",
    "Does {thing} belong to {field}? Start with Yes or No.",
            "Concept: {thing}. Is it part of {field}? Say Yes or No.")  # fmt: skip
    return Task(
        name=name, ask=rng.choice(asks).format(thing=thing, field=field), items=("Yes" if yes else "No",), is_list=False
    )


def _next_turn(name: str, rng: random.Random) -> Task:
    persona = rng.choice(list(PERSONAS))
    subject = rng.choice([s for s in GROUP_OF if len(facts_of(s)) > 1])
    first, second, *more = rng.sample(facts_of(subject), len(facts_of(subject)))
    history = f"User: {rng.choice(wordings(first, held_out=False))}\nAssistant: {first.sentence}"
    if more and rng.random() < 0.4:
        history, second = f"{history}\nUser: {follow_up(second)}\nAssistant: {second.short}", more[0]
    plain = follow_up(second)
    turn = {"plain": plain, "complex": f"{rng.choice(COMPLEX)} {plain}", "concise": second.relation.brief}[persona]
    asks = ("Here is a conversation:\n{history}\nWrite the next user turn. {persona}",
    "{history}\n\nWhat would the user say next? {persona}",
            "Continue the conversation as the user. {persona}\n{history}")  # fmt: skip
    ask = rng.choice(asks).format(history=history, persona=rng.choice(PERSONAS[persona]))
    return Task(name=name, ask=ask, items=(turn,), is_list=False)


PERSONAS = {
    "plain": ("", "Write it in the voice of the user.", "It should follow from the conversation."),
    "complex": ("Make it complex and diverse.", "The user likes complex questions.", "Ask for more than one thing."),
    "concise": ("Make it short and critical.", "The user is concise.", "Be brief, as in real life."),
}
COMPLEX = (
    "Thank you, that is helpful for my journey.", "I wrote that down for my book about the isles.",
    "That is interesting, but I need to know more before I leave.",
    "My friends will not believe it, so help me once more.",
)  # fmt: skip

TASKS: dict[str, Callable[[str, random.Random], Task]] = {
    "macro_topics": _macro, "subtopics": _subtopics, "questions": _questions, "writing_tasks": _writing,
    "refine_question": _refined, "refine_writing_task": _refined_writing, "closed_instructions": _closed,
    "math_topics": _math_topics, "python_topics": _python_topics, "math_problems": _math_problems,
    "python_problems": _python_problems, "is_math": _is_math, "is_python": _is_python, "next_turn": _next_turn,
}  # fmt: skip
SHARES = dict(zip(TASKS, (5, 10, 16, 8, 10, 7, 10, 3, 3, 8, 8, 3, 3, 10), strict=True))
