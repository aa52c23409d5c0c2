"""Prompts that people have: every line is a row, and a bad one says where it is and what is wrong with it."""

import asyncio
import datetime
import json
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.record import PROMPT


def rows(source: Given) -> list[dict[str, Any]]:
    """All rows that a source gives, through the prompts step."""
    prompts = Prompts(families={"given": source}, rows=1000)
    table = asyncio.run(prompts.open()(0))
    assert table.schema.equals(PROMPT)
    return table.to_pylist()


def written(folder: Path, *lines: bytes | str) -> str:
    file = folder / "mine.jsonl"
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return str(file)


CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello."},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Why is the sky blue?"},
]


def test_text_messages_and_references_become_prompts_in_their_order(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        '"Why is the sky blue?"',
        '{"prompt": "What is 17 + 25?", "reference": "42"}',
        json.dumps({"prompt": CHAT}),
        json.dumps({"messages": CHAT, "reference": {"answer": 42}}),
        json.dumps(CHAT),
        "",
    )

    found = rows(Given(source=source, licence="CC0-1.0"))

    assert [row["prompt"] for row in found] == [
        [{"role": "user", "content": "Why is the sky blue?"}],
        [{"role": "user", "content": "What is 17 + 25?"}],
        CHAT,
        CHAT,
        CHAT,
    ]
    assert [row["reference"] for row in found] == [None, "42", None, '{"answer": 42}', None]
    assert [row["origin"]["item"] for row in found] == ["1", "2", "3", "4", "5"]
    assert {row["origin"]["licence"] for row in found} == {"CC0-1.0"}
    assert {row["error"] for row in found} == {None}
    assert len({row["prompt_id"] for row in found}) == 5


BAD = {
    "not JSON": (b"Why is the sky blue?", "is not JSON"),
    "half a line": (b'{"prompt": "Why', "is not JSON"),
    "not UTF-8": (b'"\xff\xfe"', "is not JSON"),
    "an empty line": (b"", "is not JSON"),
    "no prompt": (b'{"question": "Why?"}', "has no 'prompt'; it has 'question'"),
    "an empty object": (b"{}", "has no 'prompt'; it has nothing"),
    "a null": (b'{"prompt": null}', "has no 'prompt'"),
    "a number": (b"17", "is int, neither text nor a list of messages"),
    "an object": (b'{"prompt": {"text": "Why?"}}', "is dict, neither text nor a list of messages"),
    "an empty text": (b'"  "', "is empty"),
    "no messages": (b"[]", "does not end with a user turn"),
    "an answer at the end": (b'[{"role": "assistant", "content": "So."}]', "does not end with a user turn"),
    "an unknown role": (b'[{"role": "tool", "content": "So."}]', "has the role 'tool'; the roles are system, user"),
    "no content": (b'[{"role": "user"}]', "has a message without role and content"),
    "a text among messages": (b'["Why?"]', "has a message without role and content"),
    "content that is no text": (b'[{"role": "user", "content": [1]}]', "has a message whose content is list, not text"),
    "half a character": (b'"\\ud800"', "surrogates not allowed"),
    "half a character in the reference": (b'{"prompt": "Why?", "reference": "\\ud800"}', "surrogates not allowed"),
    "lists in lists without end": (b"[" * 100_000, "is not JSON"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_line_is_an_error_row_that_names_file_and_line(what: str, tmp_path: Path) -> None:
    line, reason = BAD[what]

    first, second, third = rows(Given(source=written(tmp_path, '"One?"', line, '"Three?"')))

    assert second["error"].startswith("unusable prompt: mine.jsonl line 2: ")
    assert reason in second["error"]
    assert second["prompt"] == []
    assert len(second["error"]) < 300
    assert (first["error"], third["error"]) == (None, None)


LINE = st.one_of(
    st.binary(max_size=80),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("prompt", "messages", "role", "content", "reference")), inner, max_size=4
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
).map(lambda line: line.replace(b"\n", b" "))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, min_size=1, max_size=5))
def test_any_line_gives_exactly_one_row_that_is_a_prompt_or_an_error(lines: list[bytes], tmp_path: Path) -> None:
    found = rows(Given(source=written(tmp_path, *lines, '"last"')))

    assert len(found) == len(lines) + 1
    for row in found:
        assert bool(row["error"]) == (row["prompt"] == [])
        assert row["error"] or row["prompt"][-1]["role"] == "user"


