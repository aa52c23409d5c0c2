"""What other people's rows become: conversations, first turns, moderation, and final answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.prompts.sources.shapes import boxed, conversation, final_answer, first_turn, flagged

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
ANSWERED = [*CHAT, {"role": "assistant", "content": "So."}]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": ANSWERED},
        {"conversation": ANSWERED, "messages": None},
        {
            "conversations": [
                {"from": "system", "value": "Be brief."},
                {"from": "human", "value": "Why?", "markdown": None},
                {"from": "gpt", "value": "So."},
            ]
        },
        {"conversations": ANSWERED},
    ],
)
def test_conversation_is_read_in_every_shape(row: dict[str, Any]) -> None:
    assert conversation(row) == ANSWERED
    assert first_turn(row) == "Why?"


@pytest.mark.parametrize(
    "turns", [[], ANSWERED[:1], ANSWERED[2:], [ANSWERED[0], ANSWERED[2]], [{**CHAT[1], "content": " "}]]
)
def test_conversation_that_the_user_does_not_begin_has_no_first_turn(turns: list[dict[str, str]]) -> None:
    assert first_turn({"messages": turns}) is None


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"text": "Why?"}, "has no 'conversations'; it has 'text'"),
        ({}, "has no 'conversations'; it has nothing"),
        ("Why?", "has no 'conversations'; it has nothing"),
        ({"conversations": "Why?"}, "is str, not a list of turns"),
        ({"conversations": 5}, "is int, not a list of turns"),
        ({"conversations": [{"from": "human"}]}, "has a turn without from and value"),
        ({"conversations": ["Why?"]}, "has a turn without from and value"),
        (
            {"conversations": [{"from": "cat", "value": "Why?"}]},
            "has the speaker 'cat'; the speakers are system, human",
        ),
        ({"conversations": [{"from": ["human"], "value": "Why?"}]}, r"has the speaker \['human'\]"),
        ({"conversations": [{"from": "human", "value": None}]}, "has a message whose content is NoneType, not text"),
        ({"conversation": [{"role": "cat", "content": "Why?"}]}, "has the role 'cat'; the roles are system, user"),
        ({"messages": 5}, "is int, neither text nor a list of messages"),
    ],
)
def test_other_shapes_are_said_to_be_wrong(row: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        conversation(row)


def test_one_flagged_turn_makes_a_conversation_unsafe() -> None:
    safe, unsafe = {"flagged": False, "categories": {"hate": False}}, {"flagged": True, "categories": {"hate": True}}
    assert [flagged({"openai_moderation": found}) for found in ([safe, unsafe], [safe], [], None, 5, [5, {}])] == [
        True, False, False, False, False, False,
    ]  # fmt: skip
    assert not flagged({})


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        ("84 / 2 = <<84/2=42>>42.\n#### 42", "42"),
        ("So it is.\n####  1,080 ", "1,080"),
        ("#### 7\nNo, wait.\n#### -3.5", "-3.5"),
        (r"So it is $\boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
        (r"First \boxed{1}, then $\boxed{\text{(A)} \sqrt{x^{2}}}$.", r"\text{(A)} \sqrt{x^{2}}"),
        (r"The set is $\boxed{\{1,2\}}$.", r"\{1,2\}"),
        (r"The pair is \boxed{\left\{1, \frac{a}{b}\right.}", r"\left\{1, \frac{a}{b}\right."),
        (r"$\fbox{3}$", "3"),
        (r"$\boxed 7$ of them.", "7"),
        (r"It is \boxed {12} .", "12"),
        (r"\boxed{\boxed{5}}", "5"),
        ("\\boxed{a\n b}", "a\n b"),
    ],
)
def test_final_answer_is_found(solution: str, answer: str) -> None:
    assert final_answer(solution) == answer


@pytest.mark.parametrize(
    ("solution", "sentence"),
    [
        ("It is 42.", r"with neither #### nor \\boxed"),
        (r"It is \boxed{42.", r"a \\boxed{ that is not closed"),
        (r"It is \boxed{\}", r"a \\boxed{ that is not closed"),
        (r"It is \boxed{ }", "an empty final answer"),
        ("It is\n####", "an empty final answer"),
        (None, "a solution that is NoneType, not text"),
    ],
)
def test_solution_without_a_final_answer_is_said_to_be_wrong(solution: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        final_answer(solution)


NESTED = st.recursive(
    st.text("ab1+\\ ", max_size=4).map(lambda text: text.replace("\\", "\\{")),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: "{" + "".join(parts) + "}"),
    max_leaves=8,
)


@given(inside=NESTED, before=st.text(max_size=9), after=st.text("ab{}$. ", max_size=9))
def test_box_is_read_to_the_brace_that_closes_it(inside: str, before: str, after: str) -> None:
    assert boxed(f"{before}\\boxed{{{inside}}}{after}") == inside.strip()
