"""Options: named by their letter in many ways, or said."""

import json

import pytest

from sdg_ray.scorers.multiple_choice import MultipleChoice, choice
from tests.scorers.scoring import columns, scores

CITIES = json.dumps({"answer": "B", "choices": ["Rome", "Paris", "New York"]})


@pytest.mark.parametrize(
    "answer",
    [
        "B",
        "(B)",
        "B.",
        "B)",
        "answer: B",
        "Answer: (B)",
        "The answer is B.",
        "the correct answer is **B**",
        "The correct answer is option B.",
        "The answer is: B) Paris",
        "**B**",
        "**B) Paris**",
        r"So it is $\boxed{B}$.",
        r"\boxed{\text{(B)}}",
        "A) is too large, C) is too small.\nAnswer: B",
        "(A) cannot be, so it must be (B)",
        "First I thought the answer is A, but the answer is B.",
        "It rains a lot there.\n\nB",
        "B. Because it rains.",
        "I would choose option B",
        "ANSWER: B",
        "the answer is `B`",
        "The correct answer is B since it is.",
        "The answer is B because Paris is the capital.",
        "At first glance (A) looks right. But the answer is B because it rains.",
        "The answer is **B** because it rains.",
        "The correct option is B as shown above.",
        "The best choice is B which is Paris.",
        "The answer is B Paris",
        "The answer is B I think",
        "The answer is B not C",
        "I think the answer is B for two reasons.",
        "I would choose option B over C",
        "Answer: B\nBecause it rains.",
        "Answer: B\n\nC is too small.",
        "Option B is correct.",
        "Option A is too large. Option B is clearly the best choice. Option C is too small.",
        "The answer is B. Option C is wrong.",
    ],
)
def test_ways_to_choose(answer: str) -> None:
    assert choice(answer) == "B"


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("The answer is A because it rains.", "A"),
        ("The answer is A and here is why.", "A"),
        ("The correct option is A as shown above.", "A"),
        ("Option A is correct.", "A"),
        ("Answer: A\n\nParis is the capital.", "A"),
        ("The answer is I since it rains.", "I"),
        ("Option I must be the right one, so option I is right.", "I"),
    ],
)
def test_a_letter_that_is_a_word_is_chosen_where_no_sentence_begins_with_it(answer: str, letter: str) -> None:
    assert choice(answer) == letter


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "It depends.",
        "A good question is half of it.",
        "I do not know.",
        "The answer is a matter of taste.",
        "The answer is A matter of taste",
        "The answer is A bit of both.",
        "The answer is A so-called paradox.",
        "The answer is A Tale of Two Cities",
        "My answer: I think it depends.",
        "The answer is I do not know.",
        "The answer is B or C",
        "The answer is A and B",
        "Option B is not correct.",
        "Option B is the best-known city, option C describes another.",
        "K",
        "(Z)",
    ],
)
def test_nothing_is_chosen(answer: str) -> None:
    assert choice(answer) is None


def test_another_choice_is_wrong_and_so_is_none() -> None:
    assert scores(MultipleChoice(), "(B)", "B", "**C**", "It depends.") == [1.0, 0.0, 0.0]


def test_options_may_be_said_where_the_reference_has_them() -> None:
    answers = ("Paris", "paris.", "It is Paris.", "Rome or Paris", "The answer is (B).", "Rome", "D", "**C**")
    assert scores(MultipleChoice(), CITIES, *answers) == [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_reference_may_name_the_option_by_its_text() -> None:
    reference = json.dumps({"answer": "New York", "choices": ["Rome", "Paris", "New York"]})
    assert scores(MultipleChoice(), reference, "C", "new york", "B") == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "",
        "42",
        "K",
        "AB",
        "{}",
        "[1]",
        "[" * 100_000,
        '{"answer": "D", "choices": ["x", "y"]}',
        '{"answer": "z", "choices": ["x", "y"]}',
        '{"answer": "x", "choices": ["x", "X"]}',
        '{"answer": "A", "choices": 7}',
    ],
)
def test_reference_that_is_no_choice_gives_no_score(reference: str | None) -> None:
    assert scores(MultipleChoice(), reference, "B") == [None]


def test_columns() -> None:
    found = columns(MultipleChoice(), "B", "B", "hm")
    assert found == {
        "score_multiple_choice": [1.0, 0.0],
        "parts_multiple_choice": [{"choice": "B"}, {"choice": None}],
    }
