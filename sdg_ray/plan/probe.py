"""A finished run as the measure of another: by how much the figures were off for it, step by step.

    responses   the figures said 1,000 tokens in and 6,000 out; it was 800 and 2,400: the plan takes 0.8 and 0.4 times
                what they say for the run that is planned, and the tokens a second that this run had

So a probe of 200 prompts foretells 200,000, also with another `n`, other quotas or more generators of the same kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdg_ray.errors import Refused
from sdg_ray.plan.figures import Figures
from sdg_ray.plan.places import Place, places_of
from sdg_ray.plan.work import Work, candidates_of, work_of
from sdg_ray.plan.writing import Calls
from sdg_ray.recipe import FIRST, TOPICS, UNIQUE, Recipe
from sdg_ray.report.tally import Tally
from sdg_ray.runner import Runner, pending
from sdg_ray.runner.pools import STREAMING, at_once
from sdg_ray.store import Store

ASKED = ("lists:", "texts:")  # counts of requests to a writer, by family


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How one step of a run did: factors to what the figures say, and its speed with one replica."""

    model: str
    gpus: float
    requests: float
    tokens_in: float
    tokens_out: float
    rate: float  # tokens read and written a second

    def corrected(self, calls: Calls) -> Calls:
        """What the figures say, corrected."""
        return Calls(
            requests=calls.requests * self.requests,
            tokens_in=calls.tokens_in * self.tokens_in,
            tokens_out=calls.tokens_out * self.tokens_out,
        )


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A finished run, measured: its steps, the seconds in which its phases did nothing yet, and what came of it."""

    run: str
    steps: Mapping[str, Measured]
    starts: Mapping[str, float]  # by the first step of a phase; the first phase is not known
    kept: float | None  # of its answers
    paired: float  # of its planned prompts


def probed(store: Store, recipe: Recipe, cluster: Runner, figures: Figures) -> Probe:
    """What there is to learn from a run.

    Raises:
        Refused: it is not finished.
    """
    if missing := pending(recipe, store):
        raise Refused(f"run {store.run!r} lacks {len(missing)} shards; a probe has to be finished")
    tally = Tally(store=store, steps=recipe.steps)
    tally.update()
    work = work_of(recipe, figures)
    places = places_of(cluster, work)
    answered = tally.total("answers") / (candidates_of(recipe) * tally.sum(FIRST, "rows") or 1)
    judged = tally.total("judged")
    return Probe(
        run=store.run,
        steps={step: _measured(tally, step, each, places[step], answered) for step, each in work.items()},
        starts=_starts(tally, at_once(recipe, getattr(cluster, "schedule", STREAMING))),
        kept=tally.total("kept") / judged if judged else None,
        paired=tally.total("paired_rows") / tally.sum(FIRST, "rows"),
    )


def _measured(tally: Tally, step: str, work: Work, place: Place, answered: float) -> Measured:
    """One step; what its files do not count is taken to be off by as much as answers are missing."""
    asked = sum(count for each in tally.footers[step].values() for count in _asked(each.counts))
    counted = Calls(
        requests=asked if step in (TOPICS, FIRST) else work.calls.requests * answered,
        tokens_in=tally.sum(step, "tokens_in") or work.calls.tokens_in * answered,
        tokens_out=tally.sum(step, "tokens_out") or work.calls.tokens_out * answered,
    )
    seconds = tally.seconds(step) * place.times
    return Measured(
        model=work.engine.model,
        gpus=place.gpus,
        requests=_ratio(counted.requests, work.calls.requests),
        tokens_in=_ratio(counted.tokens_in, work.calls.tokens_in),
        tokens_out=_ratio(counted.tokens_out, work.calls.tokens_out),
        rate=(counted.tokens_in + counted.tokens_out) / max(seconds, 1e-6),
    )


def _asked(counts: Mapping[str, int]) -> list[int]:
    return [count for name, count in counts.items() if name.startswith(ASKED)]


def _ratio(counted: float, foretold: float) -> float:
    return counted / foretold if foretold else 1.0


def _starts(tally: Tally, phases: Sequence[Sequence[str]]) -> dict[str, float]:
    """The seconds of each phase but the first in which its slowest step had no shard: models were loaded."""
    found, before = {}, None
    for phase in phases:
        steps = [step for step in phase if step != UNIQUE]  # it needs no model and is done while others load theirs
        ended = max(each.ended for step in phase for each in tally.footers[step].values())
        if before is not None:
            found[phase[0]] = max(0.0, ended - before - max((tally.seconds(step) for step in steps), default=0.0))
        before = ended
    return found
