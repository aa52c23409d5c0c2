"""The answers of an evaluation's run, prompt by prompt, and what can be said of answers to anything.

    prompts = asyncio.run(answered(recipe, store))
    shown(prompts)      finished, tokens, distinct-2

It reads the Parquet files of the run alone, so that anybody can count again. An answer that could not be had is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.errors import Refused
from sdg_ray.evaluate.figure import Figure, Groups, mean, moving, share
from sdg_ray.recipe import FIRST, Recipe
from sdg_ray.scorers import text_of
from sdg_ray.store import Store
from sdg_ray.unique.spread import distinct

PROMPT = ("prompt", "reference", "origin")
ANSWERS = ("responses", "answered")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A prompt with its answers: their texts, how they ended, their tokens, and their scores by scorer.

    A prompt that was drawn twice is one: its answers are no more different than those to one prompt are.
    """

    kind: str
    reference: str | None
    texts: list[str] = field(default_factory=list)
    finishes: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    scores: Mapping[str, list[float | None]]

    def add(self, row: Mapping[str, Any]) -> None:
        """The answers of a row."""
        for place, answer in enumerate(row["answered"]):
            if answer["finish"] != "error":
                self.texts.append(text_of(row["responses"][place]))
                self.finishes.append(answer["finish"])
                self.tokens.append(answer["tokens"])
                for name, scores in self.scores.items():
                    scores.append(row[name][place])


async def answered(recipe: Recipe, store: Store) -> list[Prompt]:
    """The prompts of a run that have an answer, in their order.

    Raises:
        Refused: none has.
    """
    found: dict[str, Prompt] = {}
    scores = [name for name in recipe.made_by if name.startswith("score_")]
    for shard in range(recipe.shards_of(FIRST)):
        columns = {
            name: (await store.read(recipe.made_by[name] if name not in PROMPT else FIRST, shard, [name]))[name]
            for name in (*PROMPT, *ANSWERS, *scores)
        }
        for values in zip(*(column.to_pylist() for column in columns.values()), strict=True):
            row = dict(zip(columns, values, strict=True))
            if row["answered"]:
                found.setdefault(f"{row['prompt']}", _prompt(row, scores)).add(row)
    there = [prompt for prompt in found.values() if prompt.texts]
    if not there:
        raise Refused(f"run {store.run!r} has no answer at all, so there is nothing to measure; look at its errors")
    return there


def of_score(prompts: Sequence[Prompt], scorer: str) -> Groups:
    """The scores of a scorer that could be told, prompt by prompt.

    Raises:
        Refused: there is none.
    """
    groups = [[score for score in prompt.scores[f"score_{scorer}"] if score is not None] for prompt in prompts]
    if not any(groups):
        raise Refused(f"scorer {scorer!r} could tell of no answer, so there is nothing to measure; look at its step")
    return [group for group in groups if group]


def shown(prompts: Sequence[Prompt]) -> list[Figure]:
    """The share that came to an end, the tokens of an answer, and how varied answers are (distinct-2, all together)."""
    return [
        share("finished", [[finish == "stop" for finish in prompt.finishes] for prompt in prompts]),
        mean("tokens", [prompt.tokens for prompt in prompts]),
        moving("distinct-2", _distinct, prompts, sum(len(prompt.texts) for prompt in prompts)),
    ]


def _distinct(prompts: Sequence[Prompt]) -> float:
    return distinct([text for prompt in prompts for text in prompt.texts], 2) or 0.0


def _prompt(row: Mapping[str, Any], scores: Sequence[str]) -> Prompt:
    kind = ((row["origin"] or {}).get("path") or [""])[0]
    return Prompt(kind=kind, reference=row["reference"], scores={name: [] for name in scores})
