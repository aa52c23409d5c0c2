"""How far a run is, while it runs: a few words for each step that moves, with the time to go.

A thread looks at the run's files every few seconds, so it sees the work of every worker and every rival, wherever they
are, and costs the workers nothing.
"""

import threading
import time
from types import TracebackType

from rich.console import Console

from sdg_ray.report.tally import Tally


class Progress:
    """Writes lines while the `with` block runs: every `every` seconds, if anything happened."""

    def __init__(self, tally: Tally, shards: int, console: Console, every: float = 5.0) -> None:
        self.tally, self.shards, self.console, self.every = tally, shards, console, every
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
            parts = [self._step(step) for step in self.tally.steps if self._moves(step)]
            now = "  ".join(parts) or "starting workers and loading models"
            if now != shown:
                self.console.print(f"{self._clock()}  {now}", highlight=False)
            shown = now

    def _moves(self, step: str) -> bool:
        return self.at_first[step] < len(self.tally.footers[step]) < self.shards

    def _step(self, step: str) -> str:
        """One step's progress: `responses 12/20 1,830 tok/s 14s to go`."""
        done = len(self.tally.footers[step])
        seconds = time.time() - max(self.since, min(footer.began for footer in self.tally.footers[step].values()))
        left = (self.shards - done) * seconds / (done - self.at_first[step])
        rate = self._rate(step)
        return " ".join(filter(None, (f"{step} {done}/{self.shards}", rate, f"{_span(left)} to go")))

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
