"""Says when nothing gets done: at which step shards wait, the oldest first and for how long, and the last error.

    nothing done for 5min: responses has 19 in hand: shard 3 for 6min, 7 for 5min, 12 for 5min and 16 others;
        last error: CPU Generator does not use offset

It only speaks, at intervals that double. Who ends what hangs is the runner.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sdg_ray.recipe import FIRST, TOPICS, UNIQUE, Recipe
from sdg_ray.report.tally import Tally, listed

LOADING = 600.0  # seconds of silence that are usual while a step may be loading its model
AT_LEAST, TIMES = 60.0, 5  # else so many seconds, or so many times the longest that anything has taken
NAMED = 3  # shards of a step


class Watchdog:
    """Looks at what a tally finds, from `began` (seconds since 1970) on."""

    def __init__(self, recipe: Recipe, tally: Tally, began: float) -> None:
        self.recipe, self.tally = recipe, tally
        self.began = self.last = began
        self.longest, self.moved, self.patience = 0.0, set[str](), 1
        self.unreadable: str | None = None  # why the store could not be read the last time

    def look(self, new: Sequence[tuple[str, int]], now: float) -> str | None:
        """What there is to say, given the files that are new."""
        if new:
            self._learn(new, now)
            self.last, self.patience = now, 1
            return None
        silent = now - self.last
        if silent < AT_LEAST * self.patience or silent < self._usual() * self.patience:
            return None
        while silent >= self._usual() * self.patience:
            self.patience *= 2
        last = self._last_error()
        return f"nothing done for {span(silent)}: {self._in_hand(now)}" + (f"; last error: {last}" if last else "")

    def _learn(self, new: Sequence[tuple[str, int]], now: float) -> None:
        """What has been usual: how long shards take, and how long nothing is done while no model is loaded."""
        if not self._loading() and all(step in self.moved for step, _ in new):
            self.longest = max(self.longest, now - self.last)
        for step, shard in new:
            footer = self.tally.footers[step][shard]
            self.longest = max(self.longest, footer.ended - footer.began)
        self.moved.update(step for step, _ in new)

    def _usual(self) -> float:
        """The seconds of silence that nobody needs to hear about."""
        return max(LOADING if self._loading() else AT_LEAST, TIMES * self.longest)

    def _loading(self) -> bool:
        """Whether a step has shards in hand and has not finished any since we look."""
        return any(step not in self.moved and self._since(step) for step in self.recipe.steps)

    def _in_hand(self, now: float) -> str:
        """The steps that have shards in hand, and the oldest of these."""
        steps = [(step, since) for step in self.recipe.steps if (since := self._since(step))]
        return ", and ".join(_oldest(step, since, now) for step, since in steps) or "no shard is in hand"

    def _since(self, step: str) -> dict[int, float]:
        """The shards that have come to a step and not left it, and when they came."""
        footers = self.tally.footers
        before = self._before(step)
        shards = [shard for shard in range(self.recipe.shards_of(step)) if shard not in footers[step]]
        if step in (TOPICS, FIRST, UNIQUE):  # these wait for all of the step before
            if any(len(footers[each]) < self.recipe.shards_of(each) for each in before):
                return {}
            came = max((footer.ended for each in before for footer in footers[each].values()), default=0.0)
            return dict.fromkeys(shards, max(self.began, came))
        there = {shard: [footers[each][shard].ended for each in before if shard in footers[each]] for shard in shards}
        return {shard: max(self.began, *ended) for shard, ended in there.items() if len(ended) == len(before)}

    def _before(self, step: str) -> list[str]:
        """The steps whose files a step reads."""
        if step == TOPICS:
            return []
        if step == FIRST:
            return [TOPICS] if TOPICS in self.recipe.steps else []
        return [FIRST] if step == UNIQUE else list(self.recipe.sources(step))

    def _last_error(self) -> str | None:
        """What went wrong last, as far as the run's files say: an engine's last words count for more than a row's."""
        if self.unreadable:
            return self.unreadable
        if died := self._last_words():
            return died
        files = [files for step, files in self.tally.footers.items() if step != UNIQUE]
        failed = [footer for each in files for footer in each.values() if footer.counts.get("errors")]
        return listed(Counter(max(failed, key=lambda footer: footer.ended).counts["errors"])) if failed else None

    def _last_words(self) -> str | None:
        """What the engine said that died last, among those of the steps that have shards in hand."""
        steps = [step for step in self.recipe.steps if self._since(step)]
        try:
            notes = [note for step in steps for note in self.tally.store.notes(step).values() if note.get("ended")]
        except OSError:
            return None  # the store is away; the next look will say so
        return max(notes, key=lambda note: note["at"])["ended"] if notes else None


def _oldest(step: str, since: Mapping[int, float], now: float) -> str:
    """`responses has 19 in hand: shard 3 for 6min, 7 for 5min, 12 for 5min and 16 others`."""
    oldest = sorted(since, key=lambda shard: (since[shard], shard))
    named = ", ".join(f"{shard} for {span(now - since[shard])}" for shard in oldest[:NAMED])
    others = f" and {len(oldest) - NAMED:,} others" if len(oldest) > NAMED else ""
    return f"{step} has {len(oldest):,} in hand: shard {named}{others}"


def span(seconds: float) -> str:
    """A length of time as a person says it: 40s, 12min, 3.5h."""
    if seconds < 90:
        return f"{seconds:.0f}s"
    return f"{seconds / 60:.0f}min" if seconds < 5400 else f"{seconds / 3600:.1f}h"
