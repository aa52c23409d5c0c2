"""HelpSteer2's validation: how near a reward model's five attributes come to what people gave.

    {prompt, response, helpfulness: 3, correctness: 4, coherence: 4, complexity: 2, verbosity: 1}       one row

A prompt of several turns has the marks of Nemotron's chat format between them, which are read as turns:

    Name an island.<newline><extra_id_1>Assistant<newline>Farholm.<newline><extra_id_1>User<newline>And another?
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, mean
from typing import Any

import pyarrow as pa

from sdg_ray.judges.benchmark import Question, answer, items
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.shapes import to_answer
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, Scorer
from sdg_ray.scorers.reward_model import ATTRIBUTES

COLUMNS = ("prompt", "response", *ATTRIBUTES)
TURN = re.compile(r"\n?<extra_id_1>(User|Assistant)\n")


@dataclass(frozen=True, kw_only=True)
class Graded:
    """One row: an answer, and the five attributes as people gave them."""

    prompt: Chat
    response: Chat
    labels: Mapping[str, float]

    @property
    def question(self) -> Question:
        """What a scorer is asked."""
        return self.prompt, (self.response,)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How near a model comes in one attribute; `pearson` is None where the labels or the values are all the same."""

    attribute: str
    pearson: float | None
    error: float | None  # the mean squared one
    label_mean: float | None
    value_mean: float | None


def graded(source: Source) -> list[Graded]:
    """The rows of the benchmark. Raises `Refused` where a row is not what it must be."""
    return items(source, COLUMNS, _graded)


def gives_attributes(scorer: Scorer) -> bool:
    """Whether a scorer's parts are the five attributes."""
    parts = scorer.parts
    return isinstance(parts, pa.StructType) and all(parts.get_field_index(name) >= 0 for name in ATTRIBUTES)


def fits(asked: Sequence[Graded], opinions: Sequence[Sequence[Opinion]]) -> tuple[list[Fit], int]:
    """How near the attributes come, one by one, and how many answers the model could not read."""
    both = ((each.labels, opinion.parts) for each, (opinion,) in zip(asked, opinions, strict=True))
    read = [(labels, parts) for labels, parts in both if isinstance(parts, Mapping)]
    found = [
        _fit(name, [labels[name] for labels, _ in read], [parts[name] for _, parts in read]) for name in ATTRIBUTES
    ]
    return found, len(asked) - len(read)


def turns(prompt: str) -> Chat:
    """A prompt as HelpSteer2 writes it, which begins with the user's turn, as a conversation."""
    first, *others = TURN.split(prompt)
    later = zip(others[::2], others[1::2], strict=True)
    return [{"role": role.lower(), "content": text} for role, text in (("user", first), *later)]


def _graded(row: Mapping[str, Any]) -> Graded:
    prompt = row["prompt"]
    return Graded(
        prompt=to_answer(turns(prompt) if isinstance(prompt, str) else prompt),
        response=answer(row["response"]),
        labels={name: _label(row, name) for name in ATTRIBUTES},
    )


def _label(row: Mapping[str, Any], name: str) -> float:
    label = row[name]
    if isinstance(label, bool) or not isinstance(label, int | float) or not 0 <= label <= 4:
        raise ValueError(f"has {name} {label!r}, not a number from 0 to 4")
    return float(label)


def _fit(attribute: str, labels: Sequence[float], values: Sequence[float]) -> Fit:
    return Fit(
        attribute=attribute,
        pearson=_pearson(labels, values),
        error=mean((a - b) ** 2 for a, b in zip(labels, values, strict=True)) if labels else None,
        label_mean=mean(labels) if labels else None,
        value_mean=mean(values) if values else None,
    )


def _pearson(labels: Sequence[float], values: Sequence[float]) -> float | None:
    try:
        return correlation(labels, values)
    except StatisticsError:  # fewer than two, or all the same
        return None
