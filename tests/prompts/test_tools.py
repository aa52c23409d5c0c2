"""Files of tools, and calls that are checked against them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from referencing.exceptions import Unresolvable

from sdg_ray.errors import Refused
from sdg_ray.prompts.tools import checked_call, reference, tools_in, written

TIDE: dict[str, Any] = {
    "name": "get_tide",
    "description": "Time of high tide",
    "parameters": {
        "type": "object",
        "properties": {
            "town": {"type": "string"},
            "day": {"enum": ["today", "tomorrow"]},
            "at": {"$ref": "#/$defs/place"},
        },
        "required": ["town"],
        "$defs": {"place": {"type": "array", "items": {"type": "number"}, "minItems": 2}},
    },
}
PRICE: dict[str, Any] = {"name": "get_price", "description": "Price", "parameters": {"type": "object"}}
EXPECTED = reference(TIDE, [PRICE, TIDE])


def call(name: Any = "get_tide", **arguments: Any) -> str:
    return json.dumps({"name": name, "arguments": arguments})


@pytest.mark.parametrize(
    "answer",
    [
        call(town="Tolland"),
        call(town="Tolland", day="today", at=[1.5, 2]),
        f"\n{call(town='Tolland')}\n",
        f"```json\n{call(town='Tolland')}\n```",
        json.dumps({"arguments": {"town": "Tolland"}, "name": "get_tide"}, indent=2),
    ],
)
def test_valid_call_of_the_expected_tool_has_nothing_wrong(answer: str) -> None:
    assert checked_call(EXPECTED, answer) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("High tide is at noon.", "no call: not JSON"),
        (f"Here you are: {call(town='Tolland')}", "no call: not JSON"),
        ("", "no call: not JSON"),
        ("[" * 100_000, "no call: not JSON"),
        ("[]", "no call: not an object with a name and arguments"),
        ('{"name": "get_tide"}', "no call: not an object with a name and arguments"),
        ('{"name": "get_tide", "arguments": {"town": "T"}, "x": 1}', "no call: not an object with a name and"),
        (call("get_price"), "wrong tool: 'get_price', not 'get_tide'"),
        (call("get_fish"), "unknown tool: 'get_fish', not 'get_tide'"),
        (call(["get_tide"]), "unknown tool: ['get_tide'], not 'get_tide'"),
        ('{"name": "get_tide", "arguments": "Tolland"}', "arguments: 'Tolland' is not of type 'object'"),
        (call(), "arguments: 'town' is a required property"),
        (call(town=7), "arguments.town: 7 is not of type 'string'"),
        (call(town="Tolland", day="Monday"), "arguments.day: 'Monday' is not one of ['today', 'tomorrow']"),
        (call(town="Tolland", at=[1, "x"]), "arguments.at.1: 'x' is not of type 'number'"),
        (call(town="Tolland", boat="x"), "arguments: Additional properties are not allowed ('boat' was unexpected)"),
    ],
)
def test_what_is_no_such_call_has_a_reason(answer: str, reason: str) -> None:
    found = checked_call(EXPECTED, answer)
    assert found is not None and found.startswith(reason)


def test_schema_may_allow_arguments_that_it_does_not_name() -> None:
    open_ended = {**PRICE, "parameters": {"type": "object", "additionalProperties": True}}
    assert checked_call(reference(open_ended, [open_ended]), call("get_price", anything=1)) is None
    assert checked_call(reference(PRICE, [PRICE]), call("get_price", anything=1)) is not None


def test_nothing_is_brought_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "town.json").write_text('{"type": "string"}')
    parameters = {"type": "object", "properties": {"town": {"$ref": (tmp_path / "town.json").as_uri()}}}
    elsewhere = {**TIDE, "parameters": parameters}
    with pytest.raises(Unresolvable):
        checked_call(reference(elsewhere, [elsewhere]), call(town="Tolland"))


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner)).map(json.dumps))
def test_whatever_is_answered_no_exception_comes_out(answer: str) -> None:
    assert checked_call(EXPECTED, answer) is not None


def file(folder: Path, content: Any) -> str:
    path = folder / "tools.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_tools_are_read_and_written_on_one_line(tmp_path: Path) -> None:
    tools = tools_in(file(tmp_path, [TIDE, PRICE]), "function_calling")
    assert tools == [TIDE, PRICE]
    assert json.loads(written(tools[0])) == TIDE and "\n" not in written(tools[0])


def test_tools_of_the_package_can_be_called() -> None:
    tools = tools_in("function_calling/tools.json", "function_calling")
    assert len(tools) >= 4
    for tool in tools:
        assert checked_call(reference(tool, tools), call(tool["name"], nothing=1)) is not None


def _tide(**parameters: Any) -> list[Any]:
    return [{**TIDE, "parameters": {"type": "object", **parameters}}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[", "is not JSON"),
        ({}, "must be a list of tools"),
        ([], "with at least one"),
        ([TIDE, "get_price"], "tool 2 must be an object with name, description and parameters"),
        ([{"name": "x", "description": "y"}], "tool 1 must be an object with name, description and parameters"),
        ([{**TIDE, "name": ""}], "its name must be a text"),
        ([{**TIDE, "description": 7}], "its description must be a text"),
        ([TIDE, PRICE, TIDE], "there are two tools with the name 'get_tide'"),
        ([{**TIDE, "parameters": {"type": "string"}}], "must be a JSON schema of the type object"),
        ([{**TIDE, "parameters": []}], "must be a JSON schema of the type object"),
        (_tide(required="town"), r"tool 1 \(get_tide\): its parameters are no JSON schema"),
        (_tide(properties={"town": {"type": "place"}}), "are no JSON schema: 'place' is not valid"),
        (_tide(properties={"town": {"$ref": "#/$defs/none"}}), "point to '#/.defs/none', which is not in them"),
        (_tide(properties={"town": {"$ref": "http://example.com/town.json"}}), "point to 'http://example.com/town"),
    ],
)
def test_file_that_has_no_usable_tools_is_refused(tmp_path: Path, content: Any, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        tools_in(file(tmp_path, content), "function_calling")
