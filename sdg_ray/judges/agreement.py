"""Whom reward models and judges prefer among the candidates of a finished run, and whether truth agrees.

    own pairs    those that each would make: a reward model its best against its worst, a judge all that it decided,
                 chance two at random. Of those that truth tells apart: how often is the right one first?
    same pairs   every right candidate against every wrong one that all of them have been asked about

Prompts where truth cannot tell of any candidate are left out. A run is read shard by shard, and only the columns that
are looked at.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.judges.columns import Column, scorers, tables
from sdg_ray.judges.consistency import Consistency, Seen, consistency, seen_in
from sdg_ray.judges.preference import ByScore, ByVerdict, Preference
from sdg_ray.store import Store


@dataclass(kw_only=True)
class Agreement:
    """How one scorer did; `own` and `same` count right, wrong, tie, and untold: where truth or the scorer cannot."""

    by: Column | None  # None is chance
    own: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    seen: Seen = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """What it is called in a table."""
        return self.by.name if self.by else "random"

    @property
    def consistency(self) -> Consistency | None:
        """How often a judge that compares says the same in both orders."""
        return consistency(self.seen) if self.by and self.by.compares else None


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Who is held against whom: scorers that know, of which the first that can tell counts, and those that may err."""

    truth: Sequence[Column]
    asked: Sequence[Column]


async def sides(store: Store, truth: Sequence[str] = (), ask: Sequence[str] = ()) -> Sides:
    """Of a run's scorers those that are named, or all that know and all that ask a model.

    Raises:
        Refused: the run lacks one of them or has none of either sort, or truth is to be a judge that compares.
    """
    there = {each.name: each for each in await scorers(store)}
    if unknown := [name for name in (*truth, *ask) if name not in there]:
        raise Refused(
            f"run {store.run!r} has no scores by {unknown[0]!r}; its scorers are {', '.join(there) or 'none'}"
        )
    if comparing := [name for name in truth if there[name].compares]:
        raise Refused(
            f"truth={comparing[0]} compares answers, and does not say which are right; name a scorer that does"
        )
    known = [there[name] for name in truth] or [each for each in there.values() if not each.asks]
    asked = [there[name] for name in ask] or [each for each in there.values() if each.asks and each not in known]
    if not known or not asked:
        what = "no reward model or judge to be compared with truth" if known else "no scorer that knows what is right"
        raise Refused(f"run {store.run!r} has {what}; its scorers are {', '.join(there) or 'none'}")
    return Sides(truth=known, asked=asked)


async def agreement(store: Store, both: Sides) -> list[Agreement]:
    """How each scorer did, and chance as the last."""
    found = [*(Agreement(by=each) for each in both.asked), Agreement(by=None)]
    truth = [each.column for each in both.truth]
    async for table in tables(store, [*both.truth, *both.asked]):
        for each in found:
            if each.by and each.by.compares:
                each.seen.update(seen_in(table[each.by.column]))
        for row in table.to_pylist():
            _add(found, row, next((row[name] for name in truth if any(score is not None for score in row[name])), []))
    return found


def _add(found: Sequence[Agreement], row: Mapping[str, Any], right: Sequence[float | None]) -> None:
    """Count one row for everybody; `right` is what truth says of its candidates."""
    preferences = [_preference(each.by, row, right) for each in found]
    for each, preference in zip(found, preferences, strict=True):
        each.own.update(_word(preference, right, a, b) for a, b in preference.own())
    best, worst = ([i for i, score in enumerate(right) if score == worth] for worth in (1.0, 0.0))
    for a, b in product(best, worst):
        if all(preference.asked(a, b) for preference in preferences):
            for each, preference in zip(found, preferences, strict=True):
                each.same[_word(preference, right, a, b)] += 1


def _preference(by: Column | None, row: Mapping[str, Any], right: Sequence[float | None]) -> Preference:
    """What a scorer thinks of the candidates of which truth is known: no pair is made with another."""
    if by and by.compares:
        return ByVerdict(row[by.column] if right else [])
    chance = Chance("judges", row["prompt_id"])
    scores = row[by.column] if by else [chance.random() for _ in right]
    told = [None if known is None else score for score, known in zip(scores, right, strict=False)]
    return ByScore(told, chance.at("ties"))


def _word(preference: Preference, right: Sequence[float | None], a: int, b: int) -> str:
    """What a scorer's word on two candidates is worth."""
    said, ours, theirs = preference.says(a, b), right[a], right[b]
    if said == 0.5:
        return "tie"
    if said is None or ours is None or theirs is None or ours == theirs:
        return "untold"
    return "right" if (said == 1.0) == (ours > theirs) else "wrong"
