"""What is computed from columns of numbers: histograms, correlations, two-dimensional bins, precision by threshold.

    edges([rewards])                           where the bars of a histogram begin, at round numbers
    precision(rewards, right)[3]               {"at": 1.5, "precision": 0.71, "kept": 0.84, ...}

Pure functions of arrays; nan is "could not be told" and counts nowhere.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

BARS = 28  # about so many in a histogram
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
POINTS = 60  # of a curve
FEWEST = 10  # answers that a point of a curve stands for, at least
SURE = 1.96  # standard errors: an interval of 95%


def told(values: np.ndarray) -> np.ndarray:
    """The values that are there."""
    return values[~np.isnan(values)]


def edges(columns: Sequence[np.ndarray], bars: int = BARS) -> np.ndarray:
    """Round numbers around the values of all columns; the outermost one in five hundred are left to the end bars."""
    values = np.concatenate([told(each.astype(np.float64)) for each in columns])
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = np.quantile(values, (0.002, 0.998))
    step = _step(low, high, bars)
    if (values == np.round(values)).all():
        step = 5.0 if step == 2.5 else max(1.0, step)  # bars of 2.5 would hold two and three whole numbers in turn
    first, last = math.floor(low / step), math.floor(high / step) + 1
    return np.round(np.arange(first, last + 1) * step, 10)


def round_step(step: float) -> float:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(each * power for each in STEPS if each * power >= step * 0.999)


def _step(low: float, high: float, parts: int) -> float:
    """What divides the way from low to high into about so many parts, and is not too small to count both ends in."""
    return max(round_step((high - low) / parts), round_step(1e-12 * max(abs(low), abs(high))))


def counted(values: np.ndarray, at: np.ndarray) -> list[int]:
    """How many values are in each bar; what is outside is in the first and the last."""
    return np.histogram(np.clip(told(values), at[0], at[-1]), at)[0].tolist()


def summary(values: np.ndarray) -> dict[str, Any]:
    """How many there are, how many are missing, and the usual five numbers."""
    there = told(values).astype(np.float64)
    found: dict[str, Any] = {"n": len(there), "missing": len(values) - len(there)}
    if len(there):
        low, median, high = np.quantile(there, (0.1, 0.5, 0.9))
        found |= {"mean": there.mean(), "sd": there.std(), "p10": low, "median": median, "p90": high}
    return found


def correlations(columns: Mapping[str, np.ndarray]) -> list[list[float | None]]:
    """Pearson's r of each two columns, over the elements that both have; None where one of them does not vary."""
    values = np.array([each.astype(np.float64) for each in columns.values()]).reshape(len(columns), -1)
    there = ~np.isnan(values)
    counts = there.sum(axis=1, keepdims=True)
    values = np.where(there, values - np.where(there, values, 0).sum(axis=1, keepdims=True) / np.maximum(counts, 1), 0)
    both = there.astype(np.float64)
    n, sums, squares = both @ both.T, values @ both.T, (values**2) @ both.T
    with np.errstate(all="ignore"):
        spread = np.sqrt((squares - sums**2 / n) * (squares.T - sums.T**2 / n))
        r = (values @ values.T - sums * sums.T / n) / spread
    r[(n <= 2) | ~(spread > 1e-9 * n)] = np.nan
    return [[None if math.isnan(each) else float(np.clip(each, -1, 1)) for each in row] for row in r]


def correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Pearson's r of two columns."""
    return correlations({"one": one, "other": other})[0][1]


def within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Values less the mean of their group: what is left of them when the groups are set equal."""
    there = ~np.isnan(values)
    size = int(groups.max(initial=-1)) + 1
    sums = np.bincount(groups[there], weights=values[there], minlength=size)
    return values - (sums / np.maximum(np.bincount(groups[there], minlength=size), 1))[groups]


def bins(x: np.ndarray, y: np.ndarray, fine: int) -> dict[str, Any]:
    """How many points are in each field of a grid, and the median of y in each column of it."""
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[both].astype(np.float64), y[both].astype(np.float64)
    across, up = edges([x], fine), edges([y], max(8, fine * 2 // 3))
    x, y = np.clip(x, across[0], across[-1]), np.clip(y, up[0], up[-1])
    counts = np.histogram2d(x, y, (across, up))[0].astype(int)
    column = np.clip(np.searchsorted(across, x, side="right") - 1, 0, len(across) - 2)
    few = max(5, len(x) / 500)  # a median of fewer would be noise
    medians = [float(np.median(y[column == at])) if counts[at].sum() >= few else None for at in range(len(counts))]
    return {"x": across.tolist(), "y": up.tolist(), "counts": counts.tolist(), "medians": medians}


def precision(scores: np.ndarray, right: np.ndarray) -> list[dict[str, Any]]:
    """For one threshold after the other: which share of the answers above it is right, and how many are kept."""
    both = ~np.isnan(scores) & ~np.isnan(right)
    order = np.argsort(-scores[both], kind="stable")
    scores, right = scores[both][order].astype(np.float64), right[both][order].astype(np.float64)
    if len(scores) < 2 * FEWEST:
        return []
    low, high = scores[-1], scores[FEWEST - 1]
    step = _step(low, high, POINTS)
    at = np.round(np.arange(math.floor(low / step), math.floor(high / step) + 1) * step, 10)
    kept = np.searchsorted(-scores, -at, side="right")
    good = np.concatenate([[0.0], np.cumsum(right)])[kept]
    return [
        {"at": at, "precision": good / n, "kept": n / len(scores), "n": n, "sure": wilson(good, n)}
        for at, good, n in zip(at.tolist(), good.tolist(), kept.tolist(), strict=True)
        if n >= FEWEST
    ]


def wilson(good: float, n: int) -> list[float]:
    """The 95% interval of a share (Wilson's)."""
    share, square = good / n, SURE**2
    middle = share + square / (2 * n)
    half = SURE * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return [max(0.0, (middle - half) / (1 + square / n)), min(1.0, (middle + half) / (1 + square / n))]
