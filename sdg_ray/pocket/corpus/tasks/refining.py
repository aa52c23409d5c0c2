"""A question or a writing task said again with more to it, in one mode or in several.

mode "format":  "Where does Mira Fenn live?"  ->  1. Where does Mira Fenn live? Please be brief.
"""

import random
from collections.abc import Mapping, Sequence

from sdg_ray.pocket.corpus import topics
from sdg_ray.pocket.corpus.tasks.form import Task, listed, some
from sdg_ray.pocket.corpus.tasks.texts import any_writing
from sdg_ray.pocket.world.documents import DAYS
from sdg_ray.pocket.world.names import PEOPLE, TOWNS
from sdg_ray.template import Template, choices, template

Modes = Mapping[str, tuple[str, Sequence[str]]]  # what the mode is called in an ask, and the forms that follow it

QUESTION = template("open_qa/refine", "n", "question", "mode")
TASK = template("writing/refine", "n", "task", "mode")
MUTATE = template("evolve/mutate", "n", "instruction", "mode")
FORMS = {
    "context": (
        "I am planning a trip to the Lantern Isles. {q}", "My class is learning about the isles. {q}",
        "I have just arrived by boat. {q}", "My friend asked me this today. {q}",
        "I am writing a book about the isles. {q}", "We play a guessing game at home. {q}",
    ),
    "format": (
        "{q} Please write in capital letters.", "{q} Please write in small letters.",
        "{q} Please put it in quotation marks.", "{q} Please be brief.", "{q} Please answer in one sentence.",
    ),
    "detail": (
        "{q} Tell me one more thing about it.", "{q} Please add a detail.", "{q} I would like a long answer.",
        "{q} Say more about one point.",
    ),
    "related": (
        "{q} And what else is worth knowing?", "{q} What is special about it?", "{q} What should I know besides?",
        "{q} What belongs to it?",
    ),
}  # fmt: skip
WRITING_FORMS = {
    "point": (
        "{q} Say more about the beginning.",
        "{q} Give one detail in full.",
        "{q} Dwell on one point.",
        "{q} Tell the end at length.",
    ),
    "examples": (
        "{q} Include an example.",
        "{q} Name at least one fact.",
        "{q} Say where you know it from.",
        "{q} Add a number.",
    ),
    "limits": (
        "{q} Use at most three sentences.",
        "{q} Use short sentences only.",
        "{q} Give it a title.",
        "{q} Use no more than fifty words.",
    ),
    "other": (
        "{q} Make it funny.",
        "{q} Write it for a child.",
        "{q} End with a question.",
        "{q} Let a child tell it.",
    ),
}
EVOLVED = {
    "deepen": ("{q} Explain also why that matters.", "{q} Say what else belongs to it.", "{q} Go into every detail.",
               "{q} Cover what came before as well."),
    "constrain": ("{q} Use at most ten words.", "{q} Do not use the letter x.", "{q} Start with the word Well.",
                  "{q} Leave out every comma."),
    "concrete": ("{q} I need it for my trip to {town} on {day}.", "{q} Say it so that {who} in {town} can use it.",
                 "{q} My neighbour {who} wants it by {day}.",
        "{q} {who} will read it in {town}."),
    "steps": ("{q} First say what you know, then answer.", "{q} Give the answer, and then compare it with {town}.",
              "{q} Work it out step by step and check it in the end.",
        "{q} Give two answers and say which is better."),
    "rare": ("{q} Tell me something about it that few people ask.", "{q} Is there an exception that nobody mentions?",
             "{q} Which part of it do most visitors miss?",
        "{q} Take the least known part of it."),
}  # fmt: skip


def _named(file: str, forms: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, Sequence[str]]]:
    return {mode: (text, forms[mode]) for mode, text in choices(file).items()}


MODES = _named("open_qa/modes", FORMS)
WRITING_MODES = _named("writing/modes", WRITING_FORMS)
EVOLVE_MODES = _named("evolve/modes", EVOLVED)


def refine_question(name: str, rng: random.Random) -> Task:
    """A question in one of four modes."""
    text = topics.questions(rng.choice(topics.subtopics()), rng, 1)[0]
    return _revised(name, rng, QUESTION, text, MODES, what="question", question=text)


def refine_writing(name: str, rng: random.Random) -> Task:
    """A writing task in one of four modes."""
    text = any_writing(rng)
    return _revised(name, rng, TASK, text, WRITING_MODES, what="task", task=text)


def mutate(name: str, rng: random.Random) -> Task:
    """Any request in one of five modes."""
    text = any_writing(rng) if rng.random() < 0.3 else topics.questions(rng.choice(topics.subtopics()), rng, 1)[0]
    return _revised(name, rng, MUTATE, text, EVOLVE_MODES, what="request", instruction=text)


def _revised(name: str, rng: random.Random, real: Template, text: str, modes: Modes, **filled: str) -> Task:
    asks = ("Rewrite the {what} in {n} versions: {mode}.\n{text}",
            "{what}: {text}\nWrite {n} refined versions of it: {mode}.",
            "Revise the following {what} {n} times. Each time {mode}.\n{text}")  # fmt: skip
    said, forms = rng.choice((_all(modes), *modes.values()))
    items = [form.format(q=text, **_names(rng)) for form in some(rng, forms, most=5)]
    return listed(name, rng, real, asks, items, text=text, mode=said, **filled)


def _all(modes: Modes) -> tuple[str, Sequence[str]]:
    """All modes in one, for templates of others that list them."""
    return ", or ".join(said for said, _ in modes.values()), [form for _, forms in modes.values() for form in forms]


def _names(rng: random.Random) -> dict[str, str]:
    return {"town": rng.choice(TOWNS), "who": rng.choice(PEOPLE), "day": rng.choice(DAYS)}
