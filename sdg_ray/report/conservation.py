"""The law of conservation: in every step each planned row is there, as a good one, as one left out, or as an error.

    responses  682 rows = 641 good + 33 left out (duplicate 22, near-duplicate 11) + 8 errors (too long 4, no text 4)

A row is an error from the step on in which it became one: no prompt could be made, or all of its answers ended as
errors. It is left out where another prompt makes it needless. A score that could not be told and a candidate that a
filter leaves out are no errors of their row. All of it comes from the footers of the run's files, shard by shard; that
rows are the same prompts in the same order is what a worker checks before it commits them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sdg_ray.recipe import FIRST, TOPICS, UNIQUE, Recipe
from sdg_ray.report.tally import Tally, listed

UNCOUNTED = "; errors are not counted, for some files are of an earlier version"


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The rows of a step's committed shards; `errors` is None where the files do not say."""

    step: str
    planned: int
    rows: int
    left_out: Counter[str]
    errors: Counter[str] | None

    @property
    def good(self) -> int:
        """The rows that are neither errors nor left out."""
        return self.rows - self.left_out.total() - (self.errors or Counter[str]()).total()

    def sum(self, why: bool = False) -> str:
        """`641 good + 33 left out + 8 errors`, with the reasons or without."""
        parts = [f"{self.good:,} good"]
        for name, reasons in (("left out", self.left_out), ("errors", self.errors)):
            if reasons:
                parts.append(f"{reasons.total():,} {name}" + (f" ({listed(reasons)})" if why else ""))
        return " + ".join(parts)

    def __str__(self) -> str:
        return f"{self.step}  {self.rows:,} rows" + (UNCOUNTED if self.errors is None else f" = {self.sum(why=True)}")


class Conservation:
    """What the files of a run, as far as a tally has seen them, say about the law."""

    def __init__(self, recipe: Recipe, tally: Tally) -> None:
        self.recipe, self.tally = recipe, tally

    @cached_property
    def planned(self) -> list[int]:
        """How many rows each shard of the prompts is to have."""
        prompts = self.recipe.prompts
        rows = [0] * prompts.planned_shards
        for name, family in prompts.families.items():
            for shard in range(len(rows)):
                rows[shard] += len(prompts.seeds_of(name, shard)) * family.per_seed
        return rows

    @cached_property
    def topics(self) -> list[int]:
        """How many topics each list is to have, in the order of their names."""
        return [count for _, count in sorted(self.recipe.prompts.planned_topics.items())]

    def planned_of(self, step: str) -> list[int]:
        """How many rows each shard of a step is to have."""
        return self.topics if step == TOPICS else self.planned

    def whole(self, step: str) -> bool:
        """Whether all shards of a step are committed."""
        return self.recipe.shards_of(step) == len(self._shards(step))

    def balance(self, step: str) -> Balance:
        """What became of the rows of a step."""
        shards = self._shards(step)
        errors, left_out, counted = Counter[str](), Counter[str](), True
        for shard in shards:
            left_out.update(self._left_out(step, shard))
            found = self._errors(step, shard)
            errors.update(found or {})
            counted = counted and found is not None
        return Balance(
            step=step,
            planned=sum(self.planned_of(step)[shard] for shard in shards),
            rows=sum(self._count(step, shard, "rows") for shard in shards),
            left_out=left_out,
            errors=errors if counted else None,
        )

    def broken(self, step: str) -> Iterator[str]:
        """A sentence for each shard of a step in which the law does not hold."""
        for shard in self._shards(step):
            rows, planned = self._count(step, shard, "rows"), self.planned_of(step)[shard]
            if rows != planned:
                yield f"{step}: shard {shard} has {rows:,} rows of {planned:,} planned"
            elif step == self.answers and (unasked := self._unasked(step, shard)):
                good = self._count(step, shard, "asked") + unasked
                yield f"{step}: shard {shard} has {good:,} good prompts, and {good - unasked:,} were answered"

    def all_broken(self) -> list[str]:
        """The same for all steps."""
        return [sentence for step in self.recipe.steps for sentence in self.broken(step)]

    def _shards(self, step: str) -> list[int]:
        """The committed shards that are planned; one that was committed for a larger run is nobody's."""
        return [shard for shard in sorted(self.tally.footers[step]) if shard < self.recipe.shards_of(step)]

    def _count(self, step: str, shard: int, count: str) -> int:
        return self.tally.footers[step][shard].counts.get(count, 0)

    def _reasons(self, step: str, shard: int, count: str) -> Counter[str] | None:
        """Rows by reason; None where the file is not there or does not count them."""
        footer = self.tally.footers.get(step, {}).get(shard)
        reasons = footer.counts.get(count) if footer else None
        return None if reasons is None else Counter(reasons)

    def _marked(self, shard: int) -> Counter[str]:
        """The good prompts of a shard that others make needless."""
        marked = self._reasons(UNIQUE, shard, "errors") or Counter[str]()
        return marked - (self._reasons(FIRST, shard, "errors") or Counter[str]())

    def _left_out(self, step: str, shard: int) -> Counter[str]:
        if step in (TOPICS, FIRST):
            return Counter[str]()
        marked = self._marked(shard)
        if step == self.answers or not (unasked := self._unasked(step, shard)):
            return marked
        return marked + Counter({"for other generators": unasked})

    def _errors(self, step: str, shard: int) -> Counter[str] | None:
        """The rows of a shard that are errors in a step, by what they are."""
        if step == TOPICS:
            return self._reasons(TOPICS, shard, "errors")
        prompts, answers = self._reasons(FIRST, shard, "errors"), self._answers(step)
        if prompts is None or answers is None:
            return prompts
        unanswered = self._reasons(answers, shard, "unanswered")
        return None if unanswered is None else prompts + unanswered

    @cached_property
    def answers(self) -> str | None:
        """The step that makes the answers which all later steps are about."""
        return self.recipe.made_by.get("answered")

    @cached_property
    def writers(self) -> set[str]:
        """The steps that make answers: those, or one generator's among several."""
        stages = self.recipe.stages.items()
        return {step for step, stage in stages if any(name.startswith("answered") for name in stage.writes.names)}

    def _answers(self, step: str) -> str | None:
        """The step whose answers decide which rows are errors in a step: its own, or those that it stands on."""
        if step in self.writers:
            return step
        steps = self.recipe.steps
        return self.answers if self.answers and steps.index(self.answers) < steps.index(step) else None

    def _unasked(self, step: str, shard: int) -> int:
        """The good prompts of a shard for which a step that answers has no candidate, if it counts them."""
        counts, prompts = self.tally.footers[step][shard].counts, self._reasons(FIRST, shard, "errors")
        if "asked" not in counts or prompts is None:
            return 0
        return counts["rows"] - prompts.total() - self._marked(shard).total() - counts["asked"]
