"""Read records of a run, with everything that happened to them.

    python jobs/look.py run=demo n=5 root=runs

run=NAME is the run, root=runs where runs live, n=5 how many records. No model is needed: everything is in the files.
"""

from collections.abc import Sequence

from rich.console import Console

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.report.look import record_panel, records
from sdg_ray.store import reopen


def main(arguments: Sequence[str], console: Console) -> int:
    """Print the first n records."""
    chosen = typed(arguments, run="demo", root="runs", n=5)
    if chosen["n"] < 1:
        raise Refused(f"n={chosen['n']} is too few; give the number of records to show, such as n=5")
    for row in records(reopen(chosen["root"], chosen["run"]), chosen["n"]):
        console.print(record_panel(row))
    return 0


if __name__ == "__main__":
    command(main, __doc__)
