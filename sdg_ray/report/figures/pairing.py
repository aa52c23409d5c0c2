"""The pairs of a run: what decided them, by how much, how much longer chosen is, and which model beats which."""

from typing import Any

import numpy as np

from sdg_ray.report.figures.measures import counted
from sdg_ray.report.figures.numbers import Numbers

Row = dict[str, Any]


def gaps(run: Numbers) -> np.ndarray:
    """By how many tokens the chosen answer of each pair is longer."""
    tokens = run.candidates["tokens"]
    return (tokens[run.pairs["chosen"]] - tokens[run.pairs["rejected"]]).astype(np.float64)


def pairs_by(run: Numbers, bars: dict[str, np.ndarray]) -> Row | None:
    """What decided how many pairs, with the margins and length gaps of each as histograms."""
    if "pairs" not in run.known.columns:
        return None
    gap, rows = gaps(run), []
    for name, code in run.known.by.items():
        mine = run.pairs["by"] == code
        margin = run.pairs["margin"][mine].astype(np.float64)
        rows.append(
            {
                "by": name,
                "pairs": int(mine.sum()),
                "margin": float(margin.mean()),
                "varies": bool(np.ptp(margin) > 0),
                "gap": float(gap[mine].mean()),
                "longer": float((gap[mine] > 0).mean()),
                "same": float((gap[mine] == 0).mean()),
                "margins": counted(margin, bars["margin"]),
                "gaps": counted(gap[mine], bars["gap"]),
            }
        )
    edges = {name: bars[name].tolist() for name in ("margin", "gap")}
    return {"rows": sorted(rows, key=lambda row: -row["pairs"]), "edges": edges}


def beats(run: Numbers) -> Row | None:
    """How often an answer of one model was chosen over one of another; nothing where there is one model alone."""
    models = list(run.known.model)
    if len(models) < 2 or not len(run.pairs["chosen"]):
        return None
    code = run.candidates["model"]
    flat = code[run.pairs["chosen"]] * len(models) + code[run.pairs["rejected"]]
    counts = np.bincount(flat, minlength=len(models) ** 2).reshape(len(models), -1)
    return {"models": models, "counts": counts.tolist()}
