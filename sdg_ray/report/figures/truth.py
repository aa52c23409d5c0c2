"""How far pairs agree with truth: those that a score would make, those that were made, and any two of a prompt.

Truth is the scores by verifiers: 1 right, 0 wrong. A pair with one right and one wrong answer is one that truth tells
apart; `agreement` is the share of these in which the right one is chosen. Of two put in any order, that is one half.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sdg_ray.report.figures.measures import told
from sdg_ray.report.figures.numbers import Numbers


def verifiers(run: Numbers, asks_model: Mapping[str, bool]) -> list[str]:
    """The scorers whose scores are 1 and 0 alone, and that ask no model."""
    plain = (name for name in run.scorers if not asks_model.get(name, False))
    return [name for name in plain if len(there := told(run.attributes[name])) and np.isin(there, (0, 1)).all()]


def truth(run: Numbers, names: list[str]) -> np.ndarray:
    """What the first verifier that can tell says of each candidate."""
    found = np.full(len(run.candidates["prompt"]), np.nan, dtype=np.float32)
    for name in names:
        found = np.where(np.isnan(found), run.attributes[name], found)
    return found


def agreements(run: Numbers, right: np.ndarray, scorers: list[str]) -> list[dict[str, Any]]:
    """A row for each way of pairing."""
    return [row for row in _rows(run, right, scorers) if row["pairs"]]


def _rows(run: Numbers, right: np.ndarray, scorers: list[str]) -> Iterator[dict[str, Any]]:
    for code, by in enumerate(run.known.by):
        mine = run.pairs["by"] == code
        ends = np.stack([run.pairs["chosen"][mine], run.pairs["rejected"][mine]], axis=1)
        yield {"pairs_by": f"this run's pairs by {by}"} | _agreement(right, ends)
    for name in scorers:
        yield {"pairs_by": f"best against worst by {name}"} | _agreement(right, best_worst(run, right, name))
    for name, ends in run.wins.items():
        row = {"pairs_by": f"verdicts of {name}, the same in both orders"} | _agreement(right, ends)
        yield row | {"consistent": consistency(run, name)}
    yield {"pairs_by": "two drawn at random"} | _random(run, right)


def best_worst(run: Numbers, right: np.ndarray, name: str) -> np.ndarray:
    """The best and the worst candidate of each prompt by one score, among those of which truth is known.

    Which of several equal ones falls to chance: a score that rates much alike would else be credited, or charged, with
    the order of the generators.
    """
    scores = run.attributes[name]
    there = np.flatnonzero(~np.isnan(scores) & ~np.isnan(right))
    chance = np.random.default_rng(0).random(len(there))
    order = there[np.lexsort((chance, -scores[there], run.candidates["prompt"][there]))]
    prompts = run.candidates["prompt"][order]
    first = np.flatnonzero(np.diff(prompts, prepend=-1))
    last = np.append(first[1:], len(order)) - 1
    ends = np.stack([order[first], order[last]], axis=1) if len(order) else np.empty((0, 2), dtype=np.int64)
    return ends[scores[ends[:, 0]] > scores[ends[:, 1]]]


def consistency(run: Numbers, name: str) -> float | None:
    """The share of a judge's comparisons in which both orders agree, of those with a verdict in both.

    Equal answers, which it was not shown, are none of them: see `judges/consistency.py`.
    """
    seen = {word: count for (judge, word), count in run.known.verdicts.items() if judge == name and word != "none"}
    return 1 - seen.get("inconsistent", 0) / sum(seen.values()) if seen else None


def _agreement(right: np.ndarray, ends: np.ndarray) -> dict[str, Any]:
    first, second = right[ends[:, 0]], right[ends[:, 1]]
    known = ~np.isnan(first) & ~np.isnan(second)
    first, second = first[known], second[known]
    good, bad = int((first > second).sum()), int((first < second).sum())
    return _row(len(first), good + bad, good, float(first.mean()) if len(first) else None)


def _random(run: Numbers, right: np.ndarray) -> dict[str, Any]:
    """What to expect of a pair of each prompt's candidates, without drawing any."""
    known = ~np.isnan(right)
    size = len(run.prompts["family"])
    n = np.bincount(run.candidates["prompt"][known], minlength=size)
    good = np.bincount(run.candidates["prompt"][known], weights=right[known], minlength=size)
    n, good = n[n > 1].astype(np.float64), good[n > 1]
    apart = float((2 * good * (n - good) / (n * (n - 1))).sum())
    return _row(len(n), round(apart), round(apart) / 2, float((good / n).mean()) if len(n) else None)


def _row(pairs: int, apart: int, good: float, chosen_right: float | None) -> dict[str, Any]:
    agreement = good / apart if apart else None
    return {"pairs": pairs, "apart": apart, "agreement": agreement, "chosen_right": chosen_right}
