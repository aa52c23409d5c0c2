"""Find the threshold that each family needs, from a sample in which it is known what is right.

    python jobs/calibrate.py run=demo scorer=reward truth=world precision=0.9
    python jobs/calibrate.py run=mine scorer=reward labels=labelled.jsonl

    run=NAME          a run whose candidates have scores                root=runs   where runs live
    scorer=reward     the score that the threshold is for
    truth=world       the scorer that knows: a verifier's column of the same run
    labels=FILE       or what people found: lines of {"prompt_id": "...", "candidate": 0, "right": true}
    precision=0.9     the share of kept candidates that have to be right
    least=30          no threshold that keeps fewer labelled candidates than this

It prints each family's curve from the lowest score to the highest, the threshold with its precision (and where that is
in 95 of 100 cases), and the settings for a run that uses them: of the filter that the run has for this score, or of a
new one, whose threshold for all other families is yours to choose. Nothing is written.
"""

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.report.calibration import Point, best, curve, fitted, labelled, read_labels
from sdg_ray.report.spread import BARS
from sdg_ray.store import Store, reopen

SHOWN = 24  # thresholds in the picture of a curve


def main(arguments: Sequence[str], console: Console) -> int:
    """Print the curves, the thresholds and the settings."""
    chosen = typed(arguments, run="", root="runs", scorer="reward", truth="", labels="", precision=0.9, least=30)
    if not chosen["run"] or bool(chosen["truth"]) == bool(chosen["labels"]):
        raise Refused("run=... and either truth=SCORER or labels=FILE must be given; --help shows how")
    if not 0 < chosen["precision"] <= 1:
        raise Refused(f"precision must be above 0 and at most 1, not {chosen['precision']}")
    labels = read_labels(chosen["labels"]) if chosen["labels"] else chosen["truth"]
    store = reopen(chosen["root"], chosen["run"])
    curves = {
        family: curve(scores, right)
        for family, (scores, right) in asyncio.run(labelled(store, chosen["scorer"], labels)).items()
    }
    console.print(_table(curves, chosen["precision"], chosen["least"]))
    for line in _settings(store, curves, chosen):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return 0


def _settings(store: Store, curves: Mapping[str, list[Point]], chosen: Mapping[str, Any]) -> Iterator[str]:
    """The thresholds as they are typed, for the filter by this scorer; a run without one gets one."""
    fit = {family: fitted(points, chosen["precision"], chosen["least"]) for family, points in curves.items()}
    scorer, filters = chosen["scorer"], store.about()["steps"].get("selection", {}).get("is", {}).get("filters", {})
    name = next((name for name, each in filters.items() if each.get("scorer") == scorer), None)
    place = f"recipe.selection.filters.{name or scorer}"
    if name is None and any(fit.values()):
        yield f"+filter@{place}=min_score {place}.scorer={scorer} {place}.threshold=..."
    for family, found in fit.items():
        if found:
            yield f"{place}.families.{family}={typed_as(found, curves[family])}"


def _table(curves: dict[str, list[Point]], target: float, least: int) -> Table:
    table = Table(title=f"thresholds for a precision of {target:.0%}", box=box.SIMPLE_HEAD, title_justify="left")
    for name in (
        "family",
        "labelled",
        "right",
        "precision by threshold",
        "threshold",
        "precision",
        "kept",
        "of the right",
    ):
        table.add_column(name, justify="left" if name in ("family", "precision by threshold") else "right")
    for family, points in curves.items():
        everything, found = points[-1], fitted(points, target, least)
        shown = found or best(points, least)
        plain = (family, f"{everything.kept:,}", f"{everything.precision:.0%}", _picture(points, least))
        if shown is None:
            table.add_row(*plain, f"fewer than {least}", "", "", "")
            continue
        table.add_row(
            *plain,
            f"{shown.threshold:.3g}" if found else f"none; best at {shown.threshold:.3g}",
            f"{shown.precision:.0%} ({shown.low:.0%}-{shown.high:.0%})",
            f"{shown.kept / everything.kept:.0%}",
            f"{shown.recall:.0%}",
        )
    return table


def typed_as(point: Point, points: Sequence[Point]) -> float:
    """A threshold that can be typed, and keeps what this one keeps: it lies above the next lower score."""
    lower = max((each.threshold for each in points if each.threshold < point.threshold), default=-math.inf)
    cut = (math.floor(point.threshold * 10**digits) / 10**digits for digits in count(3))
    return next(short for short in cut if lower < short <= point.threshold)


def _picture(points: Sequence[Point], least: int) -> str:
    """Precision against threshold as a row of bars, from the lowest threshold to the highest."""
    points = [point for point in points if point.kept >= least] or points
    places = np.linspace(len(points) - 1, 0, min(SHOWN, len(points))).round().astype(int)
    return "".join(BARS[max(1, round(points[place].precision * (len(BARS) - 1)))] for place in places)


if __name__ == "__main__":
    command(main, __doc__)
