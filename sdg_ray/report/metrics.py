"""The figures of a run for Prometheus, on the port where every node of a Ray cluster shows its metrics.

    ray_sdg_rows{run="demo", step="responses"} 682

They are sums of what the run's files say, kept by the job itself: exact, the same after a restart as before, and never
counted twice. Only `sdg_shard_seconds` is about this launch alone. Tags are the run, the step and the kind of an error:
few, and no secret.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from ray.util.metrics import Gauge, Histogram

from sdg_ray.recipe import UNIQUE
from sdg_ray.report.conservation import Conservation
from sdg_ray.report.tally import unscored

SUMS = {  # gauge: which count of the footers, and what it is
    "sdg_rows": ("rows", "rows that are committed, good ones and errors"),
    "sdg_tokens_in": ("tokens_in", "tokens that models have read"),
    "sdg_tokens_out": ("tokens_out", "tokens that models have written"),
    "sdg_candidates_judged": ("judged", "candidates that a selection has looked at"),
    "sdg_candidates_kept": ("kept", "candidates that it has kept"),
}
PLANNED, ERRORS, SECONDS = "sdg_rows_planned", "sdg_errors", "sdg_shard_seconds"
BUCKETS = (1, 2, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 2400, 3600, 7200)  # seconds
KINDS = 20  # of errors in a step, at most; what comes after them is `other`
WIDTH = 60  # characters of a kind


class Metrics:
    """The figures of one run, as far as its tally has seen it; called with the files that are new.

    Ray forgets a gauge that is not set again within seconds, so all are set at each call.
    """

    def __init__(self, law: Conservation) -> None:
        tags = ("run", "step")
        self.law, self.run, self.begun = law, law.tally.store.run, False
        self.sums = {step: Counter[str]() for step in law.recipe.steps}
        self.errors = {step: Counter[str]() for step in law.recipe.steps}
        self.gauges = {name: Gauge(name, description=text, tag_keys=tags) for name, (_, text) in SUMS.items()}
        self.planned = Gauge(PLANNED, description="rows that the run is to have", tag_keys=tags)
        self.kinds = Gauge(ERRORS, description="prompts, answers and scores that are errors", tag_keys=(*tags, "kind"))
        self.seconds = Histogram(SECONDS, description="of a shard", boundaries=list(BUCKETS), tag_keys=tags)

    def __call__(self, new: Sequence[tuple[str, int]]) -> None:
        """Add what is new, and set everything again."""
        if not self.begun:
            self.begun = True
            self._add([(step, shard) for step, files in self.law.tally.footers.items() for shard in files])
        else:
            self._add(new)
            self._observe(new)
        for step in self.law.recipe.steps:
            self._set(step)

    def _add(self, files: Sequence[tuple[str, int]]) -> None:
        for step, shard in files:
            footer = self.law.tally.footers[step][shard]
            counts = footer.counts
            self.sums[step].update({count: counts[count] for count, _ in SUMS.values() if count in counts})
            if step != UNIQUE:  # its errors are those of the prompts once more, and its marks are none
                counted(self.errors[step], {**counts.get("errors", {}), **unscored(footer)})

    def _observe(self, files: Sequence[tuple[str, int]]) -> None:
        for step, shard in files:
            footer = self.law.tally.footers[step][shard]
            self.seconds.observe(max(0.0, footer.ended - footer.began), {"run": self.run, "step": step})

    def _set(self, step: str) -> None:
        tags = {"run": self.run, "step": step}
        self.planned.set(sum(self.law.planned_of(step)), tags)
        for name, (count, _) in SUMS.items():
            if count in self.sums[step]:
                self.gauges[name].set(self.sums[step][count], tags)
        for kind, errors in self.errors[step].items():
            self.kinds.set(errors, tags | {"kind": kind})


def counted(known: Counter[str], found: Mapping[str, int]) -> None:
    """Add what was found to what is known; what would be too many names, or too long ones, is cut."""
    for kind, count in found.items():
        name = kind[:WIDTH]
        known[name if name in known or len(known) < KINDS else "other"] += count
