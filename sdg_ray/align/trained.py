"""What came of a training, and its table: everything that was logged, first and last, and on what was held out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table

PLAIN = {"epoch", "step", "learning_rate"}  # of a line of the log, what is no figure of training
EVAL = "eval_"  # what figures of validation are called in the log


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a training; `log` has one mapping a line, over all launches, and the rest is of this launch.

    `figures` are those of validation after the last step, where something was held out.
    """

    folder: Path
    rows: int
    packed: int  # how many rows of a batch they are: fewer, where several share one
    left_out: Counter[str]
    steps: int
    since: int  # the step of the checkpoint that it went on from
    tokens: int
    seconds: float
    log: Sequence[Mapping[str, float]]
    figures: Mapping[str, float]

    def table(self) -> Table:
        """The first and the last figure of everything that was logged."""
        lines = [line for line in self.log if "loss" in line]
        asked = [_plain(line) for line in self.log if f"{EVAL}loss" in line]
        columns = {"first": lines[0], "last": lines[-1]}
        if asked:
            columns |= {"validation, first": asked[0], "validation, last": {**asked[-1], **self.figures}}
        table = Table(box=box.SIMPLE_HEAD)
        for column in ("", *columns):
            table.add_column(column, justify="right" if column else "left")
        names = dict.fromkeys(name for figures in columns.values() for name in figures if name not in PLAIN)
        for name in names:
            table.add_row(name, *(f"{figures[name]:.4g}" if name in figures else "" for figures in columns.values()))
        table.add_row("step", *(f"{figures['step']:,}" for figures in columns.values()))
        if self.seconds:
            table.add_row("tokens/s", "", f"{self.tokens / self.seconds:,.0f}")
        return table


def _plain(line: Mapping[str, float]) -> dict[str, float]:
    return {name.removeprefix(EVAL): value for name, value in line.items()}
