"""Open questions: on one topic, plain and refined, with a complete trace."""

import asyncio
from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import Writer
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.template import choices, template
from tests.scripted_writer import TOPICS, ListWriter, drafts, origin_of, text_of

MODES = ("context", "format", "detail", "related")
ASK = template("open_qa/questions", "n", "topic").version
REFINE = template("open_qa/refine", "n", "question", "mode").version


def rows(writer: ListWriter, **settings: Any) -> list[dict[str, Any]]:
    """The first shard of a run on `TOPICS`."""
    made = Prompts(families={"open_qa": OpenQa()}, writer=Writer(engine=writer), rows=40, shards=1, **settings)
    return asyncio.run(made.open()(0, {"general": TOPICS})).to_pylist()


def test_each_question_is_followed_by_its_refined_versions() -> None:
    made = drafts(OpenQa(questions=3))
    assert len({text_of(draft) for draft in made}) == 15
    for first in range(0, 15, 5):
        plain, *refined = made[first : first + 5]
        assert origin_of(plain)["template"] == ASK and origin_of(plain)["parents"] == []
        assert [origin_of(draft)["item"] for draft in (plain, *refined)] == ["plain", *MODES]
        for draft in refined:
            assert origin_of(draft)["template"] == REFINE and origin_of(draft)["parents"] == [text_of(plain)]
    assert len({origin_of(draft)["seed"] for draft in made}) == 1 + 12  # the three questions came as one list


def test_topics_take_turns_and_are_in_the_ask_and_in_the_path() -> None:
    for number, topic in enumerate([*TOPICS, *TOPICS]):
        writer = ListWriter()
        made = drafts(OpenQa(questions=1, modes=()), number, writer)
        assert [origin_of(draft)["path"] for draft in made] == [list(topic.path)]
        assert f"the topic: {topic.name}." in writer.asks[0]
    assert drafts(OpenQa(), 0) != drafts(OpenQa(), len(TOPICS))


def test_refining_shows_the_question_and_the_mode() -> None:
    writer = ListWriter()
    question = text_of(drafts(OpenQa(questions=1, modes=("format",)), 0, writer)[0])
    assert question in writer.asks[1] and choices("open_qa/modes")["format"] in writer.asks[1]


def test_question_that_was_not_made_leaves_its_versions_empty_and_the_others_whole() -> None:
    made = drafts(OpenQa(questions=2), 0, ListWriter(fails="short", where="Tides"))
    assert [draft.error is None for draft in made[:5]] == [True] * 5
    assert {draft.error for draft in made[5:]} == {"short list: 1 of 2, the last answer was ''"}
    assert all(
        draft.prompt == [] and draft.origin and draft.origin["path"] == ["Science", "Tides"] for draft in made[5:]
    )


def test_mode_that_fails_leaves_one_slot_empty() -> None:
    made = drafts(OpenQa(), 0, ListWriter(fails="prose", where=choices("open_qa/modes")["format"]))
    assert [place for place, draft in enumerate(made) if draft.error] == [2, 7]
    assert all(draft.origin and draft.origin["item"] == "format" for draft in made[2::5])


def test_empty_slots_are_filled_from_another_try() -> None:
    broken = ListWriter(fails="prose", where="Rewrite it", every=3)
    left, filled = (sum(row["error"] is not None for row in rows(broken, top_ups=n)) for n in (0, 2))
    assert filled < left
    whole = rows(broken, top_ups=2)
    assert len({row["prompt"][0]["content"] for row in whole if not row["error"]}) == 40 - filled


def test_rows_are_the_same_whatever_the_order_of_completion() -> None:
    assert rows(ListWriter(fails="short", every=4)) == rows(ListWriter(fails="short", every=4, hurry=0.005))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"questions": 0}, "questions must be at least 1"),
        ({"modes": ("context", "shout")}, "open_qa/modes has no mode 'shout'; it has context, format"),
        ({"ask": "writing/tasks"}, r"writing/tasks has \{kind\}"),
        ({"refine": "writing/refine"}, r"writing/refine lacks \{question\}"),
    ],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        OpenQa(**settings).check()
