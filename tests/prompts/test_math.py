"""Problems of mathematics on keywords, level by level."""

from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.keywords import LEVELS
from sdg_ray.prompts.math import Math
from sdg_ray.template import template
from tests.scripted_writer import TOPICS, ListWriter, drafts, origin_of, text_of

ASK = template("math/problems", "n", "topic", "level").version


def test_problems_say_their_keyword_and_level() -> None:
    writer = ListWriter()
    made = drafts(Math(topics="general", problems=3), 2, writer)
    assert len({text_of(draft) for draft in made}) == 3 and len(writer.asks) == 1
    assert f"the topic: Drums. They are for this level: {LEVELS[2]}." in writer.asks[0]
    for draft in made:
        origin = origin_of(draft)
        assert (origin["path"], origin["item"], origin["parents"]) == (["Art", "Music", "Drums"], LEVELS[2], [])
        assert origin["template"] == ASK


def test_every_keyword_meets_every_level_before_one_comes_again() -> None:
    made = [drafts(Math(topics="general"), number)[0] for number in range(len(TOPICS) * len(LEVELS))]
    met = {(*origin_of(draft)["path"], origin_of(draft)["item"]) for draft in made}
    assert met == {(*topic.path, level) for topic in TOPICS for level in LEVELS}


def test_prompts_are_planned_although_the_module_has_the_name_of_one_of_the_standard_library() -> None:
    prompts = Prompts(families={"math": Math(quota=7)}, rows=4, scale=2)
    assert (prompts.planned_shards, prompts.planned) == (4, 16)


def test_problem_that_was_not_made_is_an_error_in_its_place() -> None:
    good, bad = drafts(Math(topics="general"), 0, ListWriter(fails="short"))
    assert good.error is None and bad.error and bad.error.startswith("short list: 1 of 2")
    assert bad.origin and bad.origin["item"] == LEVELS[0]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"problems": 0}, "problems must be at least 1"),
        ({"levels": ()}, "there must be a level"),
        ({"ask": "topics/sub"}, r"lacks \{level\}"),
    ],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Math(**settings).check()
