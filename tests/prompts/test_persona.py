"""Prompts of certain people."""

import pickle
from pathlib import Path

import pytest

from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.prompts.files import lines_in
from sdg_ray.prompts.persona import Persona
from sdg_ray.template import template
from tests.conftest import REPOSITORY
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of


def written(folder: Path, text: str, name: str = "people.txt") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_people_take_turns_and_each_prompt_says_whose_it_is(tmp_path: Path) -> None:
    family = Persona(personas=written(tmp_path, "A cook.\n\n  A smith.\n"), prompts=3)
    for number, (item, person) in enumerate([("1", "A cook."), ("2", "A smith."), ("1", "A cook.")]):
        writer = ListWriter()
        made = drafts(family, number, writer)
        assert f"Here is a person:\n{person}\n" in writer.asks[0]
        assert len({text_of(draft) for draft in made}) == 3
        for draft in made:
            origin = origin_of(draft)
            assert (origin["item"], origin["parents"], origin["path"]) == (item, [person], [])
            assert origin["template"] == template("persona/prompts", "n", "persona").version


def test_person_who_comes_again_asks_something_else(tmp_path: Path) -> None:
    family = Persona(personas=written(tmp_path, "A cook."))
    assert not {text_of(draft) for draft in drafts(family, 0)} & {text_of(draft) for draft in drafts(family, 1)}


def test_jsonl_has_one_person_in_each_object(tmp_path: Path) -> None:
    family = Persona(
        personas=written(tmp_path, '{"persona": "A cook.", "id": 7}\n{"persona": " A smith "}\n', "p.jsonl")
    )
    assert [origin_of(drafts(family, number)[0])["parents"] for number in (0, 1)] == [["A cook."], ["A smith"]]


def test_prompt_that_was_not_made_is_an_error_with_its_person() -> None:
    (good, bad) = drafts(Persona(), 0, ListWriter(fails="short"))
    assert good.error is None and bad.error and bad.error.startswith("short list: 1 of 2")
    assert bad.origin and good.origin and bad.origin["parents"] == good.origin["parents"]


def test_what_is_in_the_file_is_identity_and_where_it_lies_is_not(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    one, moved = (Persona(personas=written(folder, "A cook.")) for folder in (tmp_path, tmp_path / "else"))
    assert identity(one) == identity(moved)
    assert identity(one) != identity(Persona(personas=written(tmp_path, "A smith.")))
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize("name", ["persona/people.txt", str(REPOSITORY / "conf/documents/people.txt")])
def test_people_that_come_along_are_twenty_different_ones(name: str) -> None:
    assert len(set(lines_in(name, "persona"))) == 20


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("\n \n", "people.txt", "is empty; it should have a line for each"),
        ('{"persona": "A cook."}\n{"person": "A smith."}\n', "p.jsonl", "line 2 has no key 'persona'"),
        ("A cook.\n", "p.jsonl", "line 1 has no key 'persona'"),
        ('["A cook."]', "p.jsonl", "line 1 has no key 'persona'"),
        ('{"persona": 7}', "p.jsonl", "persona in line 1 is no text"),
        ('{"persona": " "}', "p.jsonl", "persona in line 1 is no text"),
    ],
)
def test_file_without_people_is_refused(tmp_path: Path, text: str, name: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Persona(personas=written(tmp_path, text, name))


def test_file_that_is_not_there_and_family_that_asks_nothing_are_refused() -> None:
    with pytest.raises(Refused, match="prompts.persona: nobody.txt is no text file that can be read"):
        Persona(personas="nobody.txt")
    with pytest.raises(Refused, match="prompts must be at least 1"):
        Persona(prompts=0).check()
    with pytest.raises(Refused, match=r"lacks \{n\}"):
        Persona(ask="coding/belongs").check()
