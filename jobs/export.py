"""Hand a run over to training: SFT and preference sets in the format of a training stack, with a dataset card.

    python jobs/export.py run=demo format=trl to=out/demo
    python jobs/export.py run=demo format=nemo_aligner to=s3://bucket/prefix rpo=true
    python jobs/export.py run=talk format=openai to=hub:owner/name        the token is HF_TOKEN; the dataset is private

    run=NAME root=runs    which run
    format=NAME           trl, nemo_rl, nemo_aligner, openrlhf, ultrafeedback, openai
    to=PLACE              a folder, s3://bucket/prefix, or hub:owner/name; nothing may be there yet
    sets=all              all that the run and the format have, or only preference or sft
    sft=best              of each prompt the best kept answer, or all_kept
    by=reward             whose scores say which is best, and are the rewards of a pair
    rpo=false             true leaves out pairs that lack a reward
    validation=0.02       the share of groups of prompts that go to the validation split; no group is on both sides
    balance=0             at most so many examples of each topic, or of a family without topics; 0 takes all
    file_mb=256           about how large a file gets
    partial=false         true exports what there is of a run that is not finished

No model is needed: everything is in the files, which are read shard by shard. Exit codes: 0 done, 2 refused.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.export import Exported, export
from sdg_ray.export.wanted import Wanted
from sdg_ray.store import reopen

FLAGS = ("rpo", "partial")


def main(arguments: Sequence[str], console: Console) -> int:
    """Export, and say what was written."""
    chosen = typed(arguments, run="", root="runs", **_defaults())
    if not chosen["run"]:
        raise Refused("run=... must be given; --help shows how")
    wanted = Wanted(**{name: _read(name, chosen[name]) for name in _defaults()})
    wanted.check()
    typed_again = f"python jobs/export.py {shlex.join(arguments)}"
    found = export(wanted, reopen(chosen["root"], chosen["run"]), typed_again)
    console.print(f"{wanted.to}: {found.files} files and README.md", highlight=False, soft_wrap=True)
    console.print(_table(found))
    for reason, count in (+found.figures.left_out).most_common():
        console.print(f"left out: {count:,} {reason}", highlight=False)
    return 0


def _defaults() -> Mapping[str, Any]:
    """The settings of an export as they are typed, with their defaults; a flag is the word true or false."""
    known = {each.name: each.default if isinstance(each.default, str | int | float) else "" for each in fields(Wanted)}
    return known | {name: "false" for name in FLAGS}


def _read(name: str, value: Any) -> Any:
    if name not in FLAGS:
        return value
    if value not in ("true", "false"):
        raise Refused(f"{name}={value} is neither true nor false")
    return value == "true"


def _table(found: Exported) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("set")
    table.add_column("split")
    table.add_column("rows", justify="right")
    for (of, split), rows in sorted(found.figures.rows.items()):
        table.add_row(of, split, f"{rows:,}")
    return table


if __name__ == "__main__":
    command(main, __doc__)
