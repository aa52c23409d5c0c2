"""Which prompts of a run repeat an earlier one, and which stand too close to an evaluation set.

    unique = Unique(evaluation={"gsm8k": EvaluationSet(source="gsm8k-test.jsonl", column="question")})
    unique.marks([("a", "What is 2 + 2?"), ("b", "what is  2 + 2?")])  ->  {"b": "duplicate: of a"}

Rows are judged in their order, and against earlier rows that were kept: so the marks of a run that grows stay as they
were, and one of each group of repetitions is always left.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sdg_ray.errors import Refused
from sdg_ray.unique.contamination import Contamination
from sdg_ray.unique.evaluation import EvaluationSet
from sdg_ray.unique.exact import Exact
from sdg_ray.unique.minhash import rows_in_band
from sdg_ray.unique.near import Near
from sdg_ray.unique.semantic import SameMeaning, Semantic
from sdg_ray.unique.text import normal


class Check(Protocol):
    """One way in which a row can fail."""

    def find(self, row: int) -> str | None:
        """Why this row is not kept."""

    def keep(self, row: int) -> None:
        """Remember a row that is kept, by every check."""


@dataclass(frozen=True, kw_only=True)
class Unique:
    """How alike is too alike.

    Similarity is that of the sets of runs of five characters (Jaccard). For short prompts words are too coarse: one
    changed word takes three out of twenty word trigrams, and a language without spaces has one word. At 0.8, one word
    changed in twenty is a near-duplicate, and one in ten is not.
    """

    similarity: float = 0.8
    permutations: int = 256  # of MinHash: more find more of what is just at `similarity`, and cost time
    semantic: Semantic | None = None
    evaluation: Mapping[str, EvaluationSet] = field(default_factory=dict)
    ngram: int = 13  # words that a prompt may not share in a row with an evaluation set

    def check(self) -> None:
        """Raise `Refused` where a setting cannot work."""
        if not 0 < self.similarity <= 1:
            raise Refused(f"unique.similarity must lie above 0 and not above 1; it is {self.similarity}")
        if not rows_in_band(self.similarity, self.permutations):
            raise Refused(
                f"unique.permutations={self.permutations} are too few to find what is alike by {self.similarity}; "
                "give more of them, or a higher similarity"
            )
        if self.ngram < 1:
            raise Refused(f"unique.ngram must be at least one word; it is {self.ngram}")
        if self.semantic is not None:
            self.semantic.check()

    def marks(self, rows: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The reason of every row (its id and its text) that is not kept."""
        given = list(rows)
        ids, texts = [each for each, _ in given], [text for _, text in given]
        checks = list(self._checks(ids, texts))
        found: dict[str, str] = {}
        for row, name in enumerate(ids):
            if reason := _reason(checks, row):
                found[name] = reason
            else:
                for check in checks:
                    check.keep(row)
        return found

    def _checks(self, ids: Sequence[str], texts: Sequence[str]) -> Iterator[Check]:
        """What is looked for, in this order: the first reason is the one that is given."""
        normals = [normal(text) for text in texts]
        yield Exact(ids, normals)
        yield Near(ids, normals, self.similarity, self.permutations)
        if self.semantic is not None:
            yield SameMeaning(ids, self.semantic.embed(texts), self.semantic.similarity)
        if self.evaluation:
            sets = {name: [normal(text) for text in each.texts] for name, each in self.evaluation.items()}
            yield Contamination(normals, sets, self.ngram)


def _reason(checks: Sequence[Check], row: int) -> str | None:
    """What the first check that finds something says."""
    for check in checks:
        if reason := check.find(row):
            return reason
    return None