def test_parquet_of_texts_and_of_messages(tmp_path: Path) -> None:
    texts, chats = tmp_path / "texts.parquet", tmp_path / "chats.parquet"
    pq.write_table(pa.table({"question": ["Why?", None, "How?"], "answer": [1, 2, None]}), texts)
    pq.write_table(pa.table({"messages": [CHAT, CHAT[:1]]}), chats)

    why, empty, how = rows(Given(source=str(texts), prompt="question", reference="answer"))
    assert [row["prompt"][0]["content"] for row in (why, how)] == ["Why?", "How?"]
    assert [row["reference"] for row in (why, empty, how)] == ["1", None, None]
    assert empty["error"].startswith("unusable prompt: texts.parquet line 2: has no 'question'")
    good, bad = rows(Given(source=str(chats)))
    assert good["prompt"] == CHAT
    assert "chats.parquet line 2: does not end with a user turn" in bad["error"]


def test_reference_of_any_type_becomes_text(tmp_path: Path) -> None:
    file = tmp_path / "dated.parquet"
    pq.write_table(pa.table({"prompt": ["When?"], "reference": [datetime.date(2020, 1, 2)]}), file)
    assert rows(Given(source=str(file)))[0]["reference"] == '"2020-01-02"'


def test_folder_that_is_a_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "train.jsonl").write_text('{"prompt": "Why?", "reference": "So."}\n{"prompt": ""}\n')

    good, bad = rows(Given(source=str(folder)))

    assert (good["prompt"], good["reference"]) == ([{"role": "user", "content": "Why?"}], "So.")
    assert "line 2: is empty" in bad["error"]
    with pytest.raises(Refused, match="is no .jsonl, no .parquet and no dataset"):
        Given(source=str(folder), split="nothing").check()


def test_prompts_in_a_bucket(s3_root: str, tmp_path: Path) -> None:
    from sdg_ray.bucket import bucket
    from sdg_ray.store import obstore

    obstore.put(bucket(s3_root), "mine.jsonl", b'"Why?"\n"How?"')

    assert [row["prompt"][0]["content"] for row in rows(Given(source=f"{s3_root}/mine.jsonl"))] == ["Why?", "How?"]
    with pytest.raises(Refused, match="yours.jsonl cannot be read"):
        Given(source=f"{s3_root}/yours.jsonl")


def test_changed_file_is_another_identity_and_its_name_is_too(tmp_path: Path) -> None:
    before = identity(Given(source=written(tmp_path, '"Why?"')))
    assert identity(Given(source=written(tmp_path, '"Why?"'))) == before
    assert identity(Given(source=written(tmp_path, '"Why not?"')))["content"] != before["content"]


def test_lines_do_not_travel_to_workers(tmp_path: Path) -> None:
    source = Given(source=written(tmp_path, *('"a long line, again and again"' for _ in range(10_000))))
    travels = pickle.dumps(source)
    assert len(travels) < 1000
    assert rows(pickle.loads(travels))[9]["origin"]["item"] == "10"


def test_file_without_a_line_is_refused(tmp_path: Path) -> None:
    source = Given(source=written(tmp_path))
    with pytest.raises(Refused, match="mine.jsonl is empty; it should have one prompt or document on each line"):
        Prompts(families={"given": source}).check()


@pytest.mark.parametrize("name", ["nothing.jsonl", "nothing.parquet", "folder.jsonl"])
def test_file_that_cannot_be_read_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(Refused, match=f"{name} cannot be read"):
        Given(source=str(tmp_path / name))
