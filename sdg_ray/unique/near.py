"""Near-duplicates: prompts that share most of their characters, and differ in a word or two.

    check = Near(ids, normals, similarity=0.8, permutations=256)
    check.keep(0)
    check.find(1)  ->  "near-duplicate: 0.83 like 5e0c..."

Candidates share a band of their MinHash signatures; each is then compared by its true Jaccard similarity, so nothing is
marked by accident. Only kept prompts are remembered, and a crowd of prompts that all look alike is bounded twice over:
in what a bucket remembers, and in how many candidates one prompt is compared with.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sdg_ray.unique.minhash import Array, banded, rows_in_band
from sdg_ray.unique.text import grams, jaccard

CROWD = 256  # kept prompts that one bucket remembers
COMPARED = 16  # candidates that one prompt is compared with: those that share the most bands
REMEMBERED = 8192  # sets of n-grams: a crowd is compared with the same few prompts again and again


class Near:
    """Which kept prompt a prompt is most like, if it is at least `similarity`."""

    def __init__(self, ids: Sequence[str], normals: Sequence[str], similarity: float, permutations: int) -> None:
        self.ids, self.normals, self.similarity = ids, normals, similarity
        bands = banded(normals, permutations, rows_in_band(similarity, permutations))
        self.buckets = _shared(bands)
        self.lonely: Array = np.all(self.buckets < 0, axis=1)
        self.grams = lru_cache(REMEMBERED)(lambda row: grams(normals[row]))
        self.kept: dict[int, list[int]] = {}

    def find(self, row: int) -> str | None:
        """The most similar kept prompt, as a reason."""
        if self.lonely[row]:
            return None
        similarity, earlier = self._closest(row)
        return f"near-duplicate: {similarity:.2f} like {self.ids[earlier]}" if similarity >= self.similarity else None

    def keep(self, row: int) -> None:
        """Remember `row` for later ones."""
        for bucket in () if self.lonely[row] else self._buckets(row):
            crowd = self.kept.setdefault(bucket, [])
            if len(crowd) < CROWD:
                crowd.append(row)

    def _closest(self, row: int) -> tuple[float, int]:
        """The similarity of the most similar candidate, and which one that is; 0 where there is none."""
        shared = Counter(earlier for bucket in self._buckets(row) for earlier in self.kept.get(bucket, ()))
        own = self.grams(row) if shared else set()
        alike = ((jaccard(own, self.grams(earlier)), -earlier) for earlier, _ in shared.most_common(COMPARED))
        similarity, earlier = max(alike, default=(0.0, 0))
        return similarity, -earlier

    def _buckets(self, row: int) -> list[int]:
        return [bucket for bucket in self.buckets[row].tolist() if bucket >= 0]


def _shared(bands: Array) -> Array:
    """The number of the bucket that each text falls into in each band; -1 where it is alone, as most are."""
    found = np.full(bands.shape, -1, np.int32)
    first = 0
    for band in range(bands.shape[1]):
        _, inverse, sizes = np.unique(bands[:, band], return_inverse=True, return_counts=True)
        crowded = sizes > 1
        numbers = np.where(crowded, np.cumsum(crowded) - 1 + first, -1)
        found[:, band] = numbers[inverse]
        first += int(crowded.sum())
    return found
