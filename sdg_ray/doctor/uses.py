"""Where a recipe uses models: found by looking through its dataclasses, so that a new stage or scorer needs no entry.

uses(recipe)   ->  [Use(step="responses", holder=Respond(...), engine=Vllm(...), answer_tokens=160), ...]
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sdg_ray.engines import Sampling
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.vllm import Vllm
from sdg_ray.recipe import FIRST, TOPICS, UNIQUE, Recipe


@dataclass(frozen=True, kw_only=True)
class Use:
    """A model in a step: the stage, scorer or writer that holds it, and the longest answer it is asked for."""

    step: str
    holder: Any
    engine: Any
    answer_tokens: int = 0


def uses(recipe: Recipe) -> list[Use]:
    """Every use of a model, in the order of the steps."""
    parts: dict[str, Any] = {FIRST: recipe.prompts, UNIQUE: recipe.unique, **recipe.stages}
    if recipe.prompts.topics:
        parts[TOPICS] = recipe.prompts.writer
    return [use for step in recipe.steps for use in _within(parts[step], step)]


def on_vllm(recipe: Recipe) -> list[Use]:
    """The uses of models that workers load."""
    return [use for use in uses(recipe) if isinstance(use.engine, Vllm)]


def endpoints(recipe: Recipe) -> list[Endpoint]:
    """The models behind addresses, each once."""
    return different([use.engine for use in uses(recipe) if isinstance(use.engine, Endpoint)])


def different(things: list[Any]) -> list[Any]:
    """The things that are not equal to an earlier one; they need not be hashable."""
    return [thing for i, thing in enumerate(things) if thing not in things[:i]]


def _within(value: Any, step: str) -> Iterator[Use]:
    """The uses in a value and all that it is made of."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _within(each, step)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            part = getattr(value, field.name)
            if isinstance(part, Vllm | Endpoint):
                yield Use(step=step, holder=value, engine=part, answer_tokens=_answer_tokens(value, field.name))
            else:
                yield from _within(part, step)


def _answer_tokens(holder: Any, field: str) -> int:
    """The longest answer: from the sampling settings of the field's own name, else from the holder's only ones."""
    sampling = getattr(holder, f"{field}_sampling", None) or getattr(holder, "sampling", None)
    return sampling.max_tokens if isinstance(sampling, Sampling) else 0
