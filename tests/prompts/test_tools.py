"""Files of tools."""

import json
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.calls import checked_call
from sdg_ray.errors import Refused
from sdg_ray.prompts.tools import reference, tools_in, written
from tests.test_calls import PRICE, TIDE


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
        call = {"name": tool["name"], "arguments": {"nothing": 1}}
        assert checked_call(reference(tool, tools), json.dumps(call)) is not None


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
