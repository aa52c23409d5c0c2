"""Closed questions: instructions about a document, put together with it, so that the answer can lean on what it says.

    The tide comes in twice a day. ...  ->  The tide comes in twice a day. ...
                                            Explain to a child why there are two tides.

Documents and tables for questions whose answers stand in them are the same program with other templates
(conf/prompts/document_qa.yaml).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts import Draft, Means, Program
from sdg_ray.prompts.asking import Made
from sdg_ray.prompts.sources import Source
from sdg_ray.template import template

JOINS = tuple(f"closed_qa/join_{form}" for form in ("above", "below", "text", "read"))
END = re.compile(r"[.!?\u3002][\"')\]]*\s|\n")


@dataclass(frozen=True, kw_only=True)
class ClosedQa:
    """`instructions` for each of the documents, each joined with its document in one of the forms `joins` by chance.

    Of a document longer than `longest` characters the beginning is used, up to the end of a sentence; what the model's
    context has no room for even so becomes an error row. The joining by hand-written forms is that of the technical
    report, section 3.2.1.
    """

    documents: Source
    text: str = "text"  # the column with the document: a text, or the rows of a table
    name: str = "id"  # the column that says which document it is
    quota: int | None = None
    instructions: int = 3
    longest: int = 12_000
    ask: str = "closed_qa/instructions"
    joins: tuple[str, ...] = JOINS

    needs = frozenset({"writer"})

    @property
    def seeds(self) -> int:
        """One for each document."""
        return len(self.documents.rows(*self._columns))

    @property
    def per_seed(self) -> int:
        """One for each instruction."""
        return self.instructions

    def check(self) -> None:
        """Raise `Refused` for documents that cannot be read, a template that does not fit, or no room."""
        template(self.ask, "n", "document")
        for join in self.joins:
            template(join, "document", "instruction")
        if min(self.instructions, self.longest, len(self.joins)) < 1:
            raise Refused("prompts.closed_qa: instructions and longest must be at least 1, and joins must name a form")
        self.documents.check(self.text)

    @property
    def _columns(self) -> tuple[str, ...]:
        return self.text, self.name

    def open(self, means: Means) -> Program:
        """From the number of a document to the prompts about it."""
        wanted = template(self.ask, "n", "document")

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            row = self.documents.rows(*self._columns)[number]
            document = beginning(as_text(row[self.text]), self.longest)
            made = await means.asking.items(wanted, self.instructions, chance, document=document)
            return [self._joined(one, document, number, row, chance.at("join", i)) for i, one in enumerate(made)]

        return make

    def _joined(self, made: Made, document: str, number: int, row: Mapping[str, Any], chance: Chance) -> Draft:
        """A document with one of its instructions."""
        join = template(chance.choice(self.joins), "document", "instruction")
        item, licence = row.get(self.name) or number + 1, row.get("licence") or self.documents.licence
        draft = Draft.of(made, [], source=self.documents.at, item=str(item), licence=licence)
        if made.text is None:
            return draft
        text = join.fill(document=document, instruction=made.text)
        told = {"template": f"{made.template} {join.version}", "parents": [made.text], "own": f"{item}: {made.text}"}
        return replace(draft, prompt=[{"role": "user", "content": text}], origin={**(draft.origin or {}), **told})


def as_text(value: Any) -> str:
    """A document as it is, and the rows of a table as Markdown."""
    if isinstance(value, str):
        return value.strip()
    rows = [list(value[0]), ["---"] * len(value[0]), *(list(row.values()) for row in value)]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def beginning(text: str, longest: int) -> str:
    """As many whole sentences or lines as there is room for; of one that is too long by itself, its beginning."""
    if len(text) <= longest:
        return text
    ends = [match.end() for match in END.finditer(text[: longest + 1])]
    return text[: ends[-1] if ends else longest].strip()
