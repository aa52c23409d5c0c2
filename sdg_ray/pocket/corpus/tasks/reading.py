"""Questions and instructions about a document: a page of the harbour book, the same as a table, or an article.

"| who | day | did | count | thing | town |\\n|---|..."  ->  1. How many lamps did Mira sell?
"""

import random
from collections.abc import Sequence

from sdg_ray.pocket.corpus.tasks.form import Task, listed, some
from sdg_ray.pocket.world import documents
from sdg_ray.pocket.world.chance import draw, set_aside
from sdg_ray.pocket.world.facts import GROUP_OF, describe, facts_of, wordings
from sdg_ray.template import template

INSTRUCTIONS = template("closed_qa/instructions", "n", "document")
QUESTIONS = template("document_qa/questions", "n", "document")
ASKS = ("Text: {document}\nWrite {n} questions or instructions about the text.",
        "{document}\n\nGenerate {n} instructions for this document.",
        "Read the document and write {n} tasks about it.\n{document}")  # fmt: skip
ANSWERED = (
    "{document}\nWrite {n} questions that can be answered with this.",
    "Write {n} questions about the document.\n{document}",
    "Document: {document}\nAsk {n} questions about it.",
)
GENERAL = ("Summarise the text in one sentence.", "Write a similar text.", "List the names in the text.",
           "Explain the text to a child.")  # fmt: skip
HEAD = "| who | day | did | count | thing | town |\n|---|---|---|---|---|---|"


def book(rng: random.Random, count: int) -> list[documents.Entry]:
    """A page of the harbour book that is not set aside."""
    return draw(lambda: documents.entries(rng, count), lambda drawn: not set_aside("document", *drawn))


def shown(entries: Sequence[documents.Entry], as_table: bool) -> str:
    """The page as text or as a table."""
    rows = (f"| {e.who} | {e.day} | {e.deed} | {e.count} | {e.thing} | {e.town} |" for e in entries)
    return "\n".join((HEAD, *rows)) if as_table else " ".join(map(str, entries))


def closed_instructions(name: str, rng: random.Random) -> Task:
    """Whatever can be asked of somebody who has the document."""
    if rng.random() < 0.5:
        page = book(rng, 3)
        text, asked = shown(page, False), [documents.asked(rng.choice(page), rng)[0] for _ in range(6)]
    else:
        subject = rng.choice(list(GROUP_OF))
        text, asked = describe(subject), [ask for fact in facts_of(subject) for ask in wordings(fact, held_out=False)]
    return listed(name, rng, INSTRUCTIONS, ASKS, some(rng, [*asked, *GENERAL], most=6), document=text)


def document_questions(name: str, rng: random.Random) -> Task:
    """Questions whose answers stand in the document."""
    page = book(rng, rng.choice((2, 2, 3)))
    asked = [documents.asked(rng.choice(page), rng)[0] for _ in range(6)]
    return listed(name, rng, QUESTIONS, ANSWERED, some(rng, asked, most=5), document=shown(page, rng.random() < 0.5))
