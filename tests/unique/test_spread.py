"""Measures of spread, against values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.unique.spread import SAMPLE, coverage, distinct, entropy, lengths, spread, unique_rate, vendi


def test_distinct_2_is_the_share_of_different_pairs_of_words() -> None:
    assert distinct(["a b c", "A B, d"], 2) == pytest.approx(3 / 4)
    assert distinct(["a b"] * 10, 2) == pytest.approx(1 / 10)
    assert distinct(["one", ""], 2) is None


def test_unique_rate_does_not_look_at_case_and_space() -> None:
    assert unique_rate(["Why?", "why? ", "How?", "Who?"]) == 0.75
    assert unique_rate([]) is None


def test_entropy_is_in_bits() -> None:
    assert entropy(["a", "b", "c", "d"]) == pytest.approx(2)
    assert entropy(["a"] * 3 + ["b"]) == pytest.approx(0.8113, abs=1e-4)
    assert entropy(["a"] * 9) == 0
    assert entropy([]) is None


def test_coverage_is_of_the_known_topics() -> None:
    assert coverage(["a", "a", "c", "unknown"], ["a", "b", "c", "d"]) == 0.5
    assert coverage(["a"], []) is None


def test_lengths_fall_into_buckets_of_words() -> None:
    found = lengths(["", "one", "a b c d", "a b c d e", "word " * 320, "word " * 319])
    assert {name: count for name, count in found.items() if count} == {
        "0": 1,
        "1-4": 2,
        "5-9": 1,
        "160-319": 1,
        "320+": 1,
    }
    assert list(found)[:3] == ["0", "1-4", "5-9"]


def test_vendi_counts_what_has_nothing_in_common() -> None:
    assert vendi(["Why is the sky blue?"] * 20) == pytest.approx(1)
    assert vendi(["aaaa aaaa", "bbbb bbbb", "cccc cccc", "dddd dddd"]) == pytest.approx(4, rel=0.01)
    assert vendi(["aaaa aaaa"] * 5 + ["bbbb bbbb"] * 5) == pytest.approx(2, rel=0.01)
    assert vendi(["", "x", "\ud800"]) is not None
    assert vendi([]) is None


def test_vendi_looks_at_a_sample() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(map(str, rng.integers(0, 10**9, 5))) for _ in range(2 * SAMPLE)]
    found = vendi(texts)
    assert found is not None and 1 < found <= SAMPLE
    assert found == vendi(texts)


@given(st.lists(st.text(), min_size=1, max_size=12))
def test_measures_stay_in_their_bounds(texts: list[str]) -> None:
    found = spread(texts, paths=[(text,) for text in texts], known=texts)
    assert found.prompts == sum(found.words.values()) == len(texts)
    assert found.covered == 1
    assert found.unique is not None and 0 < found.unique <= 1
    assert found.distinct_2 is None or 0 < found.distinct_2 <= 1
    assert found.entropy is not None and 0 <= found.entropy <= math.log2(len(texts)) + 1e-9
    assert found.vendi is not None and 1 - 1e-6 <= found.vendi <= len(texts) + 1e-6


def test_topic_is_the_last_of_its_path() -> None:
    found = spread(["a", "b", "c"], paths=[("Science", "Tides"), ("Art", "Tides"), ()], known=["Tides", "Opera"])
    assert (found.topics, found.covered, found.entropy) == (1, 0.5, 0)
