"""How far a run is, while it runs: a few words for each step that moves, with the time to go.

A thread looks at the run's files every few seconds, so it sees the work of every worker and every rival, wherever they
are, and costs the workers nothing. It says what became of a step's rows when the last of them is committed, and it
says so when nothing gets done.
"""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from rich.console import Console

from sdg_ray.report.conservation import Conservation
from sdg_ray.report.watchdog import Watchdog, span

New = Sequence[tuple[str, int]]
LOADING = "starting workers and loading models"


class Progress:
    """Writes lines while the `with` block runs: every `every` seconds, if anything happened.

    `also` is told as often, and once at the end, which files are new; `hourly` says what the cluster costs an hour;
    what `wrong` says, if anything, is said.
    """

    def __init__(
        self,
        law: Conservation,
        console: Console,
        every: float = 5.0,
        also: Callable[[New], None] | None = None,
        hourly: Callable[[], float] | None = None,
        wrong: Callable[[], str | None] | None = None,
    ) -> None:
        self.law, self.tally, self.console, self.every = law, law.tally, console, every
        self.also, self.hourly, self.wrong = also, hourly, wrong
        self.shards = {step: law.recipe.shards_of(step) for step in law.recipe.steps}
        self.since, self.began = time.time(), time.monotonic()
        self.watchdog = Watchdog(law.recipe, law.tally, self.since)
        self.at_first: dict[str, int] = {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def __enter__(self) -> "Progress":
        self.tally.update()
        self.at_first = {step: len(files) for step, files in self.tally.footers.items()}
        if self.also:
            self.also(())
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        self.thread.join()
        if error is None:
            self._tell(self.tally.update())

    def _watch(self) -> None:
        shown = ""
        while not self.over.wait(self.every):
            if self.wrong and (sentence := self.wrong()):
                self._say(sentence, style="yellow")
            new = self._look()
            self._tell(new)
            now = " | ".join(self._parts())
            if now != shown:
                self._say(now)
            if stuck := self.watchdog.look(new, time.time()):
                self._say(stuck, style="yellow")
            shown = now

    def _look(self) -> New:
        """The files that are new. A store that is away for a while ends the workers' work, not this thread."""
        try:
            new = self.tally.update()
        except OSError as error:
            self.watchdog.unreadable = str(error)
            return ()
        self.watchdog.unreadable = None
        return new

    def _tell(self, new: New) -> None:
        """Say what became of the rows of each step that is complete now."""
        for step in sorted({step for step, _ in new}, key=list(self.shards).index):
            if self.law.whole(step):
                self._say(str(self.law.balance(step)))
                for sentence in self.law.broken(step):
                    self._say(f"not conserved: {sentence}", style="red")
        if self.also:
            self.also(new)

    def _say(self, text: str, style: str | None = None) -> None:
        line = f"{self._clock()}  {text}"
        self.console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)

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
        return [*parts, *self._to_go(moving)]

    def _to_go(self, moving: Sequence[str]) -> list[str]:
        """How long it takes yet, and what this launch will have cost; of the slowest step, while others do not move."""
        slowest = max(moving, key=self._left)
        left = self._left(slowest)
        if not left:
            return []
        unfinished = {step for step, shards in self.shards.items() if len(self.tally.footers[step]) < shards}
        if not unfinished <= set(moving):
            return [f"{span(left)} to go in {slowest}"]
        hourly = self.hourly() if self.hourly else 0.0
        cost = hourly * (time.monotonic() - self.began + left) / 3600
        return [f"{span(left)} to go" + (f", ${cost:,.2f} in all" if cost else "")]

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
