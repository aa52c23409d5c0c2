"""Every instruction on answers written by hand."""

import json
from collections import Counter

import pytest

from sdg_ray.instructions import INSTRUCTIONS, check
from tests.instructions.cases import (
    Case,
    case,
    combination,
    content,
    format,
    keywords,
    language,
    length,
    punctuation,
    startend,
)

GROUPS = (case, combination, content, format, keywords, language, length, punctuation, startend)
CASES = [each for group in GROUPS for each in group.CASES]


def asking_for(each: Case) -> str:
    return json.dumps({"instruction_id_list": [each.id], "kwargs": [each.kwargs]})


@pytest.mark.parametrize("each", CASES, ids=lambda each: f"{each.id} {list(each.kwargs.values())}")
def test_answers_are_told_apart(each: Case) -> None:
    wrong = [text[:200] for text, follows in each.answers() if check(asking_for(each), text) != [follows]]
    assert not wrong


@pytest.mark.parametrize("each", CASES, ids=lambda each: f"{each.id} {list(each.kwargs.values())}")
def test_line_ends_of_windows_change_nothing(each: Case) -> None:
    wrong = [
        text[:200]
        for text, follows in each.answers()
        if check(asking_for(each), text.replace("\n", "\r\n")) != [follows]
    ]
    assert not wrong


def test_every_instruction_has_six_of_each() -> None:
    following, failing = Counter[str](), Counter[str]()
    for each in CASES:
        following[each.id] += len(each.follow)
        failing[each.id] += len(each.fail)
    assert following.keys() == failing.keys() == INSTRUCTIONS.keys()
    assert min(following.values()) >= 6 and min(failing.values()) >= 6


@pytest.mark.parametrize("empty", ["", " ", "\n\r\n\t", "\u2003"])
@pytest.mark.parametrize("each", CASES, ids=lambda each: each.id)
def test_an_empty_answer_follows_nothing(each: Case, empty: str) -> None:
    assert check(asking_for(each), empty) == [False]
