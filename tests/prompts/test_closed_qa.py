"""Instructions about documents, put together with them; documents and tables with questions."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.errors import Refused
from sdg_ray.prompts.closed_qa import JOINS, ClosedQa
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.documents import as_text, beginning
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of

TIDES = "The tide comes in twice a day. It goes out twice as well."


@pytest.fixture
def pages(tmp_path: Path) -> Source:
    rows = [{"id": "tides", "text": TIDES, "licence": "CC0-1.0"}, {"id": "bread", "text": "Bread is baked at night."}]
    (tmp_path / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Source(at=str(tmp_path / "pages.jsonl"), licence="MIT")


def test_every_document_is_asked_about_and_joined_with_each_instruction(pages: Source) -> None:
    writer = ListWriter()
    family = ClosedQa(documents=pages)
    assert (family.seeds, family.per_seed) == (2, 3)
    made = drafts(family, 0, writer)
    assert TIDES in writer.asks[0]
    for draft in made:
        origin = origin_of(draft)
        (instruction,) = origin["parents"]
        assert TIDES in text_of(draft) and instruction in text_of(draft)
        assert (origin["item"], origin["licence"], origin["source"]) == ("tides", "CC0-1.0", pages.at)
        assert origin["own"] == f"tides: {instruction}"
        assert origin["template"].startswith("closed_qa/instructions@") and " closed_qa/join_" in origin["template"]
    assert origin_of(drafts(family, 1)[0])["licence"] == "MIT"


def test_all_forms_of_joining_are_used(pages: Source) -> None:
    used = {
        origin_of(each)["template"].split()[1].split("@")[0]
        for s in range(12)
        for each in drafts(ClosedQa(documents=pages), seed=s)
    }
    assert used == set(JOINS)


def test_instruction_that_was_not_made_is_an_error_that_names_the_document(pages: Source) -> None:
    made = drafts(ClosedQa(documents=pages), 0, ListWriter(fails="short", where="exactly 3"))
    wrong = drafts(ClosedQa(documents=pages), 0, ListWriter(fails="bad row"))
    assert all(draft.error is None for draft in made)
    assert [draft.error for draft in wrong] == ["too long: as the test says"] * 3
    assert all(draft.origin and draft.origin["item"] == "tides" and not draft.prompt for draft in wrong)


def test_long_document_is_used_up_to_the_end_of_a_sentence(pages: Source) -> None:
    made = drafts(ClosedQa(documents=pages, longest=40), 0)
    assert all("twice a day." in text_of(draft) and "goes out" not in text_of(draft) for draft in made)


@given(st.text(min_size=1), st.integers(1, 50))
def test_beginning_is_a_beginning_and_has_room(text: str, longest: int) -> None:
    found = beginning(text, longest)
    assert len(found) <= max(longest, 0) or found == text
    assert found in text


def test_table_is_written_as_markdown() -> None:
    table = as_text([{"who": "Mira", "count": 3}, {"who": "Osk", "count": 4}])
    assert table.splitlines() == ["| who | count |", "| --- | --- |", "| Mira | 3 |", "| Osk | 4 |"]


def test_column_that_is_not_there_and_a_form_that_does_not_fit_are_refused(pages: Source, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no column 'body'; it has"):
        ClosedQa(documents=pages, text="body").check()
    (tmp_path / "form.txt").write_text("{document}")
    with pytest.raises(Refused, match="lacks {instruction}"):
        ClosedQa(documents=pages, joins=(str(tmp_path / "form.txt"),)).check()
    with pytest.raises(Refused, match="must be at least 1"):
        ClosedQa(documents=pages, instructions=0).check()
