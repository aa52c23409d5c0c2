"""What became of the births in the colonies of a run, by operation: how many were fit, and why the others were not.

family   operation   born  fit         left out
genetic  crossover     61   38   62%   near-duplicate 14, tests 5, unfit 4
"""

import re
from collections import Counter

from rich import box
from rich.table import Table

from sdg_ray.recipe import FIRST
from sdg_ray.report.tally import Tally, listed

COUNT = re.compile(r"colony (\w+) (.+):(.+)")  # as `prompts/colony.py` counts: operation, what came of it, family
FIT = "fit"


def colonies_table(tally: Tally) -> Table | None:
    """One row for each family and operation; None for a run without colonies."""
    births = births_of(tally)
    if not births:
        return None
    table = Table(title="births in colonies", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in ("family", "operation"):
        table.add_column(name, no_wrap=True)
    for name in ("born", "fit", ""):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("left out by")
    for (family, operation), found in sorted(births.items()):
        born, fit = found.total(), found[FIT]
        reasons = Counter({reason: count for reason, count in found.items() if reason != FIT})
        table.add_row(family, operation, f"{born:,}", f"{fit:,}", f"{fit / born:.0%}", listed(reasons))
    return table


def births_of(tally: Tally) -> dict[tuple[str, str], Counter[str]]:
    """By family and operation, how many births were fit or failed for which sort of reason."""
    births: dict[tuple[str, str], Counter[str]] = {}
    for footer in tally.footers[FIRST].values():
        for name, count in footer.counts.items():
            if found := COUNT.fullmatch(name):
                operation, outcome, family = found.groups()
                births.setdefault((family, operation), Counter())[outcome] += int(count)
    return births
