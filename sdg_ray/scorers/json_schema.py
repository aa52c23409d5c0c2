"""Whether an answer is JSON, bare or in a code fence, that fits the schema in the reference.

reference {"type": "object", "required": ["town"]}:  '{"town": "Tolland"}' -> 1.0,  '{"city": 1}' -> 0.0
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sdg_ray.calls import Unusable, is_schema, json_in, wrong
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, text_of

DEMANDS = frozenset(
    "$ref allOf anyOf oneOf not const enum type properties required additionalProperties patternProperties items "
    "prefixItems contains minItems maxItems minProperties maxProperties minimum maximum minLength maxLength pattern "
    "if propertyNames dependentRequired".split()
)
"""A schema has one of these; any other JSON would be one that everything fits."""


@dataclass(frozen=True, kw_only=True)
class JsonSchema:
    """1 for JSON that fits the schema, 0 for what does not or is no JSON; no score where the reference is no schema."""

    name: str = "json_schema"

    parts = pa.struct([("reason", pa.string())])

    def check(self) -> None:
        """Nothing can be wrong."""

    def start(self) -> "JsonSchema":
        """Nothing is loaded."""
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The answers to one prompt, by its schema."""
        schema = _schema(reference)
        if schema is None:
            return [Opinion(score=None) for _ in responses]
        return [_opinion(schema, text_of(response)) for response in responses]


def _schema(reference: str | None) -> Mapping[str, Any] | None:
    """The schema that a reference is; None where it is none."""
    try:
        found = json.loads(reference or "")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and DEMANDS & found.keys() and is_schema(found) else None


def _opinion(schema: Mapping[str, Any], answer: str) -> Opinion:
    try:
        reason = wrong(schema, json_in(answer), "answer")
    except Unusable:
        return Opinion(score=None)
    except ValueError as error:
        reason = f"not JSON: {error}"
    return Opinion(score=float(reason is None), parts={"reason": reason})
