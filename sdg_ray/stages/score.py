"""Ask one scorer's opinion of every candidate, in columns of its own."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from sdg_ray.record import Chat, kind
from sdg_ray.scorers import Opinion, Scorer, Scoring
from sdg_ray.stage import Columns

LARGEST = 3.4e38  # what the column can hold, a float32


@dataclass(frozen=True, kw_only=True)
class Score:
    """One score for each candidate, null where the scorer cannot tell or there is no answer to judge.

    With `families` only the prompts of these are scored: a reference alone does not tell a verifier that it is its own.
    """

    scorer: Scorer
    families: Sequence[str] = ()

    reads = ("family", "prompt", "reference", "responses", "answered")

    @property
    def writes(self) -> pa.Schema:
        """The score and, where the scorer has them, its parts."""
        fields = [pa.field(f"score_{self.scorer.name}", pa.list_(pa.float32()))]
        if self.scorer.parts is not None:
            fields.append(pa.field(f"parts_{self.scorer.name}", pa.list_(self.scorer.parts)))
        return pa.schema(fields)

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""
        self.scorer.check()

    def open(self) -> Columns:
        """The function, with the scorer started."""
        scoring = self.scorer.start()

        async def score(table: pa.Table) -> pa.Table:
            rows = await asyncio.gather(*(self._row(scoring, **row) for row in table.select(self.reads).to_pylist()))
            columns: dict[str, list[Any]] = {self.writes.names[0]: [[opinion.score for opinion in row] for row in rows]}
            if self.scorer.parts is not None:
                columns[self.writes.names[1]] = [[opinion.parts for opinion in row] for row in rows]
            return pa.table(
                columns, schema=self.writes.with_metadata(_told(opinion for row in rows for opinion in row))
            )

        return score

    async def _row(
        self, scoring: Scoring, family: str, prompt: Chat, reference: str | None, **candidates: list[Any]
    ) -> list[Opinion]:
        """The opinions of one row's candidates; none of those that are no answers, nor of another family's."""
        responses, answered = candidates["responses"], candidates["answered"]
        opinions = [Opinion(score=None) for _ in responses]
        there = [i for i, answer in enumerate(answered) if answer["finish"] != "error"]
        if there and (not self.families or family in self.families):
            found = await scoring.score(prompt, [responses[i] for i in there], reference)
            for i, opinion in zip(there, found, strict=True):
                opinions[i] = _placed(_held(opinion), there)
        return opinions


def _told(opinions: Iterable[Opinion]) -> dict[str, str]:
    """What the file's footer counts: the tokens read, and by its kind each score that could not be had."""
    told = Counter({"tokens_in": 0})
    for opinion in opinions:
        told["tokens_in"] += opinion.tokens
        if opinion.error:
            told[f"unscored:{kind(opinion.error)}"] += 1
    return {name: str(count) for name, count in told.items()}


def _held(opinion: Opinion) -> Opinion:
    """A score that its column cannot hold, such as a NaN, would pass filters and win pairs: it is none."""
    if opinion.score is None or abs(opinion.score) <= LARGEST:
        return opinion
    return replace(opinion, score=None, error=f"score: {opinion.score} is no finite number")


def _placed(opinion: Opinion, there: Sequence[int]) -> Opinion:
    """An opinion that compares names the other candidate by its place in the row; the scorer saw only the answers."""
    if not isinstance(opinion.parts, list):
        return opinion
    return replace(opinion, parts=[each | {"other": there[each["other"]]} for each in opinion.parts])
