"""Thresholds from labels: how sure one can be of what a score keeps, and the least threshold for a precision.

    labels   1 or 0 for some candidates: a verifier's column of the same run, or people's, from a file
    curve    for every threshold: how much is kept, and how much of that is right

A family whose scores never reach the target gets no threshold: its best is said instead.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from sdg_ray.errors import Refused
from sdg_ray.recipe import FIRST
from sdg_ray.store import Store

SURE = 1.96  # standard deviations, for an interval that holds in 95 of 100 cases
Labels = Mapping[str, Mapping[int, float]]
"""By prompt_id and place of the candidate: 1 right, 0 wrong."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """What a threshold keeps: `kept` candidates, the share of them that is right (with its interval), and of all right
    ones the share that is kept."""

    threshold: float
    kept: int
    precision: float
    low: float
    high: float
    recall: float


def curve(scores: np.ndarray, right: np.ndarray) -> list[Point]:
    """A point for each different score, the highest threshold first. `scores`, `right`: float arrays of one length."""
    order = np.argsort(-scores, kind="stable")
    scores, good = scores[order], np.cumsum(right[order])
    ends = np.flatnonzero(np.diff(scores, append=-np.inf))
    return [_point(float(scores[end]), int(end) + 1, float(good[end]), float(good[-1])) for end in ends]


def fitted(points: Sequence[Point], target: float, least: int) -> Point | None:
    """The lowest threshold that keeps at least `least` candidates, with a precision of `target`, if there is one."""
    reaching = [point for point in points if point.precision >= target and point.kept >= least]
    return min(reaching, key=lambda point: point.threshold, default=None)


def best(points: Sequence[Point], least: int) -> Point | None:
    """The threshold with the highest precision."""
    return max((point for point in points if point.kept >= least), key=lambda point: point.precision, default=None)


def _point(threshold: float, kept: int, good: float, all_good: float) -> Point:
    share, spread = good / kept, SURE**2 / kept
    middle = (share + spread / 2) / (1 + spread)
    wide = SURE * ((share * (1 - share) + spread / 4) / kept) ** 0.5 / (1 + spread)
    recall = good / all_good if all_good else 0.0
    low, high = max(0.0, middle - wide), middle + wide
    return Point(threshold=threshold, kept=kept, precision=share, low=low, high=high, recall=recall)


async def labelled(store: Store, scorer: str, labels: str | Labels) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The scores and labels of all candidates that have both, by family; `labels` is a scorer's name, or labels.

    Raises:
        Refused: no file of the run has the column, nothing has both, or a label is neither 0 nor 1.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    homes = {f"score_{name}": await home(store, f"score_{name}") for name in (scorer, labels) if isinstance(name, str)}
    for shard in sorted(set.intersection(*(set(store.done(step)) for step in (FIRST, *homes.values())))):
        first = await store.read(FIRST, shard, ["prompt_id", "family"])
        columns = {name: (await store.read(step, shard, [name]))[name].to_pylist() for name, step in homes.items()}
        for place, row in enumerate(first.to_pylist()):
            known = _by_place(
                columns[f"score_{labels}"][place] if isinstance(labels, str) else labels, row["prompt_id"]
            )
            for candidate, score in enumerate(columns[f"score_{scorer}"][place]):
                label = known.get(candidate)
                if label is not None and label not in (0, 1):
                    raise _no_truth(labels, label)
                if score is not None and label is not None:
                    found.setdefault(row["family"], []).append((score, label))
    if not found:
        raise Refused(f"run {store.run!r}: no candidate has both a score by {scorer!r} and a label")
    return {family: (np.array(pairs)[:, 0], np.array(pairs)[:, 1]) for family, pairs in sorted(found.items())}


def _no_truth(truth: object, label: float) -> Refused:
    return Refused(
        f"truth={truth} does not say what is right: it gave {label:.4g}, and a label is 1 or 0; take a scorer that "
        "knows, such as world, math_answer, python_tests or instructions"
    )


async def home(store: Store, column: str) -> str:
    """The step of a run whose files have a column."""
    seen: set[str] = set()
    for step in store.homes:
        for shard in sorted(store.done(step))[:1]:
            names = pq.read_schema(await store.file(step, shard)).names
            if column in names:
                return step
            seen.update(name.removeprefix("score_") for name in names if name.startswith("score_"))
    there = ", ".join(sorted(seen)) or "none yet"
    raise Refused(f"run {store.run!r} has no scores by {column.removeprefix('score_')!r}; there are: {there}")


def read_labels(path: str) -> Labels:
    """Labels by people: lines of {"prompt_id": ..., "candidate": 0, "right": true}.

    Raises:
        Refused: there is no such file, or a line is not like that.
    """
    try:
        lines = Path(path).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"labels {path}: {error}") from error
    found: dict[str, dict[int, float]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            name, candidate, right = _label(path, number, line)
            found.setdefault(name, {})[candidate] = right
    return found


def _label(path: str, number: int, line: str) -> tuple[str, int, float]:
    try:
        row: Any = json.loads(line)
        if row["right"] not in (True, False):  # "false" is a text, and would count as right
            raise ValueError(row["right"])
        return str(row["prompt_id"]), int(row["candidate"]), float(row["right"])
    except (ValueError, KeyError, TypeError) as error:
        wanted = '{"prompt_id": "...", "candidate": 0, "right": true}'
        raise Refused(f"labels {path}, line {number}: it must be like {wanted}") from error


def _by_place(labels: Labels | Sequence[float | None], prompt_id: str) -> Mapping[int, float | None]:
    """The labels of one prompt's candidates by their places."""
    return labels.get(prompt_id, {}) if isinstance(labels, Mapping) else dict(enumerate(labels))
