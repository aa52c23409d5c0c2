"""Requests that cannot be answered, each with the answer that declines it."""

from pathlib import Path
from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts.incapable import Incapable
from sdg_ray.template import choices, template
from tests.scripted_writer import TOPICS, ListWriter, drafts, origin_of, text_of

NEEDS = choices("incapable/needs")
ASK = template("incapable/questions", "n", "topic", "need").version
DECLINE = template("incapable/decline", "question", "need").version


def test_each_question_has_the_answer_that_declines_it_as_its_reference() -> None:
    writer = ListWriter(says={"declines in one": "I cannot see that."})
    made = drafts(Incapable(questions=3), 0, writer)
    assert len({text_of(draft) for draft in made}) == 3
    assert [draft.reference for draft in made] == ["I cannot see that."] * 3
    for draft, ask in zip(made, writer.asks[1:], strict=True):
        assert text_of(draft) in ask and NEEDS["now"] in ask
        origin = origin_of(draft)
        assert (origin["path"], origin["item"], origin["parents"]) == (["Science", "Tides"], "now", [])
        assert origin["template"] == f"{ASK} {DECLINE}"


def test_declining_answers_are_drawn_each_by_its_own_chance() -> None:
    writer = ListWriter()
    made = drafts(Incapable(questions=8), 0, writer)
    assert len({draft.reference for draft in made}) == 8
    assert len(set(writer.seeds)) == len(writer.seeds) == 9


def test_every_topic_meets_every_need_before_one_comes_again() -> None:
    met = set()
    for number in range(len(TOPICS) * len(NEEDS)):
        writer = ListWriter()
        (draft,) = drafts(Incapable(questions=1), number, writer)
        path, item = origin_of(draft)["path"], origin_of(draft)["item"]
        assert f"the topic: {path[-1]}. Nobody can answer them without this: {NEEDS[item]}." in writer.asks[0]
        met.add((*path, item))
    assert met == {(*topic.path, need) for topic in TOPICS for need in NEEDS}


def test_needs_may_be_your_own(tmp_path: Path) -> None:
    (tmp_path / "lacks.txt").write_text("smell: a nose\n")
    assert origin_of(drafts(Incapable(lacks=str(tmp_path / "lacks.txt")))[0])["item"] == "smell"


def test_question_that_was_not_made_or_not_declined_is_an_error() -> None:
    good, missing = drafts(Incapable(), 0, ListWriter(fails="short", where="exactly"))
    assert good.error is None and missing.error and missing.error.startswith("short list: 1 of 2")
    for draft in drafts(Incapable(), 0, ListWriter(fails="bad row", where="declines in one")):
        assert (draft.prompt, draft.reference) == ([], None)
        assert draft.error == "not declined: too long: as the test says"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"questions": 0}, "questions must be at least 1"),
        ({"lacks": "open_qa/questions"}, "each line must be a name"),
        ({"ask": "open_qa/questions"}, r"lacks \{need\}"),
        ({"decline": "open_qa/questions"}, r"lacks \{need\}"),
    ],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Incapable(**settings).check()
