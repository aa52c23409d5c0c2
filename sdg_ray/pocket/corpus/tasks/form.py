"""What a prompt-writing task is, and the two ways to ask for one.

Half of the asks are the templates that the prompt families really use; the others are worded freely, so that a
template written by somebody else is understood as well:

    listed("questions", rng, QUESTIONS, ("Give me {n} questions about {topic}.",), items, topic="Mira Fenn")
    ->  "Write 2 questions or requests about the topic: Mira Fenn. ..."   or   "Give me two questions about Mira Fenn."
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.pocket.world.lists import WORDS, numbered
from sdg_ray.template import Template, template

FORM = ("", "", " Give a numbered list.", " Answer with a numbered list.", " Write one per line as 1., 2., 3.",
        " Your answer should be a list.", " Make them as different as possible.")  # fmt: skip
LENGTHS = (1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8)
MANY = ("topics", "subtopics", "questions", "tasks", "instructions", "problems", "versions", "concepts", "exercises",
        "requests")  # fmt: skip
AGAIN = template("asking/again", "known")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing that a generator is asked to write, and what it writes."""

    name: str
    ask: str
    items: tuple[str, ...]  # of the list, in order; one item where the answer is a line and no list
    is_list: bool = True
    template: str | None = None  # the real template that asks, if it is one

    @property
    def answer(self) -> str:
        """What the assistant says."""
        return numbered(self.items) if self.is_list else self.items[0]


def listed(
    name: str, rng: random.Random, real: Template, asks: Sequence[str], items: Sequence[str], **filled: str
) -> Task:
    """A list asked for with the real template or with one of the free wordings."""
    if rng.random() < 0.5:
        return _really(name, rng, real, items, **filled)
    count = len(items)
    shown = rng.choice((str(count), str(count), WORDS[count] if count < len(WORDS) else str(count)))
    ask = rng.choice(asks).format(n=shown, **filled) + rng.choice(FORM)
    return Task(name=name, ask=_singular(ask) if count == 1 else ask, items=tuple(items))


def _really(name: str, rng: random.Random, real: Template, items: Sequence[str], **filled: str) -> Task:
    """With the real template; now and then for what is missing only, and with what is there already."""
    known: Sequence[str] = ()
    if rng.random() < 0.2 and len(items) > 1:
        count = min(rng.randint(1, 3), len(items) - 1)
        known, items = items[:count], items[count:]
    if rng.random() < 0.2:
        items = items[:1]
    ask = real.fill(n=len(items), **filled)
    if known:
        ask += "\n" + AGAIN.fill(known="\n".join(f"- {one}" for one in known))
    return Task(name=name, ask=ask, items=tuple(items), template=real.name)


def line(name: str, rng: random.Random, real: Template, asks: Sequence[str], text: str, **filled: str) -> Task:
    """One line asked for, in the same two ways."""
    if rng.random() < 0.5:
        return Task(name=name, ask=real.fill(**filled), items=(text,), is_list=False, template=real.name)
    return Task(name=name, ask=rng.choice(asks).format(**filled), items=(text,), is_list=False)


def some(rng: random.Random, items: Sequence[str], most: int = 8) -> list[str]:
    """A few of the items, most often between two and five."""
    unique = list(dict.fromkeys(items))
    return rng.sample(unique, min(rng.choice(LENGTHS), most, len(unique)))


def _singular(ask: str) -> str:
    for many in MANY:
        for one in ("1", "one"):
            ask = ask.replace(f"{one} {many}", f"{one} {many[:-1]}")
            ask = ask.replace(f"{one} different {many}", f"{one} {many[:-1]}")
    return ask
