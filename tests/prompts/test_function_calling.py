"""Requests that need a tool, with the tools in the system message and the expected one in the reference."""

import json
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.calls import checked_call
from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.prompts.function_calling import FunctionCalling
from sdg_ray.prompts.tools import tools_in, written
from sdg_ray.template import template
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of

TOOLS = tools_in("function_calling/tools.json", "function_calling")
NAMES = [tool["name"] for tool in TOOLS]
ASK = template("function_calling/requests", "n", "tool").version
SYSTEM = template("function_calling/system", "tools")


def shown(prompt: Any) -> list[Any]:
    """The tools that a system message lists."""
    return [json.loads(line) for line in prompt[0]["content"].splitlines() if line.startswith('{"name":"')]


def test_request_stands_after_a_system_message_with_its_tool_among_others() -> None:
    writer = ListWriter()
    made = drafts(FunctionCalling(requests=3), 1, writer)
    assert len({text_of(draft) for draft in made}) == 3
    assert f"this tool:\n{written(TOOLS[1])}\n" in writer.asks[0]
    for draft in made:
        assert [message["role"] for message in draft.prompt] == ["system", "user"]
        tools = shown(draft.prompt)
        assert TOOLS[1] in tools and len({tool["name"] for tool in tools}) == 4
        assert draft.prompt[0]["content"] == SYSTEM.fill(tools="\n".join(map(written, tools)))
        assert json.loads(draft.reference or "") == {"tool": NAMES[1], "tools": tools}
        assert origin_of(draft)["path"] == [NAMES[1]]
        assert origin_of(draft)["template"] == f"{ASK} {SYSTEM.version}"


def test_answer_can_be_checked_by_the_reference_alone() -> None:
    (draft,) = drafts(FunctionCalling(requests=1), NAMES.index("get_tide"))
    assert draft.reference is not None
    assert checked_call(draft.reference, '{"name": "get_tide", "arguments": {"town": "Tolland"}}') is None
    assert checked_call(draft.reference, '{"name": "get_tide", "arguments": {}}') is not None


def test_tools_take_turns_and_their_company_and_their_place_change() -> None:
    made = [drafts(FunctionCalling(requests=1), number)[0] for number in range(len(TOOLS) * 6)]
    assert [origin_of(draft)["path"][0] for draft in made] == NAMES * 6
    places = {shown(draft.prompt).index(TOOLS[0]) for draft in made[:: len(TOOLS)]}
    company = {tuple(sorted(tool["name"] for tool in shown(draft.prompt))) for draft in made[:: len(TOOLS)]}
    assert len(places) > 1 and len(company) > 1


def test_others_are_as_many_as_there_are() -> None:
    assert len(shown(drafts(FunctionCalling(others=0))[0].prompt)) == 1
    assert len(shown(drafts(FunctionCalling(others=99))[0].prompt)) == len(TOOLS)


def test_request_that_was_not_made_is_an_error_without_a_reference() -> None:
    good, bad = drafts(FunctionCalling(), 0, ListWriter(fails="short"))
    assert good.error is None and good.reference
    assert (bad.prompt, bad.reference) == ([], None) and bad.error and bad.error.startswith("short list: 1 of 2")


def test_what_is_in_the_file_is_identity_and_where_it_lies_is_not(tmp_path: Path) -> None:
    copy = tmp_path / "mine.json"
    copy.write_text(json.dumps(TOOLS[:2]))
    one = identity(FunctionCalling(tools=str(copy)))
    assert one == identity(FunctionCalling(tools=str(copy.rename(tmp_path / "moved.json"))))
    assert one != identity(FunctionCalling())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"requests": 0}, "requests must be at least 1"),
        ({"others": -1}, "others not below 0"),
        ({"ask": "persona/prompts"}, r"lacks \{tool\}"),
        ({"system": "persona/prompts"}, r"lacks \{tools\}"),
        ({"tools": "no_tools.json"}, "prompts.function_calling: no_tools.json is no text file"),
        ({"tools": "persona/people.txt"}, "persona/people.txt is not JSON"),
    ],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        FunctionCalling(**settings).check()
