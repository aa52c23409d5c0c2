"""Build preference pairs: a kept candidate that is better against one that is worse, and what says so.

    truth    a verifier knows: chosen is right and rejected is wrong (technical report, section 3.2.3)
    by       else the first of these scorers that tells two candidates apart: reward model, judge

A judge's pair needs the judge's own word on these two, the same in both orders.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import pyarrow as pa

from sdg_ray.errors import Refused
from sdg_ray.filters.min_score import reaches
from sdg_ray.record import PAIRS, hashed
from sdg_ray.stage import Columns

STRATEGIES = ("best_worst", "best_random", "all")
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Pairs of one prompt's candidates.

    Chosen has to be kept; rejected need not be, for what is wrong with it is the lesson. `strategy` says which of all
    pairs are taken: the one with the largest margin (best_worst), the best against any (best_random), or all. Where
    there is no truth, `chosen_at_least` asks more of the chosen's `quality` score than the selection did, for all
    families or in `families` for some: harsh for DPO, left out for RPO, which learns from the rewards of both and needs
    them (`rewarded`). `models` pairs only candidates of these generators: a policy's own. `max_length_ratio` leaves out
    pairs whose chosen is more than that many times as long as rejected, in tokens.
    """

    truth: Sequence[str] = ()
    by: Sequence[str] = ("reward",)
    judges: Sequence[str] = ()
    strategy: str = "best_worst"
    min_margin: float = 0.0
    quality: str = "reward"
    chosen_at_least: float | None = None
    families: Mapping[str, float] = field(default_factory=dict)
    rewarded: bool = False
    models: Sequence[str] = ()
    max_length_ratio: float | None = None
    seed: int = 0

    writes = PAIRS

    @property
    def reads(self) -> tuple[str, ...]:
        """What was kept, the scores, and what else the settings ask about."""
        columns = {f"score_{name}" for name in (*self.truth, *self.by)} | {f"parts_{name}" for name in self.judges}
        if self.rewarded or self.chosen_at_least is not None or self.families:
            columns.add(f"score_{self.quality}")
        if self.families:
            columns.add("family")
        if self.models or self.max_length_ratio is not None:
            columns.add("answered")
        return ("keep", *sorted(columns))

    def check(self) -> None:
        """Raise `Refused` for a strategy there is not, a judge that is not asked, or nobody to decide."""
        if self.strategy not in STRATEGIES:
            raise Refused(f"preferences.strategy is {self.strategy!r}; it can be {', '.join(STRATEGIES)}")
        if unknown := sorted(set(self.judges) - set(self.by)):
            raise Refused(f"preferences.judges names {unknown[0]!r}, which is not in preferences.by")
        if not self.truth and not self.by:
            raise Refused("preferences has neither truth nor by: name the scorer that decides")

    def open(self) -> Columns:
        """The function."""
        return self._pair

    async def _pair(self, table: pa.Table) -> pa.Table:
        rows = table.select(["prompt_id", *self.reads]).to_pylist()
        return pa.table({"pairs": [self._pairs(row) for row in rows]}, schema=self.writes)

    def _pairs(self, row: Row) -> list[dict[str, Any]]:
        """The pairs of one row, by the first that can tell; where truth is known, nobody else is asked."""
        for name in (*self.truth, *self.by):
            pairs = list(self._possible(row, name))
            if pairs or (name in self.truth and any(score is not None for score in row[f"score_{name}"])):
                return self._taken(pairs, row)
        return []

    def _possible(self, row: Row, name: str) -> Iterator[dict[str, Any]]:
        """All pairs that `name` orders and that nothing speaks against."""
        scores = row[f"score_{name}"]
        told = [i for i, score in enumerate(scores) if score is not None and self._may_stand(row, i)]
        for chosen, rejected in permutations(told, 2):
            margin = scores[chosen] - scores[rejected]
            if margin <= self._least(name) or not row["keep"][chosen]:
                continue
            if name in self.truth or self._good_enough(row, chosen):
                if self._agreed(row, name, chosen, rejected) and self._alike_in_length(row, chosen, rejected):
                    yield {"chosen": chosen, "rejected": rejected, "margin": margin, "by": name}

    def _least(self, name: str) -> float:
        """The margin that is not enough; a verdict, by truth or by a judge, is one at any margin."""
        return 0.0 if name in (*self.truth, *self.judges) else max(0.0, self.min_margin)

    def _taken(self, pairs: list[dict[str, Any]], row: Row) -> list[dict[str, Any]]:
        """What the strategy takes; among equals it falls to chance, for the first would always be one generator's."""
        if not pairs or self.strategy == "all":
            return pairs
        equal = random.Random(hashed(self.seed, "equal", row["prompt_id"]))
        best = max(pairs, key=lambda pair: (pair["margin"], self._opinion(row, pair), equal.random()))
        if self.strategy == "best_worst":
            return [best]
        rivals = [pair for pair in pairs if pair["chosen"] == best["chosen"]]
        return [random.Random(hashed(self.seed, "pair", row["prompt_id"])).choice(rivals)]

    def _opinion(self, row: Row, pair: Mapping[str, Any]) -> float:
        """How far apart the first scorer of `by` sees a pair: what orders pairs that truth alone leaves equal."""
        if not self.by:
            return 0.0
        high, low = (row[f"score_{self.by[0]}"][pair[end]] for end in ("chosen", "rejected"))
        return 0.0 if high is None or low is None else high - low

    def _may_stand(self, row: Row, i: int) -> bool:
        if self.models and row["answered"][i]["model"] not in self.models:
            return False
        return not self.rewarded or row[f"score_{self.quality}"][i] is not None

    def _good_enough(self, row: Row, chosen: int) -> bool:
        least = self.families.get(row["family"], self.chosen_at_least) if self.families else self.chosen_at_least
        if least is None:
            return True
        score = row[f"score_{self.quality}"][chosen]
        return score is not None and reaches(score, least)

    def _agreed(self, row: Row, name: str, chosen: int, rejected: int) -> bool:
        if name not in self.judges:
            return True
        verdicts = row[f"parts_{name}"][chosen] or []
        return any(each["other"] == rejected and each["verdict"] == "win" for each in verdicts)

    def _alike_in_length(self, row: Row, chosen: int, rejected: int) -> bool:
        if self.max_length_ratio is None:
            return True
        long, short = (row["answered"][i]["tokens"] or 0 for i in (chosen, rejected))
        return long <= self.max_length_ratio * max(1, short)
