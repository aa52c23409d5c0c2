"""Calls that are checked against tools, and JSON in answers."""

import gc
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.calls import Unusable, checked_call, is_schema, json_in, wrong
from sdg_ray.prompts.tools import reference

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
    with pytest.raises(Unusable):
        checked_call(reference(elsewhere, [elsewhere]), call(town="Tolland"))


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner)).map(json.dumps))
def test_whatever_is_answered_no_exception_comes_out(answer: str) -> None:
    assert checked_call(EXPECTED, answer) is not None


@pytest.mark.parametrize(
    "answer",
    ['{"a": NaN}', "Infinity", "[" * 100_000, "```json\n{}", "{} and more", "9" * 5_000, "[" * 101 + "]" * 101],
)
def test_what_is_not_json_is_refused(answer: str) -> None:
    with pytest.raises(ValueError):
        json_in(answer)


def test_deepest_answer_that_is_read_can_be_held_to_a_schema_of_itself() -> None:
    deepest = json_in("[" * 100 + "]" * 100)
    assert wrong({"items": {"$ref": "#"}, "type": "array"}, deepest, "answer") is None


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "#/$defs/none"}, {"not": {"$ref": "#"}}])
def test_schema_that_says_nothing_about_a_value_is_not_the_answers_fault(schema: dict) -> None:
    gc.collect()  # so that nothing is finalised where the stack is at its end
    with pytest.raises(Unusable, match="answer: the schema points"):
        wrong(schema, {"a": 1}, "answer")


def test_place_of_the_first_wrong_value_is_named() -> None:
    schema = {"properties": {"a": {"items": {"type": "number"}}}}
    assert wrong(schema, {"a": [1, "x"]}, "answer") == "answer.a.1: 'x' is not of type 'number'"
    assert wrong(schema, {"a": [1, 2]}, "answer") is None


def test_schema_that_is_none_is_known() -> None:
    assert is_schema({"type": "object"}) and not is_schema({"type": "place"})
