"""Which of a run's candidates are exported: the kept ones for SFT, the pairs for preferences.

Choice(sft="best", by="reward").picks("sft", row)           [2]: the kept candidate with the highest score
Choice(sft="best", by="reward").picks("preference", row)    [{chosen: 2, rejected: 0, margin: 2.3, by: "reward"}]

A pick is all that the first pass over a run needs; only the second reads texts and makes an example of it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.record import hashed

Row = Mapping[str, Any]
SFT = ("best", "all_kept")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`sft` is best or all_kept. `by` names the scorer, if there is one, that says which kept candidate is best.

    Its scores are also the rewards of a pair; with `rpo` a pair has to have both.
    """

    sft: str
    by: str | None
    rpo: bool

    def columns(self, kinds: Sequence[str]) -> list[str]:
        """The columns that `picks` looks at, and those that say which prompts belong together."""
        needed = {"sft": "keep", "preference": "pairs"}
        return ["family", "prompt", "origin", *self._scores(), *(needed[kind] for kind in kinds)]

    def columns_with_texts(self, kinds: Sequence[str]) -> list[str]:
        """The columns that `examples` looks at."""
        return [*self.columns(kinds), "responses", "answered"]

    def picks(self, kind: str, row: Row) -> list[Any]:
        """What is taken of a row: numbers of candidates, or pairs."""
        if kind == "sft":
            return self._kept(row)
        return [pair for pair in row["pairs"] if not self.rpo or self._rewarded(row, pair)]

    def example(self, kind: str, row: Row, pick: Any) -> Demonstration | Preference:
        """A pick with its texts."""
        if kind == "sft":
            return self._demonstration(row, pick)
        chosen, rejected = (self._demonstration(row, pick[end]) for end in ("chosen", "rejected"))
        return Preference(chosen=chosen, rejected=rejected, margin=pick["margin"], by=pick["by"])

    def _kept(self, row: Row) -> list[int]:
        kept = [i for i, keep in enumerate(row["keep"]) if keep]
        if self.sft == "best" and kept:
            equal = random.Random(hashed("best", row["prompt_id"]))  # the first would always be one generator's
            return [max(kept, key=lambda i: (self._rank(self._score(row, i)), equal.random()))]
        return kept

    def _rewarded(self, row: Row, pair: Mapping[str, Any]) -> bool:
        return None not in (self._score(row, pair["chosen"]), self._score(row, pair["rejected"]))

    def _demonstration(self, row: Row, i: int) -> Demonstration:
        answered = row["answered"][i]
        return Demonstration(
            prompt_id=row["prompt_id"],
            prompt=row["prompt"],
            response=row["responses"][i],
            model=answered["model"],
            tokens=answered["tokens"] or 0,
            score=self._score(row, i),
        )

    def _score(self, row: Row, i: int) -> float | None:
        return row[f"score_{self.by}"][i] if self.by else None

    def _scores(self) -> list[str]:
        return [f"score_{self.by}"] if self.by else []

    def _rank(self, score: float | None) -> float:
        """Unscored ones come last."""
        return float("-inf") if score is None else score
