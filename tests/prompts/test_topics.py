"""Lists of topics: as many as are wanted, the broad ones and what is below them."""

from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts.topics import Broad
from sdg_ray.template import template
from tests.scripted_writer import ListWriter, origin_of, text_of, topics_of


@pytest.mark.parametrize("size", [1, 2, 7, 25, 60])
def test_list_has_as_many_topics_as_are_wanted_all_different(size: int) -> None:
    made = topics_of(Broad(), size)
    paths = [tuple(draft.origin["path"]) for draft in made if draft.origin]
    assert len(set(paths)) == size
    assert [text_of(draft) for draft in made] == [path[-1] for path in paths]


def test_small_list_has_several_broad_topics_with_some_below_each() -> None:
    made = topics_of(Broad(), 25)
    lengths = [len(origin_of(draft)["path"]) for draft in made]
    assert lengths == [1] * 5 + [2] * 20
    broad = [origin_of(draft)["path"][0] for draft in made[:5]]
    assert [origin_of(draft)["path"][0] for draft in made[5:]] == [name for name in broad for _ in range(5)][:20]


def test_every_topic_says_where_it_comes_from() -> None:
    made = topics_of(Broad(below=2), 9)
    for draft in made[:3]:
        assert origin_of(draft)["template"] == template("topics/macro", "n").version
        assert origin_of(draft)["parents"] == []
    for draft in made[3:]:
        assert origin_of(draft)["template"] == template("topics/sub", "n", "topic").version
        assert origin_of(draft)["parents"] == origin_of(draft)["path"][:1]


def test_given_topics_are_the_first_broad_ones_and_have_others_below_them() -> None:
    made = topics_of(Broad(below=2, given=("Lighthouses", "Kites")), 9)
    assert [draft.origin and draft.origin["path"] for draft in made[:2]] == [["Lighthouses"], ["Kites"]]
    assert made[0].origin and made[0].origin["source"] == "given"
    assert [origin_of(draft)["path"][0] for draft in made[3:7]] == ["Lighthouses"] * 2 + ["Kites"] * 2


def test_given_topic_that_the_model_names_too_is_there_once() -> None:
    writer = ListWriter(says={"exactly 2": "1. kites\n2. Tides", "broad topics": "1. Bread"})
    made = topics_of(Broad(below=2, given=("Kites",)), 9, writer)
    assert [origin["path"] for draft in made[:3] if (origin := draft.origin)] == [["Kites"], ["Tides"], ["Bread"]]
    assert "- Kites" in writer.asks[0] and "- Kites\n- Tides" in writer.asks[1]


def test_topic_that_could_not_be_made_leaves_its_place_and_those_below_it_empty() -> None:
    made = topics_of(Broad(below=2), 9, ListWriter(fails="short", where="broad topics"))
    assert [draft.error is None for draft in made] == [True, True, False] + [True] * 4 + [False] * 2
    assert all(draft.error.startswith("short list: 2 of 3") for draft in made if draft.error)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"below": 0}, "below must be at least 1"),
        ({"macro": "topics/sub"}, r"has \{topic\}"),
        ({"sub": "none"}, "none"),
    ],
)
def test_list_that_cannot_be_made_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Broad(**settings).check()
