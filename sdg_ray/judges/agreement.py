"""Whom reward models and judges prefer among the candidates of a finished run, and whether truth agrees.

    own pairs    those that each would make: a reward model its best against its worst, a judge all that it decided,
                 chance two at random. Of those that truth tells apart: how often is the right one chosen?
    same pairs   every right candidate against every wrong one that all of them have been asked about

Prompts where truth cannot tell of any candidate are left out. A run is read shard by shard, and only the columns that
are looked at.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.judges.consistency import Consistency, Seen, consistency, seen_in
from sdg_ray.scorers.judge import COMPARISON, WORTH
from sdg_ray.store import Store, beside

RANDOM = "random"
Pairs = list[tuple[int, int]]


@dataclass(kw_only=True)
class Agreement:
    """How one scorer did; `own` and `same` count right, wrong, tie, and untold: where truth or the scorer cannot."""

    name: str
    judges: bool = False
    own: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    seen: Seen = field(default_factory=Counter)

    @property
    def consistency(self) -> Consistency | None:
        """How often a judge says the same in both orders."""
        return consistency(self.seen) if self.judges else None


class Preference(Protocol):
    """What one scorer thinks of one row's candidates."""

    def own(self) -> Pairs:
        """The pairs that it would make, the better candidate first."""

    def asked(self, a: int, b: int) -> bool:
        """Whether it could have a word on these two."""

    def says(self, a: int, b: int) -> float | None:
        """1 where the first is better, 0 where the second is, a half for a tie; None where it cannot tell."""


class ByScore:
    """A reward model, a rubric, or chance: the higher score is better."""

    def __init__(self, scores: Sequence[float | None]) -> None:
        self.scores = scores

    def own(self) -> Pairs:
        """The highest score against the lowest."""
        told = [(score, i) for i, score in enumerate(self.scores) if score is not None]
        return [(max(told)[1], min(told)[1])] if len(told) > 1 else []

    def asked(self, a: int, b: int) -> bool:
        """Whether both have a score."""
        return self.scores[a] is not None and self.scores[b] is not None

    def says(self, a: int, b: int) -> float | None:
        """Which score is higher."""
        ours, theirs = self.scores[a], self.scores[b]
        if ours is None or theirs is None:
            return None
        return 0.5 if ours == theirs else float(ours > theirs)


class ByVerdict:
    """A judge: what it said of these two in both orders."""

    def __init__(self, parts: Sequence[Sequence[Mapping[str, Any]] | None]) -> None:
        self.verdicts = {(i, each["other"]): each["verdict"] for i, mine in enumerate(parts) for each in mine or ()}

    def own(self) -> Pairs:
        """All that it decided, and its ties once."""
        return [(a, b) for (a, b), said in self.verdicts.items() if said == "win" or (said == "tie" and a < b)]

    def asked(self, a: int, b: int) -> bool:
        """Whether it compared them."""
        return (a, b) in self.verdicts

    def says(self, a: int, b: int) -> float | None:
        """What counts of its verdict."""
        return WORTH.get(self.verdicts.get((a, b), ""))


async def agreement(store: Store, truth: Sequence[str]) -> list[Agreement]:
    """Each scorer of a run against the scorers in `truth`, the first of these that can tell, and chance as the last.

    Raises:
        Refused: the run lacks a scorer of `truth`, or has no other.
    """
    columns = await _columns(store)
    names = [name.removeprefix("score_") for name in columns if name.startswith("score_")]
    if not truth or not set(truth) <= set(names):
        there = ", ".join(names) or "none"
        raise Refused(f"run {store.run!r} has no scores of truth={','.join(truth)}; its scorers are {there}")
    found = [Agreement(name=name, judges=_judges(columns, name)) for name in names if name not in truth]
    if not found:
        raise Refused(f"run {store.run!r} has truth alone: no reward model or judge to compare with it")
    found.append(Agreement(name=RANDOM))
    wanted = ["prompt_id", *(f"score_{name}" for name in truth), *(_column(each) for each in found[:-1])]
    async for table in _tables(store, {name: columns[name][0] for name in wanted[1:]}):
        for each in found:
            if each.judges:
                each.seen.update(seen_in(table[_column(each)]))
        for row in table.select(wanted).to_pylist():
            _add(found, row, truth)
    return found


def _add(found: Sequence[Agreement], row: Mapping[str, Any], truth: Sequence[str]) -> None:
    """Count one row for everybody."""
    right = next((row[f"score_{name}"] for name in truth if any(s is not None for s in row[f"score_{name}"])), None)
    if right is None:
        return
    preferences = [_preference(each, row, len(right)) for each in found]
    for each, preference in zip(found, preferences, strict=True):
        each.own.update(_word(preference, right, a, b) for a, b in preference.own())
    best, worst = ([i for i, score in enumerate(right) if score == worth] for worth in (1.0, 0.0))
    for a, b in product(best, worst):
        if all(preference.asked(a, b) for preference in preferences):
            for each, preference in zip(found, preferences, strict=True):
                each.same[_word(preference, right, a, b)] += 1


def _preference(each: Agreement, row: Mapping[str, Any], n: int) -> Preference:
    if each.name == RANDOM:
        chance = Chance("judges", row["prompt_id"])
        return ByScore([chance.random() for _ in range(n)])
    return ByVerdict(row[_column(each)]) if each.judges else ByScore(row[_column(each)])


def _word(preference: Preference, right: Sequence[float | None], a: int, b: int) -> str:
    """What a scorer's word on two candidates is worth."""
    said, ours, theirs = preference.says(a, b), right[a], right[b]
    if said == 0.5:
        return "tie"
    if said is None or ours is None or theirs is None or ours == theirs:
        return "untold"
    return "right" if (said == 1.0) == (ours > theirs) else "wrong"


def _column(each: Agreement) -> str:
    return f"parts_{each.name}" if each.judges else f"score_{each.name}"


def _judges(columns: Mapping[str, tuple[str, pa.DataType]], name: str) -> bool:
    """Whether a scorer leaves comparisons: it is known by the type of its parts."""
    return f"parts_{name}" in columns and columns[f"parts_{name}"][1] == pa.list_(pa.list_(COMPARISON))


async def _columns(store: Store) -> dict[str, tuple[str, pa.DataType]]:
    """The columns of all steps with a committed shard: the step that wrote each, and its type."""
    found: dict[str, tuple[str, pa.DataType]] = {}
    for step in store.homes:
        if shards := store.done(step):
            for each in pq.read_schema(await store.file(step, min(shards))):
                found[each.name] = (step, each.type)
    return found


async def _tables(store: Store, columns: Mapping[str, str]) -> AsyncIterator[pa.Table]:
    """The shards that are committed in every step needed, each with these columns side by side."""
    steps = {step: [name for name, at in columns.items() if at == step] for step in columns.values()}
    for shard in sorted(set.intersection(*(set(store.done(step)) for step in steps))):
        yield beside([await store.read(step, shard, ["prompt_id", *names]) for step, names in steps.items()])
