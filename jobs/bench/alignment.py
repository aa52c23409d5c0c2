"""What is claimed of alignment, in miniature: each claim a table, over several seeds, with 95% intervals.

    python jobs/bench/alignment.py                          all of them: hours on two cores
    python jobs/bench/alignment.py tables=growth seeds=3    some of them

    tables=...   growth        weak to strong: is a student better than its teacher, round after round?
                 bases         the 2x2 of an earlier and a later base by the weak teacher's data and its student's
                 preferences   DPO against RPO on equal data: right answers, and what becomes of the chosen ones
                 collapse      four generations on data that is accumulated or replaced, filtered or not
                 code          code and general talk one after the other or mixed, with replay and without
                 judges        reward model, judge and rubric: whose pairs have the right answer first?
    seeds=3      how many
    beside=2     jobs at a time: the seeds do not wait for each other
    to=out/proofs     where everything is; killed, the same command goes on

All figures are of held-out questions of the pocket world, at temperature 0.7. An interval is Student's over the seeds:
it says how much another seed would move a value, and nothing of other models.
"""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.align.loop import do
from sdg_ray.align.proofs import Measured, bases, code, collapse, growth, judges, preferences
from sdg_ray.align.proofs.made import in_turn
from sdg_ray.command import command, typed
from sdg_ray.errors import Refused

JOBS = Path(__file__).parents[1]
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # of the t distribution, two-sided 95%, by the number of seeds
PROOFS = {
    "growth": growth.PROOF,
    "bases": bases.PROOF,
    "preferences": preferences.PROOF,
    "collapse": collapse.PROOF,
    "code": code.PROOF,
    "judges": judges.PROOF,
}


def main(arguments: Sequence[str], console: Console) -> int:
    """Do what is not done yet, and print the tables."""
    options = typed(arguments, tables=",".join(PROOFS), seeds=3, beside=2, to="out/proofs")
    wanted, seeds, to = options["tables"].split(","), range(options["seeds"]), Path(options["to"]).absolute()
    if unknown := set(wanted) - PROOFS.keys():
        raise Refused(f"tables={unknown.pop()} is no table; there are {', '.join(PROOFS)}")
    if len(seeds) not in STUDENT:
        raise Refused(f"seeds={len(seeds)} cannot be; an interval takes from 2 to 5")
    for name in wanted:
        proof = PROOFS[name]
        chains = [in_turn(f"seed-{seed}", proof.tasks(seed, to / f"seed-{seed}")) for seed in seeds]
        tasks = [task for each in zip(*chains, strict=True) for task in each]  # no seed waits until another is done
        do(tasks, jobs=JOBS, logs=to / "logs", beside=options["beside"], console=console)
        console.print(shown(proof.title, [proof.measured(seed, to / f"seed-{seed}") for seed in seeds]))
    return 0


def shown(title: str, by_seed: Sequence[Measured]) -> Table:
    """The mean of each line, its interval, and the value of each seed."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("", "mean", "95% interval", *(f"seed {i}" for i in range(len(by_seed)))):
        table.add_column(name, justify="right" if name else "left")
    for line in by_seed[0]:
        values = [each[line] for each in by_seed]
        mean = statistics.fmean(values)
        wide = STUDENT[len(values)] * statistics.stdev(values) / math.sqrt(len(values))
        table.add_row(
            line, f"{mean:.3f}", f"{mean - wide:.3f} to {mean + wide:.3f}", *(f"{each:.3f}" for each in values)
        )
    return table


if __name__ == "__main__":
    command(main, __doc__)
