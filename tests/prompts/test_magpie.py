"""What a model says as a user."""

from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts.magpie import Magpie
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of


def test_model_writes_a_users_turn_from_nothing_another_for_each_seed() -> None:
    writer = ListWriter()
    made = [drafts(Magpie(), number, writer)[0] for number in range(4)]
    assert writer.asked == [[]] * 4
    assert len({text_of(draft) for draft in made}) == len({origin_of(draft)["seed"] for draft in made}) == 4
    assert all(draft.prompt[0]["role"] == "user" and len(draft.prompt) == 1 for draft in made)
    assert all(origin_of(draft)["parents"] == [] and origin_of(draft)["template"] is None for draft in made)


def test_system_message_steers_and_is_no_part_of_the_prompt() -> None:
    writer = ListWriter()
    (draft,) = drafts(Magpie(system="You are a tutor of mathematics."), 0, writer)
    assert writer.asked == [[{"role": "system", "content": "You are a tutor of mathematics."}]]
    assert [message["role"] for message in draft.prompt] == ["user"]
    assert origin_of(draft)["parents"] == ["You are a tutor of mathematics."]


def test_only_the_first_paragraph_is_taken_and_only_if_it_is_short_enough() -> None:
    writer = ListWriter(says={"": "Why do tides\ncome?\n\nAssistant: Because of the moon."})
    (draft,) = drafts(Magpie(longest=18), 0, writer)
    assert text_of(draft) == "Why do tides\ncome?"
    (draft,) = drafts(Magpie(longest=17), 0, writer)
    assert (draft.prompt, draft.error) == ([], "too long: a turn of 18 characters, at most 17")


def test_engine_that_cannot_begin_a_users_turn_gives_errors_that_say_so() -> None:
    (draft,) = drafts(Magpie(), 0, ListWriter(fails="bad row"))
    assert (draft.prompt, draft.error) == ([], "too long: as the test says")
    (draft,) = drafts(Magpie(), 0, ListWriter(fails="empty"))
    assert draft.error == "no whole text: the last answer was '  '"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"longest": 0}, "longest must be at least 1"), ({"system": "  "}, "system is empty; leave it out")],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Magpie(**settings).check()
