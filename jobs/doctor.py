"""Look for what would fail an hour into a run, in under a minute and without loading a model.

    python jobs/doctor.py                                              what jobs/generate.py would run by default
    python jobs/doctor.py recipe=world cluster=laptop model=pocket root=runs
    python jobs/doctor.py model@model.generator=endpoint model.generator.name=NAME root=s3://bucket/prefix

It takes the settings of jobs/generate.py, the same ones (run= may be left out), and looks at: Python and packages, the
recipe, GPUs and CPUs against the pools, memory against weights and cache, context, chat templates, the reward head,
models of the hub, endpoints, credentials, the store and its conditional writes, the clock, the disk, limits of the
system, and the sandbox.

It sees this machine, and of a running cluster what Ray says of it: type it on a node like those that do the work. It
writes one small file below the root and removes it. It prints no secrets.

Exit codes: 0 all is well, or there are warnings; 1 something is wrong; 2 refused: the settings fit to no run.
"""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sdg_ray.command import command
from sdg_ray.config import build, compose, setting, share
from sdg_ray.doctor import Asked, Finding, Verdict
from sdg_ray.doctor.diagnosis import diagnosis

STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "bold red"}


def main(arguments: Sequence[str], console: Console) -> int:
    """Compose, look, and print the table."""
    cfg = compose("generate", arguments)
    share(cfg, "max_error_share")
    setting(cfg, "price", float | None)
    asked = Asked(recipe=build(cfg.recipe), cluster=build(cfg.cluster), root=setting(cfg, "root", str))
    found = diagnosis(asked, lambda said: console.print(said, style="dim", markup=False, highlight=False))
    console.print(table(found))
    for finding in found:
        if finding.verdict is not Verdict.OK:
            said = Text.assemble((f"{finding.verdict}: ", STYLES[finding.verdict]), f"{finding.check}: {finding.cure}")
            console.print(said, soft_wrap=True)
    counts = {verdict: sum(each.verdict is verdict for each in found) for verdict in Verdict}
    console.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count), highlight=False)
    return int(counts[Verdict.WRONG] > 0)


def table(found: Sequence[Finding]) -> Table:
    """A row for each finding."""
    made = Table(box=box.SIMPLE_HEAD)
    for name in ("check", "found", ""):
        made.add_column(name, overflow="fold")
    for finding in found:
        made.add_row(finding.check, Text(finding.found), Text(finding.verdict, style=STYLES[finding.verdict]))
    return made


if __name__ == "__main__":
    command(main, __doc__)
