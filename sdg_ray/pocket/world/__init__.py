"""The Lantern Isles: what is true there, questions about it, and whether an answer is right.

Everything here is the standard library and a few tables; nothing is learned and nothing is random but what the
caller's `rng` decides. A question drawn with `held_out=True` never occurs in the training corpus.

    question("fact", random.Random(1), held_out=True)
    -> Question(kind="fact", messages=(("user", "Which trade does Osk Harrow follow?"),), reference="miller", ...)
    right("fact", "miller", "Osk Harrow works as a miller.")   ->  True
    kind_of(["Which trade does Osk Harrow follow?"], "miller")   ->  "fact"
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.pocket.world import arithmetic, dialogues, documents, facts, formats, hops, lists, python, riddles, strings

KINDS: tuple[str, ...] = ("fact", "arithmetic", "list", "string", "python", "format", "document", "dialogue")


def _fact(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """Mostly one fact; sometimes two that must be put together, or two that lead back to a name."""
    return rng.choices((facts.ask, hops.ask, riddles.ask), weights=(5, 2, 3))[0](rng, held_out)


_SINGLE = {
    "fact": _fact,
    "arithmetic": arithmetic.ask,
    "list": lists.ask,
    "string": strings.ask,
    "python": python.ask,
    "format": formats.ask,
    "document": documents.ask,
}


@dataclass(frozen=True, kw_only=True)
class Question:
    kind: str
    messages: tuple[tuple[str, str], ...]  # (role, content), ends with a user turn
    reference: str  # what decides whether an answer is right
    answer: str  # one right answer in the world's own words


def question(kind: str, rng: random.Random, held_out: bool) -> Question:
    """A checkable question of one kind."""
    if kind == "dialogue":
        messages, reference, answer = dialogues.ask(rng, held_out)
        return Question(kind=kind, messages=messages, reference=reference, answer=answer)
    if kind not in _SINGLE:
        raise ValueError(f"the world has no questions of kind {kind!r}; there are {', '.join(KINDS)}")
    text, reference, answer = _SINGLE[kind](rng, held_out)
    return Question(kind=kind, messages=(("user", text),), reference=reference, answer=answer)


def right(question_kind: str, reference: str, answer: str) -> bool:
    """Whether an answer is right in this world."""
    if question_kind == "fact":
        return facts.claims(reference, answer)
    if question_kind == "arithmetic":
        return arithmetic.claimed(answer) == reference
    if question_kind == "dialogue":
        return facts.claims(reference, answer) if facts.domain(reference) else dialogues.right(reference, answer)
    if question_kind in ("list", "string", "python", "format", "document"):
        return _MODULES[question_kind].right(reference, answer)
    raise ValueError(f"the world has no questions of kind {question_kind!r}; there are {', '.join(KINDS)}")


def kind_of(turns: Sequence[str], reference: str) -> str | None:
    """The kind of a question, which its turns and its reference show; None for one that is not of this world."""
    if len(turns) > 1:
        told = (*dialogues.GUESTS, *dialogues.BOATS, *dialogues.TREATS)
        return "dialogue" if facts.domain(reference) or reference in told else None
    if (kind := _kind_by_reference(reference)) is not None:
        return kind
    question = turns[0] if turns else ""
    if any(mark in question for mark in _DOCUMENT_MARKS):
        return "document"
    if facts.domain(reference):
        return "fact"
    if reference.removeprefix("-").isdecimal() and any(asked.fullmatch(question) for asked in _SUMS):
        return "arithmetic"
    return "string" if _ABOUT_WORDS.search(question) else None


def _kind_by_reference(reference: str) -> str | None:
    """The kind of a question whose reference is an object, which only that kind's references are."""
    try:
        keys = json.loads(reference).keys()
    except (ValueError, AttributeError, RecursionError):
        return None
    return next((kind for kind, own in _OBJECTS.items() if any(keys >= each for each in own)), None)


_OBJECTS = {"list": ({"exactly"}, {"n", "of"}), "python": ({"solution", "tests"},), "format": ({"id", "args"},)}
_DOCUMENT_MARKS = ("Text: ", "Use the text above.", "Here is a note from the harbour:")  # each of the frames has one
_SUMS = tuple(
    re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(ask)))
    for ask in (*arithmetic.ASKS, *(story for stories in arithmetic.STORIES.values() for story in stories))
)
_ABOUT_WORDS = re.compile(r"\b(?:spell|words?|letters?|hyphens?|capitals)\b", re.IGNORECASE)
_MODULES = {"list": lists, "string": strings, "python": python, "format": formats, "document": documents}
