"""Make the report of a run: one HTML file that works offline and can be sent to a colleague.

    python jobs/report.py run=demo root=runs
    python jobs/report.py run=demo compare=strict      both runs side by side
    python jobs/report.py run=demo to=demo.html

run=NAME is the run, root=runs where runs live, compare=NAME another run there, to=FILE where the report goes (else
report.html beside the run's files). No model is needed, and a run may still be going: the report shows how far it is.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.report.page import write_report
from sdg_ray.store import reopen


def main(arguments: Sequence[str], console: Console) -> int:
    """Make it, and say where it is."""
    chosen = typed(arguments, run="", root="runs", compare="", to="")
    if not chosen["run"]:
        raise Refused("run=... must be given; --help shows how")
    store = reopen(chosen["root"], chosen["run"])
    other = reopen(chosen["root"], chosen["compare"]) if chosen["compare"] else None
    made = write_report(store, Path(chosen["to"]) if chosen["to"] else None, other)
    console.print(made, highlight=False, markup=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    command(main, __doc__)
