"""Calls of the expected tool, by its schema and by its arguments."""

import json
from typing import Any

import pytest

from sdg_ray.scorers.tool_call import ToolCall, equal
from tests.scorers.scoring import columns, opinions, scores

TIDE = {
    "name": "get_tide",
    "description": "Time of high tide",
    "parameters": {
        "type": "object",
        "properties": {"town": {"type": "string"}, "day": {"type": "integer"}},
        "required": ["town"],
    },
}
PRICE = {"name": "get_price", "description": "Price", "parameters": {"type": "object"}}


def reference(**more: Any) -> str:
    return json.dumps({"tool": "get_tide", "tools": [PRICE, TIDE], **more})


def call(name: str = "get_tide", **arguments: Any) -> str:
    return json.dumps({"name": name, "arguments": arguments})


def test_valid_call_of_the_expected_tool_is_right() -> None:
    fenced = f"```json\n{call(town='T', day=2)}\n```"
    assert scores(ToolCall(), reference(), call(town="Tolland"), fenced) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("answer", "tool", "reason"),
    [
        ("High tide is at noon.", 0.0, "no call: not JSON"),
        ("", 0.0, "no call: not JSON"),
        (call("get_price"), 0.0, "wrong tool: 'get_price', not 'get_tide'"),
        (call("get_fish"), 0.0, "unknown tool: 'get_fish', not 'get_tide'"),
        (call(), 1.0, "arguments: 'town' is a required property"),
        (call(town="T", day="x"), 1.0, "arguments.day: 'x' is not of type 'integer'"),
        (call(town="T", boat=1), 1.0, "arguments: Additional properties are not allowed ('boat' was unexpected)"),
    ],
)
def test_what_is_wrong_stands_in_the_parts(answer: str, tool: float, reason: str) -> None:
    found = opinions(ToolCall(), reference(), answer)[0]
    assert found.score == 0.0
    assert found.parts == {"tool": tool, "arguments": 0.0, "reason": reason}


def test_arguments_that_no_file_or_float_can_hold_are_wrong() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "number", "multipleOf": 0.01}}
    known = json.dumps({"tool": "get_tide", "tools": [TIDE | {"parameters": schema}]})
    answers = (call(**{"\ud800": "x"}), '{"name": "get_tide", "arguments": {"day": 1e400}}', call(day=0.5))
    found = columns(ToolCall(), known, *answers)
    reasons = ["arguments.?: 'x' is not of type 'number'", "arguments: a number is too large", None]
    assert [each["reason"] for each in found["parts_tool_call"]] == reasons
    assert found["score_tool_call"] == [0.0, 0.0, 1.0]


def test_expected_arguments_are_compared() -> None:
    expected = reference(arguments={"town": "Tolland", "day": 2})
    answers = (call(town=" Tolland", day=2.0), call(town="Tolland"), call(town="Saltby", day=2), call(town="T", day=3))
    assert scores(ToolCall(), expected, *answers) == [1.0, 0.0, 0.0, 0.0]
    assert opinions(ToolCall(), expected, answers[1])[0].parts == {
        "tool": 1.0,
        "arguments": 0.0,
        "reason": "arguments: not the expected ones",
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, 0, False),
        ("a", " a ", True),
        ("a", "A", False),
        ([1, 2], [2, 1], False),
        ([1, [2]], [1, [2.0]], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([], {}, False),
    ],
)
def test_values_of_json(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other) is same


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        "72",
        "[]",
        "{}",
        json.dumps({"tool": "get_tide"}),
        json.dumps({"tool": "get_tide", "tools": []}),
        json.dumps({"tool": "get_tide", "tools": ["get_tide"]}),
        json.dumps({"tool": "get_tide", "tools": [{"name": "get_tide", "parameters": {"type": "place"}}]}),
        json.dumps({"tool": "get_tide", "tools": [{"name": "get_tide", "parameters": 7}]}),
        json.dumps({"tool": ["get_tide"], "tools": [TIDE]}),
        json.dumps({"tool": "get_tide", "tools": [TIDE], "arguments": 7}),
        json.dumps({"tool": "t", "tools": [{"name": "t", "parameters": {"$ref": "http://example.com/t.json"}}]}),
        "[" * 100_000,
    ],
)
def test_reference_that_names_no_tool_gives_no_score(bad: str | None) -> None:
    assert scores(ToolCall(), bad, call("t", town="T")) == [None]


def test_columns() -> None:
    found = columns(ToolCall(), reference(), call(town="T"), "no")
    assert found["score_tool_call"] == [1.0, 0.0]
    assert found["parts_tool_call"][1] == {"tool": 0.0, "arguments": 0.0, "reason": "no call: not JSON"}
