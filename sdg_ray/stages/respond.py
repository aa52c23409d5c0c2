"""Answer every prompt `n` times. The n candidates of a prompt are one request, so its prefix is read once.

Several generators are as many steps, each with a name and a pool of its own; `gather` puts their answers together.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sdg_ray.engines import BadRow, Engine, Sampling, Session
from sdg_ray.errors import Refused
from sdg_ray.record import RESPONSES, Chat, candidate_seed, hashed, no_answer
from sdg_ray.stage import Columns


@dataclass(frozen=True, kw_only=True)
class Respond:
    """`n` candidates to every prompt from one engine, seeded from the row's id; a prompt with an error has none.

    One of several generators has a `name`, and its columns carry it. With `among` each prompt is answered by `take` of
    the generators named there, drawn by its id: many models in a set without the price of all for every prompt.
    """

    engine: Engine
    n: int = 4
    seed: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    name: str = ""
    among: Sequence[str] = ()
    take: int = 1

    reads = ("prompt", "error")

    @property
    def writes(self) -> pa.Schema:
        """The answers, in columns that carry the generator's name where it has one."""
        ending = f"_{self.name}" if self.name else ""
        return pa.schema([each.with_name(f"{each.name}{ending}") for each in RESPONSES])

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""
        if self.n < 1:
            raise Refused(f"n must be at least 1, not {self.n}")
        if self.among and (self.name not in self.among or not 1 <= self.take <= len(self.among)):
            names = ", ".join(self.among)
            raise Refused(f"generator {self.name!r} is one of take={self.take} among {names}: that cannot be")
        self.engine.check(self.sampling.max_tokens)

    def open(self) -> Columns:
        """The function, with its model loaded."""
        session = self.engine.start()

        async def respond(table: pa.Table) -> pa.Table:
            rows = table.select(["prompt_id", *self.reads]).to_pylist()
            made = await asyncio.gather(*(self._row(session, **row) for row in rows))
            return pa.Table.from_pylist(made, schema=RESPONSES).rename_columns(self.writes.names)

        return respond

    async def _row(self, session: Session, prompt_id: str, prompt: Chat, error: str | None) -> Mapping[str, Any]:
        if error is not None or not self._drawn(prompt_id):
            return {"responses": [], "answered": []}
        seed = candidate_seed(self.seed, "respond", prompt_id)
        try:
            answers = await session.generate(prompt, self.n, seed, self.sampling)
        except BadRow as bad:
            answered = [no_answer(self.engine.model, seed + i, str(bad)) for i in range(self.n)]
            return {"responses": [[{"role": "assistant", "content": ""}]] * self.n, "answered": answered}
        return {
            "responses": [[{"role": "assistant", "content": answer.text}] for answer in answers.candidates],
            "answered": [
                {
                    "model": self.engine.model,
                    "seed": seed + i,
                    "finish": answer.finish,
                    "prompt_tokens": answers.prompt_tokens,
                    "tokens": answer.tokens,
                    "error": answer.error,
                }
                for i, answer in enumerate(answers.candidates)
            ],
        }

    def _drawn(self, prompt_id: str) -> bool:
        """Whether this generator is among those that answer a prompt; all of them draw alike, whatever their seeds."""
        if not self.among:
            return True
        chance = random.Random(hashed("generators", prompt_id))
        return self.name in chance.sample(sorted(self.among), self.take)
