"""ROUGE-L against figures worked out by hand, and what must hold of any two texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.prompts.rouge import rouge_l


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("the cat sat on the mat", "the dog sat on a mat", 4 / 6),
        ("the gunman was shot by police", "police shot the gunman", 2 * 2 / 10),
        ("a b c d", "b d", 2 * 2 / 6),
        ("a b c", "c b a", 1 / 3),
        ("Why, oh why?", "why oh WHY", 1.0),
        ("one two", "three four", 0.0),
        ("", "", 0.0),
        ("?!", "word", 0.0),
        ("\u00dcber den Wolken", "\u00fcber den Wolken", 1.0),
    ],
)
def test_likeness_is_the_f_measure_of_the_longest_common_sequence(one: str, other: str, likeness: float) -> None:
    assert rouge_l(one, other) == pytest.approx(likeness)


words = st.lists(st.sampled_from("abcd"), min_size=1, max_size=9).map(" ".join)


@given(words, words)
def test_likeness_is_symmetric_between_0_and_1_and_1_for_the_same(one: str, other: str) -> None:
    assert rouge_l(one, other) == rouge_l(other, one)
    assert 0 <= rouge_l(one, other) <= 1 == rouge_l(one, one)
    assert (rouge_l(one, other) == 1) == (one == other)
