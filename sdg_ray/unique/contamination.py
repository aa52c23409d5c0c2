"""Contamination: prompts that hold a run of words of an evaluation set.

    check = Contamination(normals, {"gsm8k": normals_of_the_set}, ngram=13)
    check.find(7)  ->  "contaminated: gsm8k: natalia sold clips to 48 of her friends in april and then she"

A text of fewer than `ngram` words is one run as a whole. One of a few words only would be found in many a prompt by
accident ("yes", "the capital of France"), so that a prompt must be it, and not just hold it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sdg_ray.unique.text import words

FEW = 5


class Contamination:
    """Which run of `ngram` words of which evaluation set a prompt holds."""

    def __init__(self, normals: Sequence[str], sets: Mapping[str, Iterable[str]], ngram: int) -> None:
        self.normals, self.ngram = normals, ngram
        self.few = min(FEW, ngram)
        self.whole: dict[str, str] = {}
        self.runs: dict[str, str] = {}
        self.lengths: dict[str, set[int]] = {}  # of the runs that begin with these few words
        for name, texts in sets.items():
            for text in texts:
                self._add(name, words(text))

    def find(self, row: int) -> str | None:
        """The first run of words that an evaluation set has too, as a reason."""
        found = words(self.normals[row])
        whole = " ".join(found)
        if whole in self.whole:
            return f"contaminated: {self.whole[whole]}: {whole}"
        hits = (run for run in self._known_runs(found) if run in self.runs)
        run = next(hits, None)
        return None if run is None else f"contaminated: {self.runs[run]}: {run}"

    def keep(self, row: int) -> None:
        """Nothing to remember: an evaluation set is the same for all rows."""

    def _add(self, name: str, found: Sequence[str]) -> None:
        if 0 < len(found) < self.few:
            self.whole.setdefault(" ".join(found), name)
        size = min(len(found), self.ngram)
        for at in range(len(found) - size + 1) if size >= self.few else ():
            self.runs.setdefault(" ".join(found[at : at + size]), name)
            self.lengths.setdefault(" ".join(found[at : at + self.few]), set()).add(size)

    def _known_runs(self, found: Sequence[str]) -> Iterator[str]:
        """The runs in a prompt's words that begin as a run of an evaluation set does."""
        for at in range(len(found) - self.few + 1):
            for size in sorted(self.lengths.get(" ".join(found[at : at + self.few]), ())):
                yield " ".join(found[at : at + size])
