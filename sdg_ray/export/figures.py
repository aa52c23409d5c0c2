"""What an export's card says of its rows: sums that are kept while the rows go by, and no texts but a small sample.

The sample is what the variety of a family is measured on: of each family the prompts that are first in an order by
chance, the same in every export.
"""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.record import hashed
from sdg_ray.runner import own
from sdg_ray.unique.spread import distinct

SAMPLE = 500  # prompts of a family


@dataclass(kw_only=True)
class Figures:
    """Counts by set, split, family, model and licence."""

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)  # by set and split
    families: Counter[tuple[str, str]] = field(default_factory=Counter)  # by set and family
    licences: Counter[str] = field(default_factory=Counter)  # of prompts
    answered: Counter[str] = field(default_factory=Counter)  # SFT rows by the model that answered
    chosen: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)  # pairs by what decided
    tokens: Counter[str] = field(default_factory=Counter)  # of chosen, and of rejected
    left_out: Counter[str] = field(default_factory=Counter)  # by reason
    samples: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def prompt(self, row: Mapping[str, Any]) -> None:
        """A prompt of which something is exported."""
        self.licences[(row["origin"] or {}).get("licence") or "unknown"] += 1
        sample = self.samples.setdefault(row["family"], [])
        drawn = (-int(hashed("sample", row["prompt_id"], bits=48), 16), own(row))
        if len(sample) < SAMPLE:
            heapq.heappush(sample, drawn)
        else:
            heapq.heappushpop(sample, drawn)

    def row(self, of: str, split: str, family: str) -> None:
        """A row of a set."""
        self.rows[of, split] += 1
        self.families[of, family] += 1

    def example(self, example: Demonstration | Preference) -> None:
        """An example, whatever sets it went into."""
        if isinstance(example, Demonstration):
            self.answered[example.model] += 1
            return
        self.decided[example.by] += 1
        self.chosen[example.chosen.model] += 1
        self.rejected[example.rejected.model] += 1
        self.tokens["chosen"] += example.chosen.tokens
        self.tokens["rejected"] += example.rejected.tokens

    @property
    def length_gap(self) -> float | None:
        """By how many tokens the chosen answers are longer than the rejected ones, in the mean."""
        pairs = self.decided.total()
        return (self.tokens["chosen"] - self.tokens["rejected"]) / pairs if pairs else None

    def distinct_2(self, family: str) -> float | None:
        """The share of different pairs of neighbouring words in a family's sample."""
        return distinct([text for _, text in self.samples.get(family, [])], 2)
