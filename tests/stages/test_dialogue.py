"""A turn that fails: the dialogue ends at the last good answer before it, and says why."""

import pytest

from tests.stages.actor import Actor, held, one, prompts


@pytest.mark.parametrize(
    ("lines", "left", "ended"),
    [
        ({"answers": ("It is far.", "CUT and")}, 1, "length: the assistant's turn is cut off"),
        ({"answers": ("It is far.", " ")}, 1, "empty: the assistant says nothing"),
        ({"answers": ("It is far.", "By ferry.", "it is far .")}, 3, "loop: the assistant repeats an earlier turn"),
        ({"answers": ("It is far.", "BAD")}, 1, "too long: as the line says"),
        ({"questions": ("How?", "CUT and")}, 3, "length: the user's turn is cut off"),
        ({"questions": ("",)}, 1, "empty: the user says nothing"),
        ({"questions": ("User:",)}, 1, "empty: the user says nothing"),
        ({"questions": ("How?", "Thank you! How?")}, 3, "loop: the user repeats an earlier turn"),
        ({"questions": ("Where is Farholm?",)}, 1, "loop: the user repeats an earlier turn"),
        ({"questions": ("BAD",)}, 1, "too long: as the line says"),
    ],
)
def test_failing_turn_ends_the_dialogue_at_the_last_good_answer(lines: dict, left: int, ended: str) -> None:
    turns, answered, dialogue = one(assistant=Actor(**lines))
    assert [role for role, _ in turns] == ["assistant", "user", "assistant"][:left]
    assert (answered["finish"], answered["error"], dialogue["ended"]) == ("stop", None, ended)


@pytest.mark.parametrize(
    ("answer", "text", "finish", "error"),
    [
        ("BAD", "", "error", "too long: as the line says"),
        ("", "", "error", "empty: the assistant says nothing"),
        ("CUT and", "CUT and", "length", None),
    ],
)
def test_first_answer_that_fails_is_a_candidate_with_nothing_to_keep(
    answer: str, text: str, finish: str, error: str | None
) -> None:
    turns, answered, _ = one(assistant=Actor(answers=(answer,)))
    assert turns == [("assistant", text)]
    assert (answered["finish"], answered["error"]) == (finish, error)


def test_first_answer_that_repeats_one_of_the_prompt_is_an_error() -> None:
    (row,) = held(prompts("Who?|Ada.|Where?"), assistant=Actor(answers=("x", "Ada."))).to_pylist()
    assert row["answered"][0]["error"] == "loop: the assistant repeats an earlier turn"


def test_user_who_goes_on_as_the_assistant_is_stopped_at_its_own_turn() -> None:
    turns, _, _ = one(assistant=Actor(questions=("CUT?\n\nAssistant: By ferry.\n\nUser: x", "Why?")))
    assert turns[1] == ("user", "CUT?")
