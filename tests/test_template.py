"""Templates: their places are checked when they are read."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from sdg_ray import prompts, scorers, stages
from sdg_ray.config import identity
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused
from sdg_ray.prompts.coding import Coding
from sdg_ray.prompts.instruction_single import InstructionSingle
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.scorers.judge import Judge
from sdg_ray.scorers.rubric import Rubric
from sdg_ray.stages.converse import Converse
from sdg_ray.template import FOLDER, choices, template
from tests.scripted import Scripted

FILES = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.txt"))


def written(folder: Path, text: str) -> str:
    path = folder / "mine.txt"
    path.write_text(text)
    return str(path)


def test_template_of_the_package_is_filled() -> None:
    asked = template("topics/sub", "n", "topic").fill(n=2, topic="Tides {and} moons")
    assert asked.startswith("Name 2 different topics") and "Tides {and} moons" in asked


def test_template_may_be_a_file_of_your_own(tmp_path: Path) -> None:
    mine = template(written(tmp_path, "  {n} on {topic}, as {{json}}\n"), "n", "topic")
    assert mine.fill(n=1, topic="x") == "1 on x, as {json}"


def test_version_changes_with_the_text_and_only_with_it(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = (template(written(folder, "{n} things"), "n") for folder in (tmp_path, tmp_path / "other"))
    assert one.version.removeprefix(one.name) == other.version.removeprefix(other.name)
    (tmp_path / "other" / "third.txt").write_text("{n} thing")
    third = template(str(tmp_path / "other" / "third.txt"), "n")
    assert third.version.rpartition("@")[2] != one.version.rpartition("@")[2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("on {topic}", r"lacks \{n\}; its places must be \{n\} \{topic\}"),
        ("{n} on {topic} for {level}", r"has \{level\}, which nothing fills"),
        ("{n} on {topic}, as {json", "a brace that is no place is written twice"),
        ("{n} on {topic} {}", r"has \{\}, which nothing fills"),
        ("{n.x} on {topic}", r"lacks \{n\}"),
    ],
)
def test_template_whose_places_do_not_fit_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        template(written(tmp_path, text), "n", "topic")


@pytest.mark.parametrize("name", ["topics/none", "/nowhere/at/all.txt", "."])
def test_template_that_cannot_be_read_is_refused_by_name(name: str) -> None:
    with pytest.raises(Refused, match="is no file that can be read"):
        template(name)


def test_choices_are_named_lines(tmp_path: Path) -> None:
    assert choices(written(tmp_path, "a: one: two\n\n b : three \n")) == {"a": "one: two", "b": "three"}


@pytest.mark.parametrize("text", ["", "a", "a:", ": b", "a: one\nb"])
def test_choices_that_are_no_named_lines_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="each line must be a name, a colon and a text"):
        choices(written(tmp_path, text))


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_the_package_is_text_without_leftovers(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    assert text.strip() and "\t" not in text and "TODO" not in text


HOLDERS: dict[str, Callable[[str], Any]] = {
    "judge": lambda name: Judge(engine=Scripted(), template=name),
    "rubric": lambda name: Rubric(engine=Scripted(), template=name),
    "turns": lambda name: Converse(assistant=Scripted(), template=name),
    "personas": lambda name: Converse(assistant=Scripted(), personas=name),
    "chat template": lambda name: Vllm(name="tiny", chat_template=name),
    "family": lambda name: OpenQa(ask=name),
    "forms": lambda name: InstructionSingle(base=OpenQa(), forms=("instruction/single_above", name)),
    "levels": lambda name: Coding(levels=("hard",), ask=name.removesuffix("_hard")),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_text_is_a_part_of_the_identity_and_its_place_is_not(holder: str, tmp_path: Path) -> None:
    here, there = (tmp_path / folder / "mine_hard" for folder in ("here", "there"))
    for file in (here, there):
        file.parent.mkdir()
        file.write_text("one")
    before = identity(HOLDERS[holder](str(here)))
    assert identity(HOLDERS[holder](str(there))) == before == identity(HOLDERS[holder](str(here)))
    here.write_text("two")
    assert identity(HOLDERS[holder](str(here))) != before


def test_identity_of_a_text_that_cannot_be_read_is_left_to_the_check_to_refuse() -> None:
    judge, engine = Judge(engine=Scripted(), template="none.txt"), Vllm(name="pocket/instruct", chat_template="none")
    assert identity(judge)["template"] == "none.txt" and identity(engine)["chat_template"] == "none"
    with pytest.raises(Refused, match="template none.txt is no file that can be read: .*; give its path"):
        judge.check()
    with pytest.raises(Refused, match="model pocket/instruct: there is no chat template none"):
        engine.check()
    assert identity(Vllm(name="tiny"))["chat_template"] is None


def settings() -> Iterator[tuple[str, Field[Any]]]:
    """The fields of all that a recipe is made of."""
    for package in (prompts, scorers, stages):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for made in vars(importlib.import_module(found.name)).values():
                if is_dataclass(made) and isinstance(made, type) and made.__module__ == found.name:
                    yield from ((f"{made.__qualname__}.{each.name}", each) for each in fields(made))


def test_every_setting_that_names_a_text_of_the_package_is_known_by_what_is_in_it() -> None:
    named = {name: each for name, each in settings() if each.default in FILES or _all_files(each.default)}
    assert len(named) > 35
    assert [name for name, each in named.items() if "identity" not in each.metadata] == []


def _all_files(default: Any) -> bool:
    return isinstance(default, tuple) and bool(default) and all(each in FILES for each in default)
