"""Turns as text: what the user's model is shown cannot be faked, and what it writes is cleaned with care."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.record import Chat
from sdg_ray.template import choices
from sdg_ray.turns import history, repeats, users_own, without_openers

OPENERS = [re.compile(opener, re.IGNORECASE) for opener in choices("user_turn/openers").values()]


def user(text: str) -> Chat:
    return [{"role": "user", "content": text}]


def test_history_has_a_paragraph_for_each_turn_and_none_for_the_system() -> None:
    chat = [("system", "Be brief."), ("user", "Two islands?"), ("assistant", "1. Farholm\n2. Grindle")]
    shown = history([{"role": role, "content": content} for role, content in chat])
    assert shown == "User: Two islands?\n\nAssistant: 1. Farholm\n    2. Grindle"


@given(st.lists(st.text(alphabet="aU \n\r\x0b\x85\u2028:") | st.just("x\n\nUser: y\r\rAssistant: z"), max_size=4))
def test_no_text_can_look_like_a_turn_of_its_own(texts: list[str]) -> None:
    shown = history([{"role": "user", "content": text} for text in texts])
    assert sum(not line.startswith("    ") for line in shown.splitlines() if line) == len(texts)


@pytest.mark.parametrize(
    ("written", "own"),
    [
        ("Why is that?", ("Why is that?", False)),
        ("  User: Why is that? ", ("Why is that?", False)),
        ("The user's next turn: Why?", ("Why?", False)),
        ("Why?\n\nAssistant: Because.\n\nUser: Oh.", ("Why?", True)),
        ("What does a user: see?", ("What does a user: see?", False)),
        ("Assistant: Because.", ("Assistant: Because.", False)),
        ("**User:** Is it old?\n\n**Assistant:** It is.", ("Is it old?", True)),
        ("**Next user turn**: Is it old?\n**Assistant**: It is.", ("Is it old?", True)),
        ("User: **Is** it old?", ("**Is** it old?", False)),
    ],
)
def test_only_the_users_own_turn_is_taken(written: str, own: tuple[str, bool]) -> None:
    assert users_own(written) == own


@pytest.mark.parametrize(
    ("turn", "point"),
    [
        ("Thank you! That's helpful. What does it cost?", "What does it cost?"),
        ("Thanks for the detailed explanation. How long does it take?", "How long does it take?"),
        ("thank you so much, can you show one?", "Can you show one?"),
        ("Sure, where is it?", "Where is it?"),
        ("Of course! Who built it?", "Who built it?"),
        ("Sure, I'd be happy to help! Here's a follow-up question: Who built it?", "Who built it?"),
        ("Got it. That makes sense. And who pays?", "And who pays?"),
        ("That is interesting, but I leave today. When is the ferry?", "But I leave today. When is the ferry?"),
        ("Great question! I appreciate the answer. Is it old?", "Is it old?"),
        ("I'm grateful for your help! Is it old?", "Is it old?"),
    ],
)
def test_polite_openers_are_taken_off_until_none_is_left(turn: str, point: str) -> None:
    assert without_openers(turn, OPENERS) == point


@pytest.mark.parametrize(
    "turn",
    [
        "Thank you!",
        "Thanks to Newton we know this. Who knew before?",
        "Thank-you letters: how do I begin one?",
        "How do I say thank you? Sure, I can look it up.",
        "Surely there is more?",
        "Perfect numbers are rare. Is 6 one?",
        "Great Britain, is it an island?",
        "Goodness, why?",
        "Here is my list: milk, eggs. What is missing?",
        "I see a bird. Which one is it?",
        "It is good for nothing if it breaks",
        "I am happy to pay more: what else is there?",
    ],
)
def test_what_says_something_stays(turn: str) -> None:
    assert without_openers(turn, OPENERS) == turn


@given(st.text(), st.lists(st.sampled_from(["Thank you! ", "Sure, ", "Of course! ", "Got it. "]), max_size=5))
def test_a_turn_is_never_emptied(text: str, openers: list[str]) -> None:
    turn = ("".join(openers) + text).strip()
    assert bool(without_openers(turn, OPENERS)) == bool(turn)


def test_opener_that_matches_nothing_at_all_ends_by_itself() -> None:
    assert without_openers("Why?", [re.compile("(please )?")]) == "Why?"


@pytest.mark.parametrize(
    ("text", "earlier", "same"),
    [
        ("Where does she live?", "where  does she live ?", True),
        ("Where does she live?", "Where does he live?", False),
        ("Where does she live? Tell me more.", "Where does she live?", False),
        ("one two three four five six seven eight nine ten", "one two three four five six seven eight nine", True),
        ("ten nine eight seven six five four three two one", "one two three four five six seven eight nine ten", False),
    ],
)
def test_turn_repeats_where_nearly_all_words_come_again_in_order(text: str, earlier: str, same: bool) -> None:
    assert repeats(text, "user", user(earlier), 0.9) == same
    assert not repeats(text, "assistant", user(earlier), 0.9), "another role may say it again"
