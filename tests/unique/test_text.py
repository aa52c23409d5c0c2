"""The normal form, and the n-grams of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.unique.text import GRAM, grams, jaccard, normal, words


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("What is it?", "  what\tis\n\nIT? "),
        ("caf\u00e9", "cafe\u0301"),
        ("\u00c9COLE", "e\u0301cole"),
        ("STRASSE", "stra\u00dfe"),
        ("na\u00a0ive", "na ive"),
        ("\u03b1\u0345\u0301", "\u0391\u0301\u0345"),
    ],
)
def test_normal_forms_are_equal_whatever_the_case_the_space_and_the_encoding(text: str, other: str) -> None:
    assert normal(text) == normal(other)


@pytest.mark.parametrize(
    ("text", "other"), [("2 + 2?", "2 - 2?"), ("x\u00b2", "x2"), ("a b", "ab"), ("resume", "r\u00e9sum\u00e9")]
)
def test_normal_forms_differ_where_the_question_does(text: str, other: str) -> None:
    assert normal(text) != normal(other)


@given(st.text())
def test_normal_form_does_not_depend_on_how_letters_are_composed(text: str) -> None:
    assert normal(unicodedata.normalize("NFC", text)) == normal(unicodedata.normalize("NFD", text)) == normal(text)


def test_each_character_of_a_text_without_spaces_is_a_word() -> None:
    assert words(normal("What's 2 + 2? x_1, Früh")) == ["what", "s", "2", "2", "x_1", "früh"]
    assert words("3个苹果、ピカード・abc") == ["3", "个", "苹", "果", "ピ", "カ", "ー", "ド", "abc"]


@given(st.text())
def test_every_text_has_an_n_gram_and_all_are_of_one_length(text: str) -> None:
    found = grams(text)
    assert found
    assert {len(gram) for gram in found} == {GRAM}
    assert jaccard(found, found) == 1


def test_similarity_is_intersection_over_union() -> None:
    assert grams("banana") == {"banan", "anana"}
    assert jaccard(grams("banana"), grams("bananas")) == pytest.approx(2 / 3)
    assert jaccard(grams("banana"), grams("cherry")) == 0


def test_words_are_without_punctuation() -> None:
    assert words(normal("Don't say \u201cNo\u201d to x_1 = 3.5!")) == ["don", "t", "say", "no", "to", "x_1", "3", "5"]
