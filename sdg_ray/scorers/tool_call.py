"""Whether an answer is a valid call of the expected tool, with the expected arguments where the reference has them.

reference {"tool": "get_tide", "tools": [...]}                    any arguments that fit the tool's schema
reference {..., "arguments": {"town": "Tolland"}}                 these
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sdg_ray.calls import Unusable, checked_call, is_schema, json_in
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, text_of


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """1 for a valid call of the expected tool, 0 for anything else; no score where the reference names no tool.

    The parts: whether the tool is right, whether the arguments are, and the first thing that is wrong.
    """

    name: str = "tool_call"

    parts = pa.struct([("tool", pa.float32()), ("arguments", pa.float32()), ("reason", pa.string())])

    def check(self) -> None:
        """Nothing can be wrong."""

    def start(self) -> "ToolCall":
        """Nothing is loaded."""
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The calls of one prompt."""
        known = _known(reference)
        if known is None or reference is None:
            return [Opinion(score=None) for _ in responses]
        return [_opinion(reference, known, text_of(response)) for response in responses]


def _known(reference: str | None) -> Mapping[str, Any] | None:
    """A reference that names a tool and describes it; None for any other."""
    try:
        known = json.loads(reference or "")
        tools = {tool["name"]: tool["parameters"] for tool in known["tools"]}
        schema = tools[known["tool"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    fits = isinstance(schema, dict) and is_schema(schema) and isinstance(known.get("arguments", {}), dict)
    return known if fits else None


def _opinion(reference: str, known: Mapping[str, Any], answer: str) -> Opinion:
    try:
        reason = checked_call(reference, answer)
    except Unusable:
        return Opinion(score=None)
    if reason is None and "arguments" in known and not equal(known["arguments"], json_in(answer)["arguments"]):
        reason = "arguments: not the expected ones"
    tool = reason is None or reason.startswith("arguments")
    parts = {"tool": float(tool), "arguments": float(reason is None), "reason": reason}
    return Opinion(score=float(reason is None), parts=parts)


def equal(expected: Any, found: Any) -> bool:
    """Whether two values of JSON are the same: 1 is 1.0 but not true, and spaces around a text do not count."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(equal(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(equal, expected, found))
    if isinstance(expected, str) and isinstance(found, str):
        return expected.strip() == found.strip()
    return isinstance(expected, bool) == isinstance(found, bool) and expected == found
