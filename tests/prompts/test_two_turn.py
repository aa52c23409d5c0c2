"""A first turn from somewhere, an answer, and a second turn of the user."""

from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts.two_turn import TwoTurn
from sdg_ray.prompts.world import World
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of

BASE = World(kinds=("fact",))


def test_conversation_has_a_second_turn_of_the_user_after_the_models_answer() -> None:
    writer = ListWriter()
    (draft,) = drafts(TwoTurn(base=BASE), 3, writer)
    assert [message["role"] for message in draft.prompt] == ["user", "assistant", "user"]
    first, answer, _ = (message["content"] for message in draft.prompt)
    assert f"User: {first}\n\nAssistant: {answer}" in writer.asks[-1]
    assert origin_of(draft)["parents"] == [first]
    assert origin_of(draft)["template"].startswith("user_turn/next@")
    assert origin_of(draft)["licence"] == "Apache-2.0"


def test_label_is_taken_off_and_what_follows_for_others_too() -> None:
    says = {"in the voice of the user": "User: And why is that?\n\nAssistant: Because."}
    (draft,) = drafts(TwoTurn(base=BASE), 0, ListWriter(says=says))
    assert text_of(draft) == "And why is that?"


@pytest.mark.parametrize(("where", "reason"), [("", "no whole text"), ("in the voice of the user", "no whole text")])
def test_turn_that_was_not_made_is_an_error(where: str, reason: str) -> None:
    (draft,) = drafts(TwoTurn(base=BASE), 0, ListWriter(fails="empty", where=where))
    assert draft.error and draft.error.startswith(reason) and not draft.prompt
    assert draft.origin and draft.origin["parents"]


def test_turn_that_is_only_a_label_is_an_error() -> None:
    (draft,) = drafts(TwoTurn(base=BASE), 0, ListWriter(says={"in the voice of the user": "User:"}))
    assert draft.error == "no whole text: it was only a label"


def test_same_seed_gives_the_same_conversation_and_personas_vary() -> None:
    assert drafts(TwoTurn(base=BASE), 5) == drafts(TwoTurn(base=BASE), 5)
    writer = ListWriter()
    for number in range(20):
        drafts(TwoTurn(base=BASE), number, writer)
    told = " ".join(writer.asks)
    assert "as most people would" in told and "more complex" in told and "short, critical" in told


def test_template_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "turn.txt").write_text("{history} {mood}")
    with pytest.raises(Refused, match="lacks {persona}"):
        TwoTurn(base=BASE, ask=str(tmp_path / "turn.txt")).check()
