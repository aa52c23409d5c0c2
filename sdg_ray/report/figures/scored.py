"""What the scores of a run look like: their histograms, how they go together, with length, and against truth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sdg_ray.report.figures.measures import bins, correlation, correlations, counted, precision, summary, told, within
from sdg_ray.report.figures.numbers import Numbers

Row = dict[str, Any]
FINE = 44  # columns of the grid of scores by length, where there are answers enough


def attributes(
    run: Numbers, bars: Mapping[str, np.ndarray], used: Mapping[str, float], truths: Sequence[str]
) -> list[Row]:
    """Each score and each of its parts: a histogram of all answers and of those kept."""
    kept = run.candidates["keep"] == 1
    return [
        {
            "name": name,
            "edges": bars[name].tolist(),
            "counts": counted(values, bars[name]),
            "kept": counted(values[kept], bars[name]) if "keep" in run.known.columns else None,
            "threshold": used.get(name),
            "truth": name.split("/")[0] in truths,
            "plain": _plain(values),
            **summary(values),
        }
        for name, values in run.attributes.items()
    ]


def correlated(run: Numbers) -> Row:
    """Pearson's r of all scores that vary, their parts that are more than yes or no, and the length of the answer."""
    columns = {
        name: values
        for name, values in run.attributes.items()
        if len(told(values)) and np.nanstd(values) > 0 and not ("/" in name and _plain(values))
    }
    columns["tokens"] = _tokens(run)
    return {"names": list(columns), "r": correlations(columns)}


def lengths(run: Numbers, scorers: Sequence[str]) -> list[Row]:
    """Each score against the length of the answer, over all answers and within those to one prompt."""
    tokens, found = _tokens(run), []
    for name in scorers:
        values = run.attributes[name].astype(np.float64)
        there = int((~np.isnan(values) & ~np.isnan(tokens)).sum())
        if there < 2:
            continue
        alone = np.where(np.isnan(values), np.nan, tokens)
        prompts = run.candidates["prompt"]
        r = {"r": correlation(values, tokens), "r_within": correlation(within(values, prompts), within(alone, prompts))}
        found.append({"name": name, "n": there} | r | bins(tokens, values, FINE if there > 4000 else 26))
    return found


def curves(run: Numbers, right: np.ndarray, scorers: Sequence[str], used: Mapping[str, float]) -> list[Row]:
    """The precision of the answers above each threshold, for each scorer that is not truth itself."""
    points = {name: precision(run.attributes[name], right) for name in scorers}
    return [{"name": name, "used": used.get(name), "points": some} for name, some in points.items() if some]


def _plain(values: np.ndarray) -> bool:
    """Whether a score or a part is 1 or 0, and nothing in between."""
    return bool(np.isin(told(values), (0, 1)).all())


def _tokens(run: Numbers) -> np.ndarray:
    """How long each answer is; nan where there is none."""
    return np.where(run.candidates["finish"] == 1, run.candidates["tokens"], np.nan).astype(np.float64)
