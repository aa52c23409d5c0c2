"""Python problems on keywords, one difficulty after the other."""

from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts.coding import Coding
from sdg_ray.template import template
from tests.scripted_writer import TOPICS, ListWriter, drafts, origin_of, text_of

LEVELS = ("beginner", "intermediate", "advanced")


def test_problems_are_asked_for_with_the_template_of_their_level() -> None:
    for number in range(3):
        writer = ListWriter()
        made = drafts(Coding(topics="general", problems=3), number, writer)
        assert len({text_of(draft) for draft in made}) == 3
        wanted = template(f"coding/problems_{LEVELS[number]}", "n", "topic")
        assert writer.asks == [wanted.fill(n=3, topic=TOPICS[number].name)]
        for draft in made:
            origin = origin_of(draft)
            assert (origin["path"], origin["item"]) == (list(TOPICS[number].path), LEVELS[number])
            assert (origin["template"], origin["parents"]) == (wanted.version, [])


def test_every_keyword_meets_every_level_before_one_comes_again() -> None:
    made = [drafts(Coding(topics="general"), number)[0] for number in range(len(TOPICS) * len(LEVELS))]
    met = {(*origin_of(draft)["path"], origin_of(draft)["item"]) for draft in made}
    assert met == {(*topic.path, level) for topic in TOPICS for level in LEVELS}


def test_problem_that_was_not_made_is_an_error_in_its_place() -> None:
    good, bad = drafts(Coding(topics="general"), 1, ListWriter(fails="short"))
    assert good.error is None and bad.error and bad.error.startswith("short list: 1 of 2")
    assert bad.origin and bad.origin["item"] == "intermediate"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"problems": 0}, "problems must be at least 1"),
        ({"levels": ()}, "there must be a level"),
        ({"levels": ("beginner", "wizard")}, "coding/problems_wizard is no file"),
        ({"ask": "math/problems"}, "math/problems_beginner is no file"),
    ],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Coding(**settings).check()
