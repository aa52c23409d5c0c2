"""Answers that are held to a JSON schema."""

import json

import pytest

from sdg_ray.scorers.json_schema import JsonSchema
from tests.scorers.scoring import columns, opinions, scores

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"town": {"type": "string"}, "boats": {"type": "integer", "minimum": 0}},
        "required": ["town"],
        "additionalProperties": False,
    }
)


@pytest.mark.parametrize(
    "answer",
    ['{"town": "Tolland"}', ' {"boats": 3, "town": "T"}\n', '```json\n{"town": "T"}\n```', '```\n{"town": ""}\n```'],
)
def test_json_that_fits(answer: str) -> None:
    assert scores(JsonSchema(), SCHEMA, answer) == [1.0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("{}", "answer: 'town' is a required property"),
        ('{"town": 7}', "answer.town: 7 is not of type 'string'"),
        ('{"town": "T", "boats": -1}', "answer.boats: -1 is less than the minimum of 0"),
        ('{"town": "T", "x": 1}', "answer: Additional properties are not allowed ('x' was unexpected)"),
        ('Here it is: {"town": "T"}', "not JSON: "),
        ('{"town": "T", "boats": NaN}', "not JSON: NaN is no JSON"),
        ("", "not JSON: "),
        ("[" * 100_000, "not JSON: nested too deeply"),
    ],
)
def test_what_does_not_fit_has_a_reason(answer: str, reason: str) -> None:
    found = opinions(JsonSchema(), SCHEMA, answer)[0]
    assert found.score == 0.0
    assert found.parts is not None and str(found.parts["reason"]).startswith(reason)


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "",
        "72",
        "Tolland",
        "[]",
        "{}",
        '{"solution": "def f(): pass", "tests": []}',
        '{"type": "place"}',
        '{"$ref": "http://example.com/town.json"}',
        '{"$ref": "#/$defs/none"}',
        "[" * 100_000,
    ],
)
def test_reference_that_is_no_schema_gives_no_score(reference: str | None) -> None:
    assert scores(JsonSchema(), reference, '{"town": "T"}') == [None]


def test_schema_that_holds_itself_is_no_trap() -> None:
    schema = json.dumps({"items": {"$ref": "#"}, "type": "array"})
    deep = "[" * 101 + "]" * 101
    assert scores(JsonSchema(), schema, "[[], [[]]]", "[1]", deep) == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("schema", "answer", "reason"),
    [
        ({"additionalProperties": {"type": "integer"}}, r'{"\ud800": "x"}', "answer.?: 'x' is not of type 'integer'"),
        ({"multipleOf": 0.01}, "1e400", "answer: a number is too large"),
        ({"multipleOf": 0.01}, "1" + "0" * 400, "answer: a number is too large"),
    ],
)
def test_json_that_no_file_or_float_can_hold_does_not_fit(schema: dict, answer: str, reason: str) -> None:
    found = columns(JsonSchema(), json.dumps({"type": ["object", "number"], **schema}), answer, '{"a": 1}')
    assert found["parts_json_schema"][0] == {"reason": reason} and found["score_json_schema"] == [0.0, 1.0]


def test_columns() -> None:
    found = columns(JsonSchema(), SCHEMA, '{"town": "T"}', "{}")
    assert found["score_json_schema"] == [1.0, 0.0]
    assert found["parts_json_schema"] == [{"reason": None}, {"reason": "answer: 'town' is a required property"}]
