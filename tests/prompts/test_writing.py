"""Writing tasks: a kind of text and a topic, plain and refined, with a complete trace."""

from pathlib import Path
from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts.writing import Writing
from sdg_ray.template import choices, template
from tests.scripted_writer import TOPICS, ListWriter, drafts, origin_of, text_of

KINDS = list(choices("writing/kinds").values())
ASK = template("writing/tasks", "n", "kind", "topic").version
REFINE = template("writing/refine", "n", "task", "mode").version


def test_each_task_is_followed_by_its_refined_versions() -> None:
    made = drafts(Writing())
    assert len({text_of(draft) for draft in made}) == 10
    for plain, *refined in (made[:5], made[5:]):
        assert origin_of(plain)["template"] == ASK and origin_of(plain)["parents"] == []
        assert [origin_of(draft)["item"] for draft in refined] == list(Writing().modes)
        for draft in refined:
            assert origin_of(draft)["template"] == REFINE and origin_of(draft)["parents"] == [text_of(plain)]


def test_topic_and_kind_are_in_the_origin_and_in_the_ask() -> None:
    writer = ListWriter()
    made = drafts(Writing(tasks=1, modes=()), 2, writer)
    assert origin_of(made[0])["path"] == list(TOPICS[2].path)
    assert origin_of(made[0])["item"] == KINDS[2]
    assert f"of this kind: {KINDS[2]}. The topic: {TOPICS[2].name}." in writer.asks[0]


def test_every_topic_meets_every_kind_before_one_comes_again() -> None:
    seeds = range(len(TOPICS) * len(KINDS))
    made = [drafts(Writing(tasks=1, modes=()), number)[0] for number in seeds]
    met = {(*origin_of(draft)["path"], origin_of(draft)["item"]) for draft in made}
    assert met == {(*topic.path, kind) for topic in TOPICS for kind in KINDS}


def test_kinds_may_be_your_own(tmp_path: Path) -> None:
    (tmp_path / "kinds.txt").write_text("haiku: haiku\n")
    assert origin_of(drafts(Writing(kinds=str(tmp_path / "kinds.txt")))[0])["item"] == "haiku"


def test_task_that_was_not_made_leaves_its_versions_empty() -> None:
    made = drafts(Writing(), 1, ListWriter(fails="short", where="Write 2 tasks"))
    assert [draft.error is None for draft in made] == [True] * 10  # the missing one was asked for again
    made = drafts(Writing(), 1, ListWriter(fails="short", where="The topic: Cooking"))
    assert [draft.error is None for draft in made] == [True] * 5 + [False] * 5


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"tasks": 0}, "tasks must be at least 1"),
        ({"modes": ("shout",)}, "writing/modes has no mode 'shout'"),
        ({"kinds": "writing/nothing"}, "writing/nothing is no file"),
        ({"ask": "open_qa/questions"}, r"lacks \{kind\}"),
    ],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Writing(**settings).check()
