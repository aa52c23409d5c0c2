"""Calls of tools, and JSON that is held to a schema: read from an answer, and checked.

checked_call(reference, '{"name": "get_tide", "arguments": {"town": "Tolland"}}')  ->  None: nothing is wrong
checked_call(reference, '{"name": "get_tide", "arguments": {}}')  ->  "arguments: 'town' is a required property"
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from sdg_ray.record import storable

FENCED = re.compile(r"\s*```\w*\n(.*)\n\s*```\s*", re.DOTALL)
DEEPEST = 100
"""Levels of lists and objects that an answer may have; a schema is followed down some four calls for each."""


class Unusable(Exception):
    """A schema says nothing about a value: it points to what is not in it, or to itself without end."""


def json_in(answer: str) -> Any:
    """What an answer is that is JSON as a whole, bare or in a code fence.

    Raises:
        ValueError: it is not JSON, or is nested too deeply, or has a number that JSON does not know.
    """
    fenced = FENCED.fullmatch(answer)
    try:
        found = json.loads(fenced[1] if fenced else answer, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    level = [found]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    if any(isinstance(left, (dict, list)) for left in level):
        raise ValueError("nested too deeply")
    return found


def checked_call(reference: str, answer: str) -> str | None:
    """Why an answer is no valid call of the expected tool; None where it is one.

    The whole answer has to be the call, bare or in a code fence. An argument that the tool does not know is wrong,
    unless its schema allows others.

    Raises:
        Unusable: the tool's schema says nothing about the arguments.
    """
    known = json.loads(reference)
    try:
        call = json_in(answer)
    except ValueError:
        return "no call: not JSON"
    if not isinstance(call, dict) or call.keys() != {"name", "arguments"}:
        return "no call: not an object with a name and arguments"
    tools = {tool["name"]: tool for tool in known["tools"]}
    if call["name"] != known["tool"]:
        there = isinstance(call["name"], str) and call["name"] in tools
        return f"{'wrong' if there else 'unknown'} tool: {call['name']!r}, not {known['tool']!r}"
    schema = {"additionalProperties": False, **tools[known["tool"]]["parameters"]}
    return wrong(schema, call["arguments"], "arguments")


def wrong(schema: Mapping[str, Any], value: Any, at: str) -> str | None:
    """The first thing that is wrong with a value by a schema, and where in `at` it is; None where nothing is.

    Raises:
        Unusable: the schema says nothing about the value.
    """
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(validator(schema).iter_errors(value))
    except (Unresolvable, RecursionError) as nothing:
        raise Unusable(f"{at}: the schema points to what is not in it, or to itself without end") from nothing
    except OverflowError:
        return f"{at}: a number is too large"
    return storable(f"{'.'.join([at, *map(str, error.absolute_path)])}: {error.message}") if error else None


def validator(schema: Mapping[str, Any]) -> Any:
    """What checks values by a schema; it brings nothing from elsewhere."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from referencing import Registry

    return validator_for(schema, default=Draft202012Validator)(schema, registry=Registry())


def is_schema(schema: Mapping[str, Any]) -> bool:
    """Whether this is a valid JSON schema."""
    from jsonschema import SchemaError

    try:
        validator(schema).check_schema(schema)
    except (SchemaError, RecursionError):
        return False
    return True


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
