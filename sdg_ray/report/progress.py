"""How far a run is, while it runs: a few words for each step that moves, with the time to go.

A thread looks at the run's files every few seconds, so it sees the work of every worker and every rival, wherever they
are, and costs the workers nothing.
"""

import threading
import time
from types import TracebackType

from rich.console import Console

from sdg_ray.recipe import Recipe
from sdg_ray.report.tally import Tally

LOADING = "starting workers and loading models"


class Progress:
    """Writes lines while the `with` block runs: every `every` seconds, if anything happened."""

    def __init__(self, tally: Tally, recipe: Recipe, console: Console, every: float = 5.0) -> None:
        self.tally, self.console, self.every = tally, console, every
        self.shards = {step: recipe.shards_of(step) for step in recipe.steps}
        self.since, self.began = time.time(), time.monotonic()
        self.at_first: dict[str, int] = {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def __enter__(self) -> "Progress":
        self.tally.update()
        self.at_first = {step: len(files) for step, files in self.tally.footers.items()}
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        self.thread.join()
        self.tally.update()

    def _watch(self) -> None:
        shown = ""
        while not self.over.wait(self.every):
            self.tally.update()
            now = " | ".join(self._parts())
            if now != shown:
                self.console.print(f"{self._clock()}  {now}", highlight=False, markup=False, soft_wrap=True)
            shown = now

    def _parts(self) -> list[str]:
        """What there is to say: each step that moves, how much is kept, errors, and the time to go."""
        moving = [step for step in self.tally.steps if self.at_first[step] < len(self.tally.footers[step])]
        if not moving:
            return [LOADING]
        going = [step for step in moving if len(self.tally.footers[step]) < self.shards[step]]
        parts = [self._step(step) for step in going or moving[-1:]]
        if not going:
            parts.append(LOADING)
        judged, errors = self.tally.total("judged"), sum(self.tally.reasons("errors").values())
        if judged:
            parts.append(f"{self.tally.total('kept') / judged:.0%} kept")
        if errors:
            parts.append(f"{errors:,} errors")
        left = max(self._left(step) for step in moving)
        return [*parts, f"{_span(left)} to go"] if left else parts

    def _step(self, step: str) -> str:
        """One step's progress: `responses 12/20 1,830 tok/s`."""
        return f"{step} {len(self.tally.footers[step])}/{self.shards[step]} {self._rate(step)}".strip()

    def _left(self, step: str) -> float:
        """The seconds that a step needs for the shards it lacks, at the pace it has had in this launch."""
        files = self.tally.footers[step]
        seconds = time.time() - max(self.since, min(footer.began for footer in files.values()))
        return (self.shards[step] - len(files)) * max(0.0, seconds) / (len(files) - self.at_first[step])

    def _rate(self, step: str) -> str:
        tokens = self.tally.sum(step, "tokens_out") or self.tally.sum(step, "tokens_in")
        seconds = self.tally.seconds(step)
        return f"{tokens / seconds:,.0f} tok/s" if tokens and seconds else ""

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        return f"{minutes:3d}:{seconds:02d}"


def _span(seconds: float) -> str:
    """A length of time as a person says it: 40s, 12min, 3.5h."""
    if seconds < 90:
        return f"{seconds:.0f}s"
    return f"{seconds / 60:.0f}min" if seconds < 5400 else f"{seconds / 3600:.1f}h"
