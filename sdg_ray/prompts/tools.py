"""Tools that an assistant may call: read from a file, described to a model, and calls of them checked.

{"name": "get_tide", "description": "Time of high tide in a town", "parameters": {... JSON schema ...}}
checked_call(reference, '{"name": "get_tide", "arguments": {"town": "Tolland"}}')  ->  None: nothing is wrong
checked_call(reference, '{"name": "get_tide", "arguments": {}}')  ->  "arguments: 'town' is a required property"
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdg_ray.errors import Refused
from sdg_ray.prompts.files import text_in

Tool = Mapping[str, Any]
FENCED = re.compile(r"\s*```\w*\n(.*)\n\s*```\s*", re.DOTALL)


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


def checked_call(reference: str, answer: str) -> str | None:
    """Why an answer is no valid call of the expected tool; None where it is one.

    The whole answer has to be the call, bare or in a code fence. An argument that the tool does not know is wrong,
    unless its schema allows others.
    """
    known = json.loads(reference)
    fenced = FENCED.fullmatch(answer)
    try:
        call = json.loads(fenced[1] if fenced else answer)
    except (ValueError, RecursionError):
        return "no call: not JSON"
    if not isinstance(call, dict) or call.keys() != {"name", "arguments"}:
        return "no call: not an object with a name and arguments"
    tools = {tool["name"]: tool for tool in known["tools"]}
    if call["name"] != known["tool"]:
        there = isinstance(call["name"], str) and call["name"] in tools
        return f"{'wrong' if there else 'unknown'} tool: {call['name']!r}, not {known['tool']!r}"
    return _wrong(tools[known["tool"]]["parameters"], call["arguments"])


def _wrong(schema: Mapping[str, Any], arguments: Any) -> str | None:
    """The first thing that is wrong with arguments."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator({"additionalProperties": False, **schema}).iter_errors(arguments))
    return f"{'.'.join(['arguments', *map(str, error.absolute_path)])}: {error.message}" if error else None


def _validator(schema: Mapping[str, Any]) -> Any:
    """What checks values by a schema; it brings nothing from elsewhere."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from referencing import Registry

    return validator_for(schema, default=Draft202012Validator)(schema, registry=Registry())


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
        _validator(schema).check_schema(schema)
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
