"""Answers that are the reference, word for word."""

import pytest

from sdg_ray.scorers.exact import Exact
from tests.scorers.scoring import columns, scores


@pytest.mark.parametrize("answer", ["Tolland", " tolland.\n", "TOLLAND!", "**Tolland**", '"Tolland"', "(Tolland)"])
def test_case_spaces_and_punctuation_at_the_ends_do_not_count(answer: str) -> None:
    assert scores(Exact(), "Tolland", answer) == [1.0]


@pytest.mark.parametrize("answer", ["In Tolland", "Tol land", "Saltby", "", "Tolland, Saltby"])
def test_other_words_are_wrong(answer: str) -> None:
    assert scores(Exact(), "Tolland", answer) == [0.0]


def test_signs_that_change_a_number_are_no_punctuation() -> None:
    assert scores(Exact(), "5", "-5", "$5", "5%", ".5", "5.") == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_what_counts_can_be_said() -> None:
    assert scores(Exact(case=True), "Tolland", "tolland", "Tolland.") == [0.0, 1.0]
    assert scores(Exact(spaces=True), "a b", "a  b", "A b!") == [0.0, 1.0]
    assert scores(Exact(punctuation=True), "a b", "a b.", "A  b") == [0.0, 1.0]


def test_punctuation_alone_is_compared_as_it_is() -> None:
    assert scores(Exact(), "?!", "?!", "?") == [1.0, 0.0]


def test_letters_composed_in_two_ways_are_equal() -> None:
    assert scores(Exact(), "caf\u00e9", "cafe\u0301") == [1.0]


@pytest.mark.parametrize("reference", [None, "", "  \n"])
def test_without_a_reference_there_is_no_score(reference: str | None) -> None:
    assert scores(Exact(), reference, "a", "") == [None, None]


def test_columns() -> None:
    assert columns(Exact(), "a", "A", "b") == {"score_exact": [1.0, 0.0]}
