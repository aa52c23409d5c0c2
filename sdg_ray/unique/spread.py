"""How varied a list of prompts is: the measures by which one family or setting is compared with another.

    found = spread(texts, paths=[("Science", "Tides"), ...], known=["Tides", "Volcanoes"])
    found.distinct_2, found.vendi

Every measure is a pure function of its own. Those that depend on how many prompts there are (unique, distinct_2,
entropy, vendi) compare only lists of the same length.
"""

import math
import random
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sdg_ray.unique.semantic import Semantic
from sdg_ray.unique.text import normal, words

SAMPLE = 500  # prompts that the Vendi score looks at: it takes the eigenvalues of a matrix of this size
DIMENSIONS = 4096
LENGTHS = (1, 5, 10, 20, 40, 80, 160, 320)  # in words: where a bucket begins


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The measures of a list of prompts; None where there is nothing to measure by."""

    prompts: int
    unique: float | None  # share of the texts that are left when exact repetitions go
    distinct_2: float | None  # share of the pairs of neighbouring words that are left so
    topics: int  # different ones that occur
    covered: float | None  # share of the known topics that occur
    entropy: float | None  # of the topics, in bits; evenly spread, it is the logarithm of their number
    vendi: float | None  # how many prompts that have nothing in common would be as varied
    words: Mapping[str, int]  # prompts by length: {"5-9": 12, ...}


def spread(
    texts: Sequence[str],
    paths: Sequence[Sequence[str]] = (),
    known: Collection[str] = (),
    semantic: Semantic | None = None,
) -> Spread:
    """All measures of `texts`; `paths` are their topic paths and `known` the topics there are."""
    topics = [path[-1] for path in paths if path]
    return Spread(
        prompts=len(texts),
        unique=unique_rate(texts),
        distinct_2=distinct(texts, 2),
        topics=len(set(topics)),
        covered=coverage(topics, known),
        entropy=entropy(topics),
        vendi=vendi(texts, semantic),
        words=lengths(texts),
    )


def unique_rate(texts: Sequence[str]) -> float | None:
    """The share of different texts, whatever their case and white space."""
    return len({normal(text) for text in texts}) / len(texts) if texts else None


def distinct(texts: Sequence[str], n: int) -> float | None:
    """The share of different ones among all runs of `n` words (distinct-n of Li et al. 2016)."""
    runs: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        found = words(normal(text))
        runs.update(tuple(found[at : at + n]) for at in range(len(found) - n + 1))
    return len(runs) / runs.total() if runs else None


def coverage(topics: Sequence[str], known: Collection[str]) -> float | None:
    """The share of the known topics that occur."""
    return len(set(topics) & set(known)) / len(set(known)) if known else None


def entropy(topics: Sequence[str]) -> float | None:
    """Shannon's entropy of how often each topic occurs, in bits."""
    shares = [count / len(topics) for count in Counter(topics).values()]
    return sum(-share * math.log2(share) for share in shares) if topics else None


def lengths(texts: Sequence[str]) -> dict[str, int]:
    """How many texts have how many words, in buckets that double; texts without a word are under 0."""
    counted = Counter(bisect_right(LENGTHS, len(words(normal(text)))) for text in texts)
    names = ["0", *(f"{low}-{high - 1}" for low, high in pairwise(LENGTHS)), f"{LENGTHS[-1]}+"]
    return {name: counted[bucket] for bucket, name in enumerate(names)}


def vendi(texts: Sequence[str], semantic: Semantic | None = None) -> float | None:
    """The Vendi score (Friedman and Dieng 2023) of a sample: the exponential of the entropy of eigenvalues.

    Similarity is the cosine of embeddings, or without a model that of the texts' character trigrams: from 1, where all
    are the same, to the size of the sample, where none have anything in common.
    """
    if not texts:
        return None
    sample = random.Random(0).sample(list(texts), min(SAMPLE, len(texts)))
    vectors = trigrams(sample) if semantic is None else semantic.embed(sample).cpu().numpy()
    values = np.linalg.eigvalsh((vectors @ vectors.T).astype(np.float64) / len(sample))
    shares = values[values > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def trigrams(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of how often a text's character trigrams fall into each of `DIMENSIONS` places."""
    found = np.zeros((len(texts), DIMENSIONS))
    for row, text in enumerate(texts):
        letters = f" {normal(text)} ".ljust(3)
        for at in range(len(letters) - 2):
            found[row, zlib.crc32(letters[at : at + 3].encode("utf-8", "surrogatepass")) % DIMENSIONS] += 1
    return found / np.linalg.norm(found, axis=1, keepdims=True)
