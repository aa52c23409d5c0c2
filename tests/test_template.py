"""Templates: their places are checked when they are read."""

from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.template import FOLDER, choices, template

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
