"""A figure: a value, where it is in 95 of 100 cases, and on how much that rests.

    share("right", [[1, 0, 1, 1], [0, 0]])     two prompts, four answers to one and two to the other
    mean("tokens an answer", [[12, 15], [9]])
    write("out/evaluation", settings, found)
    figures("out/evaluation")                  the same again; settled(...) says whether they are there

Answers to one prompt are more alike than answers to others, so an interval counts prompts, not answers: variances are
those of sums by prompt. figures.json is written last, whole or not at all: where it is, an evaluation is complete.
"""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from sdg_ray.config import differences
from sdg_ray.errors import Refused

FIGURES, SETTINGS = "figures.json", "settings.json"
SURE = 1.96  # standard deviations, for an interval that holds in 95 of 100 cases
BLOCKS = 20  # of prompts that are left out in turn, to see how much a measure moves
Groups = Sequence[Sequence[float]]
"""What was seen of each answer, prompt by prompt."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured value with its 95% interval, None where that is not known; `n` is how many answers it is of."""

    name: str
    value: float
    low: float | None
    high: float | None
    n: int


def share(name: str, groups: Groups) -> Figure:
    """The share of ones, with Wilson's interval, for as many independent answers as these are worth.

    Where all answers are alike nothing shows how much prompts differ; then each prompt counts as one answer.
    """
    value, variance, n = _of(groups)
    prompts = sum(map(bool, groups))
    alone = value * (1 - value) / n * _correction(prompts)  # the variance, if answers to a prompt were like any others
    worth = min(n, n * alone / variance) if variance else prompts
    low, high = wilson(value, worth)
    return Figure(name=name, value=value, low=low, high=high, n=n)


def mean(name: str, groups: Groups) -> Figure:
    """The mean, with the normal interval; one prompt alone has none."""
    value, variance, n = _of(groups)
    return about(name, value, math.sqrt(variance) if len(groups) > 1 else None, n)


def about(name: str, value: float, deviation: float | None, n: int) -> Figure:
    """A value whose standard error is known, or is not."""
    low, high = (None, None) if deviation is None else (value - SURE * deviation, value + SURE * deviation)
    return Figure(name=name, value=value, low=low, high=high, n=n)


def moving(name: str, measure: Callable[[Sequence[Any]], float], prompts: Sequence[Any], n: int) -> Figure:
    """Any measure of all prompts together, with the interval of a jackknife that leaves out blocks of prompts."""
    blocks = min(BLOCKS, len(prompts))
    without = [measure([each for i, each in enumerate(prompts) if i % blocks != block]) for block in range(blocks)]
    middle = sum(without) / blocks
    variance = (blocks - 1) / blocks * sum((each - middle) ** 2 for each in without)
    return about(name, measure(prompts), math.sqrt(variance) if blocks > 1 else None, n)


def wilson(value: float, n: float) -> tuple[float, float]:
    """Wilson's interval of a share among `n`."""
    spread = SURE**2 / n
    middle = (value + spread / 2) / (1 + spread)
    wide = SURE * math.sqrt((value * (1 - value) + spread / 4) / n) / (1 + spread)
    return max(0.0, middle - wide), min(1.0, middle + wide)


def settled(to: str, settings: Mapping[str, Any]) -> bool:
    """Whether an evaluation with these settings is complete in the folder `to`; else it is begun there.

    Raises:
        Refused: one of another model, or with other settings, is there.
    """
    file = Path(to) / SETTINGS
    if file.exists():
        there, wanted = json.loads(file.read_text()), json.loads(json.dumps(settings))
        if changed := differences(there, wanted):
            raise Refused(f"to={to} has an evaluation with other settings: {changed[0]}; choose another folder")
    else:
        written(file, settings)
    return (Path(to) / FIGURES).exists()


def write(to: str, found: Sequence[Figure]) -> None:
    """Write the figures down: the evaluation in the folder `to` is complete."""
    written(Path(to) / FIGURES, {"figures": [asdict(figure) for figure in found]})


def figures(path: str | Path) -> list[Figure]:
    """The figures of a complete evaluation, by its folder.

    Raises:
        Refused: there is none.
    """
    file = Path(path) / FIGURES
    if not file.is_file():
        raise Refused(f"{path} has no {FIGURES}: jobs/evaluate.py to={path} writes it when an evaluation is complete")
    return [Figure(**each) for each in json.loads(file.read_text())["figures"]]


def table(title: str, found: Sequence[Figure]) -> Table:
    """The figures to look at."""
    shown = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("", "value", "95% interval", "n"):
        shown.add_column(column, justify="right" if column else "left")
    for figure in found:
        ends = "" if figure.low is None or figure.high is None else f"{_short(figure.low)} to {_short(figure.high)}"
        shown.add_row(figure.name, _short(figure.value), ends, f"{figure.n:,}")
    return shown


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def _of(groups: Groups) -> tuple[float, float, int]:
    """The mean of all answers, its variance as a ratio of sums by prompt, and how many answers there are."""
    n = sum(map(len, groups))
    if not n:
        raise ValueError("there is no answer to take a mean of")
    total = sum(map(sum, groups))
    off = sum((sum(group) * n - total * len(group)) ** 2 for group in groups)  # of ones exactly 0 where all are alike
    return total / n, off / n**4 * _correction(sum(map(bool, groups))), n


def _correction(prompts: int) -> float:
    """A variance is of one prompt less, for the mean is taken from them."""
    return prompts / max(1, prompts - 1)


def written(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}")
    unfinished.write_text(json.dumps(content, indent=2))
    os.replace(unfinished, file)
