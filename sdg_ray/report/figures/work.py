"""What the work took: shards, seconds and tokens of each step, and the shards that took longest."""

from statistics import median
from typing import Any

from sdg_ray.recipe import FIRST, TOPICS
from sdg_ray.report.tally import Tally

SLOWEST = 10
Row = dict[str, Any]


def steps_done(tally: Tally) -> list[Row]:
    """A row for each step: the seconds in which it was at work, and what all its shards took one after the other."""
    shards = len(tally.footers[FIRST])
    return [
        {
            "step": step,
            "shards": len(files),
            "of": len(files) if step == TOPICS else shards,
            "seconds": tally.seconds(step),
            "work": sum(footer.ended - footer.began for footer in files.values()),
            "tokens_in": tally.sum(step, "tokens_in"),
            "tokens_out": tally.sum(step, "tokens_out"),
        }
        for step, files in tally.footers.items()
    ]


def slowest(tally: Tally) -> list[Row]:
    """The shards that took longest, each with what half of its step's shards took at most."""
    rows: list[Row] = []
    for step, files in tally.footers.items():
        took = {shard: footer.ended - footer.began for shard, footer in files.items()}
        usual = median(took.values()) if took else 0.0
        rows += [{"step": step, "shard": shard, "seconds": each, "median": usual} for shard, each in took.items()]
    return sorted(rows, key=lambda row: -row["seconds"])[:SLOWEST]
