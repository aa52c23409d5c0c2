"""What is claimed of alignment, tried on the pocket world: each claim a file, with what has to be done and measured.

`jobs/bench/alignment.py` does them over several seeds and prints a table of each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sdg_ray.align.rounds import Task

Measured = Mapping[str, float]
"""A value for each line of a table, of one seed."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A table: what has to be done for one seed below a folder, and the values that are then there."""

    title: str
    tasks: Callable[[int, Path], list[Task]]
    measured: Callable[[int, Path], Measured]
