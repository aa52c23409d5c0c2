"""Documents and tables as text, and rows that hold neither."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.prompts.closed_qa import ClosedQa
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.documents import as_text, beginning, document
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of

TABLE = "| who | count |\n| --- | --- |\n| Mira | 3 |\n| Osk |  |"


@pytest.mark.parametrize(
    "table",
    [
        [{"who": "Mira", "count": 3}, {"who": "Osk", "count": None}],
        [{"who": "Mira", "count": 3}, {"who": "Osk"}],
        [["who", "count"], ["Mira", 3], ["Osk", ""]],
        {"header": ["who", "count"], "rows": [["Mira", "3"], ["Osk", ""]], "name": "page 7"},
    ],
)
def test_tables_of_every_shape_are_markdown(table: Any) -> None:
    assert as_text(table) == TABLE


def test_cell_cannot_end_its_cell_or_its_line() -> None:
    assert as_text([["a"], ["x | y\nz"]]).splitlines()[2] == "| x \\| y z |"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"title": "Tides"}, "has no 'text'; it has 'title'"),
        ({"text": None}, "has no 'text'"),
        ("Tides", "has no 'text'; it has "),
        ({"text": "  "}, "is empty"),
        ({"text": []}, "is list, neither a text nor the rows of a table"),
        ({"text": 5}, "is int, neither a text"),
        ({"text": [1, 2]}, "a row that is neither a list nor a mapping"),
        ({"text": [["a", "b"], ["c"]]}, "a row that has not the 2 cells of the first one"),
        ({"text": "half \ud800"}, "surrogates not allowed"),
    ],
)
def test_row_that_is_no_document_is_said_to_be_wrong(row: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        document(row, "text", 100)


@given(st.text("ab. \n", max_size=60), st.integers(1, 40))
def test_beginning_ends_with_a_sentence_where_there_is_one(text: str, longest: int) -> None:
    found = beginning(text, longest)
    assert found == text or (len(found) <= longest and text.startswith(found.strip(), len(text) - len(text.lstrip())))
    if len(text) > longest and ". " in text[: longest + 1]:
        assert found.endswith(".") or text[: longest + 1].rpartition("\n")[1]


def written(folder: Path, rows: Sequence[Any]) -> Source:
    (folder / "pages.jsonl").write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return Source(at=str(folder / "pages.jsonl"), licence="ODC-BY")


def test_bad_rows_are_error_rows_that_ask_nobody_and_the_others_are_made(tmp_path: Path) -> None:
    rows = [{"text": "The tide comes."}, "no JSON", {"text": 5, "id": "five"}, {"title": "Tides"}]
    family = ClosedQa(documents=written(tmp_path, rows), instructions=2)
    assert all(draft.error is None for draft in drafts(family, 0))
    writer = ListWriter()
    for number in (1, 2, 3):
        for draft in drafts(family, number, writer):
            assert draft.prompt == [] and str(draft.error).startswith(
                f"unusable document: pages.jsonl line {number + 1}: "
            )
    assert writer.asked == []
    assert (drafts(family, 2)[0].origin or {})["item"] == "five"


def test_document_of_c4_keeps_its_address(tmp_path: Path) -> None:
    row = {"text": "The tide comes.", "url": "http://tides.example/1", "timestamp": "2019-04-25T12:57:54Z"}
    (draft, *_) = drafts(ClosedQa(documents=written(tmp_path, [row])))
    assert (origin_of(draft)["item"], origin_of(draft)["licence"]) == ("1 http://tides.example/1", "ODC-BY")


def test_table_is_asked_about_and_joined_as_markdown(tmp_path: Path) -> None:
    writer = ListWriter()
    source = written(tmp_path, [{"text": [["who", "count"], ["Mira", 3], ["Osk", ""]]}])
    family = ClosedQa(documents=source, ask="document_qa/questions", joins=("document_qa/join",))
    (draft, *_) = drafts(family, 0, writer)
    assert TABLE in writer.asks[0] and text_of(draft).startswith(TABLE)
