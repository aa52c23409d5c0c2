"""Lists of keywords: from four places, exactly as many as are wanted, and none twice."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, TopicList
from sdg_ray.prompts.keywords import MathKeywords, PythonKeywords
from sdg_ray.template import template
from tests.scripted_writer import ListWriter, origin_of, topics_of

CODE = "import json\njson.dumps(1)\nsorted(x)\nlen(x)\n"


@pytest.fixture
def entities(tmp_path: Path) -> str:
    (tmp_path / "entities.txt").write_text("".join(f"{kind} {n}\n" for n in range(30) for kind in ("Lemma", "Town")))
    return str(tmp_path / "entities.txt")


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "one.py").write_text(CODE)
    (tmp_path / "code" / "two.py").write_text("sorted(x)\n")
    return str(tmp_path / "code")


def knowing(**settings: Any) -> ListWriter:
    """A writer that takes every lemma for mathematics, and nothing else."""
    return ListWriter(says={": Lemma": "Yes, it is.", ": Town": "No. It is not, yes?"}, **settings)


def names(drafts: Sequence[Draft]) -> list[str]:
    return [draft.origin["path"][-1] for draft in drafts if draft.error is None and draft.origin]


@pytest.mark.parametrize("keywords", [MathKeywords(), PythonKeywords(), MathKeywords(given=("a", "b", "c"))])
@pytest.mark.parametrize("size", [1, 2, 3, 10, 77])
def test_list_is_complete_and_no_keyword_is_there_twice(keywords: TopicList, size: int) -> None:
    found = names(topics_of(keywords, size))
    assert len(set(found)) == size


def test_places_come_in_order_and_topics_make_up_the_rest(entities: str, corpus: str) -> None:
    keywords = PythonKeywords(given=("for loops",), entities=entities, corpus=corpus)
    made = topics_of(keywords, 24, knowing())
    sources = [draft.origin.get("source") for draft in made if draft.origin]
    assert sources == ["given"] + ["code"] * 4 + ["entities.txt"] * 8 + [None] * 11
    assert [draft.origin and draft.origin["path"] for draft in made[:3]] == [["for loops"], ["sorted"], ["json"]]
    assert [draft.origin and draft.origin["item"] for draft in made[1:3]] == ["in 2 files", "in 1 files"]


def test_math_asks_at_every_level_and_then_for_what_is_below(entities: str) -> None:
    writer = knowing()
    made = topics_of(MathKeywords(levels=("school", "university"), below=2), 12, writer)
    assert [len(origin_of(draft)["path"]) for draft in made] == [1] * 4 + [2] * 8
    assert [ask.split("level: ")[1].split(".")[0] for ask in writer.asks[:2]] == ["school", "university"]
    for draft in made[:4]:
        assert origin_of(draft)["template"] == template("math/topics", "n", "level").version
    for draft in made[4:]:
        assert origin_of(draft)["template"] == template("math/subtopics", "n", "topic").version
        assert origin_of(draft)["parents"] == origin_of(draft)["path"][:1]


def test_levels_take_turns() -> None:
    says = {"at this level: school": "1. Angles\n2. Sets", "at this level: university": "1. Groups\n2. Rings"}
    made = topics_of(MathKeywords(levels=("school", "university"), below=2), 12, ListWriter(says=says))
    assert names(made)[:4] == ["Angles", "Groups", "Sets", "Rings"]


def test_entity_is_a_keyword_if_the_first_word_is_yes(entities: str) -> None:
    writer = knowing()
    made = topics_of(MathKeywords(entities=entities), 30, writer)
    found = [draft for draft in made if draft.origin and draft.origin.get("source") == "entities.txt"]
    assert len(found) == 10 and all(name.startswith("Lemma") for name in names(found))
    for draft in found:
        origin = origin_of(draft)
        assert origin["template"] == template("math/belongs", "entity").version
        assert Path(entities).read_text().splitlines()[int(origin["item"]) - 1] == origin["path"][0]


def test_entities_are_asked_about_until_there_are_enough_or_no_more(entities: str) -> None:
    writer = knowing()
    found = names(topics_of(MathKeywords(entities=entities), 99, writer))
    assert sum(name.startswith("Lemma") for name in found) == 30 and len(set(found)) == 99
    assert sum("belong to mathematics" in ask for ask in writer.asks) == 60
    few = knowing()
    topics_of(MathKeywords(entities=entities), 6, few)
    assert sum("belong to mathematics" in ask for ask in few.asks) < 20


def test_topic_that_repeats_another_is_replaced() -> None:
    says = {"at this level: school": "1. Angles\n2. Sets", "at this level: university": "1. angles\n2. Groups"}
    keywords = MathKeywords(levels=("school", "university"), below=2, given=("Groups",))
    found = names(topics_of(keywords, 10, ListWriter(says=says)))
    assert found[:3] == ["Groups", "Angles", "Sets"] and len({name.casefold() for name in found}) == 10


def test_what_the_model_repeats_again_and_again_is_an_error() -> None:
    writer = ListWriter(says={"exactly": "1. Loops\n2. Lists\n3. Sets"})
    made = topics_of(PythonKeywords(), 9, writer)
    assert names(made) == ["Loops", "Lists", "Sets"]
    assert {draft.error for draft in made[3:]} == {"not new: 6 of 9 keywords repeat others"}
    assert len(set(writer.seeds)) == len(writer.seeds)  # each time by another chance


def test_what_the_model_cannot_say_is_an_error_with_its_reason() -> None:
    made = topics_of(MathKeywords(given=("Sets",)), 9, ListWriter(fails="prose"))
    assert names(made) == ["Sets"]
    assert all(draft.error and draft.error.startswith("short list: 0 of ") for draft in made[1:])


def test_list_is_the_same_whatever_the_order_of_completion(entities: str, corpus: str) -> None:
    keywords = PythonKeywords(entities=entities, corpus=corpus)
    made = [topics_of(keywords, 40, knowing(hurry=hurry, fails="short", every=3)) for hurry in (0.0, 0.003)]
    assert made[0] == made[1]
    assert made[0] != topics_of(keywords, 40, knowing(), seed=1)


def test_what_is_in_the_files_is_identity_and_where_they_lie_is_not(entities: str, corpus: str, tmp_path: Path) -> None:
    one = identity(PythonKeywords(entities=entities, corpus=corpus))
    moved = Path(entities).rename(tmp_path / "moved.txt")
    assert one == identity(PythonKeywords(entities=str(moved), corpus=str(Path(corpus).rename(tmp_path / "else"))))
    moved.write_text("Lemma 1\n")
    assert one != identity(PythonKeywords(entities=str(moved), corpus=str(tmp_path / "else")))


@pytest.mark.parametrize(
    ("keywords", "settings", "sentence"),
    [
        (MathKeywords, {"levels": ()}, "levels is empty"),
        (MathKeywords, {"below": 0}, "below must be at least 1"),
        (PythonKeywords, {"below": 0}, "below must be at least 1"),
        (MathKeywords, {"macro": "topics/macro"}, r"lacks \{level\}"),
        (PythonKeywords, {"macro": "math/topics"}, r"has \{level\}"),
        (PythonKeywords, {"belongs": "topics/sub"}, r"lacks \{entity\}"),
        (MathKeywords, {"entities": "nothing.txt"}, "nothing.txt is no text file"),
        (PythonKeywords, {"corpus": "nothing"}, "corpus nothing has no .py file"),
    ],
)
def test_list_that_cannot_be_made_is_refused(keywords: Any, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        keywords(**settings).check()


def test_empty_file_of_entities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.txt").write_text("\n")
    with pytest.raises(Refused, match="none.txt is empty"):
        MathKeywords(entities=str(tmp_path / "none.txt")).check()
