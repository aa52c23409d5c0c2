"""Hash values of a text that agree with another's as often as the two texts are alike.

A signature is the smallest hash of a text's n-grams under each of many hash functions; two signatures agree in a place
with a probability that is the Jaccard similarity of the two sets (Broder 1997). Cut into bands of a few values each,
texts that are alike enough agree in all of at least one band, and others hardly ever do:

    bands = banded(["what is 2 + 2?", "what is 2 + 3?"], permutations=128, rows=6)    shape (2, 21)

All of it is arithmetic on whole arrays: a million short prompts take seconds, on one core.
"""

from collections.abc import Sequence

import numpy as np

from sdg_ray.unique.text import GRAM, padded

AT_ONCE = 1024  # texts: their n-grams should fit into a core's cache
ENOUGH = 0.99
Array = np.ndarray


def chance(similarity: float, permutations: int, rows: int) -> float:
    """The probability that two texts of this similarity share a band."""
    return 1 - (1 - similarity**rows) ** (permutations // rows)


def rows_in_band(similarity: float, permutations: int) -> int:
    """The longest bands, so the fewest idle comparisons, that still find nearly all pairs; 0 if there are none."""
    fitting = (rows for rows in range(1, permutations + 1) if chance(similarity, permutations, rows) >= ENOUGH)
    return max(fitting, default=0)


def banded(normals: Sequence[str], permutations: int, rows: int) -> Array:
    """A 64-bit value for every text and band."""
    found = np.empty((len(normals), permutations // rows), np.uint64)
    factors = _odd(permutations)
    for start in range(0, len(normals), AT_ONCE):
        texts = normals[start : start + AT_ONCE]
        found[start : start + len(texts)] = _bands(_signatures(texts, factors), rows)
    return found


def _odd(count: int) -> Array:
    """Odd factors: multiplying by one is a permutation of the numbers of 32 bits."""
    return np.random.default_rng(17).integers(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)


def _signatures(normals: Sequence[str], factors: Array) -> Array:
    """The smallest value of each text's n-grams under each permutation: (permutations, texts)."""
    hashed, starts = _hashed_grams([padded(text) for text in normals])
    permuted = np.empty_like(hashed)
    found = np.empty((len(factors), len(normals)), np.uint32)
    for place, factor in enumerate(factors):
        np.multiply(hashed, factor, out=permuted)
        np.minimum.reduceat(permuted, starts, out=found[place])
    return found


def _hashed_grams(texts: Sequence[str]) -> tuple[Array, Array]:
    """Hashes of all n-grams of all texts, one text after the other, and where each text's begin."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths)
    hashed = np.zeros(len(codes) - GRAM + 1, np.uint32)
    for offset in range(GRAM):
        hashed = hashed * np.uint32(0x01000193) + codes[offset : len(codes) - GRAM + 1 + offset]
    within = np.ones(len(codes), bool)
    for offset in range(1, GRAM):
        within[ends - offset] = False  # an n-gram that begins here ends in the next text
    return _mixed(hashed[within[: len(hashed)]]), np.concatenate([[0], np.cumsum(lengths - GRAM + 1)[:-1]])


def _mixed(values: Array) -> Array:
    """Numbers of 32 bits whose every bit depends on all bits of `values` (the finaliser of MurmurHash3)."""
    values = (values ^ (values >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    values = (values ^ (values >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))


def _bands(signatures: Array, rows: int) -> Array:
    """Each band of each text as one number: (texts, bands)."""
    bands = len(signatures) // rows
    found = np.zeros((signatures.shape[1], bands), np.uint64)
    for row in range(rows):
        values = signatures[row : bands * rows : rows].T.astype(np.uint64)
        found = (found ^ values) * np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(29)
    return found
