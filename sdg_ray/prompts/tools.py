"""Tools that an assistant may call: read from a file, and described to a model.

{"name": "get_tide", "description": "Time of high tide in a town", "parameters": {... JSON schema ...}}

Calls are checked against what `reference` makes of them by `sdg_ray.calls.checked_call`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdg_ray.calls import validator
from sdg_ray.errors import Refused
from sdg_ray.prompts.files import text_in

Tool = Mapping[str, Any]


def tools_in(name: str, family: str) -> list[Tool]:
    """The tools in a JSON file.

    Raises:
        Refused: it is no list of tools, two have one name, or a tool's parameters are no JSON schema of an object.
    """
    at = f"prompts.{family}: {name}"
    try:
        tools = json.loads(text_in(name, family))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{at} is not JSON: {error}") from error
    if not isinstance(tools, list) or not tools:
        raise Refused(f"{at} must be a list of tools, with at least one")
    for number, tool in enumerate(tools, 1):
        _check(f"{at}: tool {number}", tool)
    names = [tool["name"] for tool in tools]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"{at}: there are two tools with the name {twice[0]!r}; give one another")
    return tools


def written(tool: Tool) -> str:
    """A tool as JSON on one line, as models are shown it."""
    return json.dumps(tool, ensure_ascii=False, separators=(",", ":"))


def reference(expected: Tool, tools: Sequence[Tool]) -> str:
    """What an answer is checked against: the tool that is needed, among those there are."""
    return json.dumps({"tool": expected["name"], "tools": list(tools)}, ensure_ascii=False)


def _check(at: str, tool: Any) -> None:
    """Raise `Refused` for what is no tool."""
    if not isinstance(tool, dict) or not {"name", "description", "parameters"} <= tool.keys():
        raise Refused(f"{at} must be an object with name, description and parameters")
    for key in ("name", "description"):
        if not isinstance(tool[key], str) or not tool[key].strip():
            raise Refused(f"{at}: its {key} must be a text")
    if not isinstance(tool["parameters"], dict) or tool["parameters"].get("type") != "object":
        raise Refused(f"{at} ({tool['name']}): its parameters must be a JSON schema of the type object")
    _check_schema(f"{at} ({tool['name']})", tool["parameters"])


def _check_schema(at: str, schema: Mapping[str, Any]) -> None:
    """Raise `Refused` where a schema is not valid, or points to what is not in it."""
    from jsonschema import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    try:
        validator(schema).check_schema(schema)
    except SchemaError as error:
        raise Refused(f"{at}: its parameters are no JSON schema: {error.message}") from error
    resolver = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver()
    for pointer in _pointers(schema):
        try:
            resolver.lookup(pointer)
        except Unresolvable as error:
            raise Refused(f"{at}: its parameters point to {pointer!r}, which is not in them") from error


def _pointers(schema: Any) -> Iterator[str]:
    """Where a schema points to, wherever it does."""
    if isinstance(schema, dict):
        if isinstance(pointer := schema.get("$ref"), str):
            yield pointer
        for value in schema.values():
            yield from _pointers(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _pointers(value)
