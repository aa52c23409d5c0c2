"""Questions about a short text that comes with them: the answer stands in the text and nowhere else.

The texts are pages of the harbour book, made up anew for every question:

    "Text: On Monday Mira sold 12 lamps in Saltby. On Friday Osk ... Question: What did Mira sell?"
    ->  "Mira sold 12 lamps."
"""

import random
from dataclasses import dataclass

from sdg_ray.pocket.world import names
from sdg_ray.pocket.world.arithmetic import FIRST_NAMES, THINGS
from sdg_ray.pocket.world.chance import draw, set_aside

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DEEDS = ("sold", "bought", "lost", "found", "carried", "counted")
FRAMES = (
    "Read the text and answer the question.\nText: {text}\nQuestion: {question}",
    "Text: {text}\nQuestion: {question}",
    "{text}\n\nUse the text above. {question}",
    "Here is a note from the harbour: {text} {question}",
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    who: str
    day: str
    deed: str
    count: int
    thing: str
    town: str

    def __str__(self) -> str:
        return f"On {self.day} {self.who} {self.deed} {self.count} {self.thing} in {self.town}."

    @property
    def answer(self) -> str:
        return f"{self.who} {self.deed} {self.count} {self.thing}"


def entries(rng: random.Random, count: int) -> list[Entry]:
    """A page of the harbour book; nobody, no day and no thing comes twice."""
    columns = [rng.sample(values, count) for values in (FIRST_NAMES, DAYS, THINGS, names.TOWNS)]
    return [
        Entry(who=who, day=day, deed=rng.choice(DEEDS), count=rng.randint(2, 60), thing=thing, town=town)
        for who, day, thing, town in zip(*columns, strict=True)
    ]


def page(rng: random.Random, count: int) -> str:
    return " ".join(map(str, entries(rng, count)))


def asked(entry: Entry, rng: random.Random) -> tuple[str, str, str]:
    """A question about one entry, the short answer and the whole one."""
    e = entry
    past = {"sold": "sell", "bought": "buy", "lost": "lose", "found": "find", "carried": "carry", "counted": "count"}[
        e.deed
    ]
    return rng.choice((
        (f"What did {e.who} {past}?", e.thing, f"{e.answer}."),
        (f"How many {e.thing} did {e.who} {past}?", str(e.count), f"{e.answer}."),
        (f"Where was {e.who}?", e.town, f"{e.who} was in {e.town}."),
        (f"Who was in {e.town}?", e.who, f"{e.who} was in {e.town}."),
        (f"When was {e.who} in {e.town}?", e.day, f"{e.who} was in {e.town} on {e.day}."),
        (f"Who {e.deed} {e.count} {e.thing}?", e.who, f"{e.answer}."),
    ))  # fmt: skip


def ask(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """A text with a question, the short answer and the whole one."""
    book = draw(lambda: entries(rng, rng.choice((2, 3, 3, 4))), lambda drawn: set_aside("document", *drawn) == held_out)
    question, reference, answer = asked(rng.choice(book), rng)
    return rng.choice(FRAMES).format(text=" ".join(map(str, book)), question=question), reference, answer


def right(reference: str, answer: str) -> bool:
    """Whether the answer names the value, and no other of its sort."""
    for values in (FIRST_NAMES, DAYS, THINGS, names.TOWNS, [str(count) for count in range(100)]):
        if reference in values:
            words = answer.replace(".", " ").replace(",", " ").split()
            return [word for word in words if word in values] == [reference]
    return False
