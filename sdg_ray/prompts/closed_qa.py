"""Closed questions: instructions about a document, put together with it, so that the answer can lean on what it says.

    The tide comes in twice a day. ...  ->  The tide comes in twice a day. ...
                                            Explain to a child why there are two tides.

Documents and tables for questions whose answers stand in them are the same program with other templates
(conf/prompts/document_qa.yaml).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Made
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.documents import document
from sdg_ray.prompts.sources.rows import Rows
from sdg_ray.record import Chat
from sdg_ray.template import template, worded

JOINS = tuple(f"closed_qa/join_{form}" for form in ("above", "below", "text", "read"))


@dataclass(frozen=True, kw_only=True)
class ClosedQa:
    """`instructions` for each of the documents, each joined with its document in one of the forms `joins` by chance.

    Of a document longer than `longest` characters the beginning is used, up to the end of a sentence; what the model's
    context has no room for even so, counted in tokens, becomes an error row with the model's words. The joining by
    hand-written forms is that of the technical report, section 3.2.1.
    """

    documents: Source
    text: str = "text"  # the column with the document: a text, or the rows of a table
    quota: int | None = None
    instructions: int = 3
    longest: int = 12_000
    ask: str = worded("closed_qa/instructions")
    joins: tuple[str, ...] = worded(JOINS)

    needs = frozenset({"writer"})

    @property
    def seeds(self) -> int:
        """One for each document."""
        return len(self._rows)

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

    def open(self, means: Means) -> Program:
        """From the number of a document to the prompts about it."""
        wanted = template(self.ask, "n", "document")

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            row: Any = None
            try:
                row = self._rows[number]
                text = document(row, self.text, self.longest)
            except (ValueError, IndexError) as error:
                wrong = f"unusable document: {self.documents.where(number)}: {error}"
                return [Draft(prompt=[], error=wrong, origin=self.documents.origin(number, row))] * self.instructions
            made = await means.asking.items(wanted, self.instructions, chance, document=text)
            origin = self.documents.origin(number, row)
            return [self._joined(one, text, origin, chance.at("join", i)) for i, one in enumerate(made)]

        return make

    @property
    def _rows(self) -> Rows:
        return self.documents.rows(self.text)

    def _joined(self, made: Made, text: str, origin: Mapping[str, Any], chance: Chance) -> Draft:
        """A document with one of its instructions."""
        draft = Draft.of(made, **origin)
        if made.text is None:
            return draft
        join = template(chance.choice(self.joins), "document", "instruction")
        prompt: Chat = [{"role": "user", "content": join.fill(document=text, instruction=made.text)}]
        own = f"{origin['item']}: {made.text}"
        told = {"template": f"{made.template} {join.version}", "parents": [made.text], "own": own}
        return replace(draft, prompt=prompt, origin={**(draft.origin or {}), **told})
