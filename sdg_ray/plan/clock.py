"""How long a run takes and what it costs: seconds of each step, of each phase, and the GPU-hours that pools hold.

streaming   the steps of a phase go on side by side, so a phase takes as long as its slowest step
staged      every step is a phase of its own
one machine   steps without GPUs share its processor, so what they take adds up
phases   one after the other, each with its models to load
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sdg_ray.plan.figures import Figures, figures_of
from sdg_ray.plan.places import Place, idle_pools, places_of
from sdg_ray.plan.probe import Measured, Probe
from sdg_ray.plan.work import Work, work_of
from sdg_ray.plan.writing import Calls
from sdg_ray.recipe import Recipe
from sdg_ray.runner import Runner
from sdg_ray.runner.pools import STREAMING, at_once

HOUR = 3600.0


class Span(NamedTuple):
    """What is expected, and from where to where it may be."""

    low: float
    likely: float
    high: float

    def __mul__(self, times: float) -> "Span":  # type: ignore[override]
        return Span(*(each * times for each in self))


def added(spans: Sequence[Span]) -> Span:
    """All of them, one after the other."""
    return Span(*(sum(each) for each in zip(*spans, strict=True))) if spans else Span(0, 0, 0)


def longest(spans: Sequence[Span]) -> Span:
    """All of them, side by side."""
    return Span(*(max(each) for each in zip(*spans, strict=True))) if spans else Span(0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One step with its work, its place and how long it takes there."""

    step: str
    work: Work
    calls: Calls
    place: Place
    seconds: Span
    start: Span  # until its model is loaded
    measured: bool  # its speed is that of the probe


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Steps that go on side by side; `loads` is what a probe says of how long it takes until they do."""

    lines: Sequence[Line]
    loads: float | None = None

    @property
    def start(self) -> Span:
        """Until the models are loaded."""
        if self.loads is not None:
            return Span(self.loads, self.loads, self.loads)
        return _together(self.lines, [line.start for line in self.lines], shared=True)

    @property
    def seconds(self) -> Span:
        """From its beginning to its end."""
        return added([self.start, _together(self.lines, [line.seconds for line in self.lines])])

    def gpu_hours(self, line: Line) -> Span:
        """What the pool of a step holds: a worker keeps its GPUs until the phase ends."""
        return self.seconds * (line.place.replicas * line.place.gpus / HOUR)

    def idle(self, line: Line) -> float:
        """The share of the phase in which a step has nothing to do."""
        return 1 - line.seconds.likely / self.seconds.likely if self.seconds.likely else 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will take."""

    recipe: Recipe
    phases: Sequence[Phase]
    wrong: Sequence[str] = ()
    probe: Probe | None = None

    @property
    def lines(self) -> list[Line]:
        """All steps that ask a model."""
        return [line for phase in self.phases for line in phase.lines]

    @property
    def seconds(self) -> Span:
        """The whole."""
        return added([phase.seconds for phase in self.phases])

    @property
    def gpu_hours(self) -> Span:
        """What all pools hold."""
        return added([phase.gpu_hours(line) for phase in self.phases for line in phase.lines])


def planned(recipe: Recipe, cluster: Runner, figures: Figures, probe: Probe | None = None) -> Plan:
    """The plan of a recipe on a cluster, from the figures or, where it can tell, from a probe."""
    work = work_of(recipe, figures)
    places = places_of(cluster, work)
    lines = {step: _line(step, each, places[step], figures, probe) for step, each in work.items()}
    starts = probe.starts if probe else {}
    groups = at_once(recipe, getattr(cluster, "schedule", STREAMING))
    phases = [_phase([lines[step] for step in steps if step in lines], starts.get(steps[0])) for steps in groups]
    wrong = [*(place.wrong for place in places.values() if place.wrong), *idle_pools(cluster, work)]
    return Plan(recipe=recipe, phases=[phase for phase in phases if phase.lines], wrong=wrong, probe=probe)


def _phase(lines: Sequence[Line], loads: float | None) -> Phase:
    """A phase; how long a probe took to load its models counts if they are all the same."""
    return Phase(lines=lines, loads=loads if all(line.measured for line in lines) else None)


def _line(step: str, work: Work, place: Place, figures: Figures, probe: Probe | None) -> Line:
    model = figures_of(figures, work.engine.model)
    measured = probe.steps.get(step) if probe else None
    calls = measured.corrected(work.calls) if measured else work.calls
    same = measured is not None and (measured.model, measured.gpus) == (work.engine.model, place.gpus)
    alone = _alone(calls, measured) if measured and same else model.seconds(calls.tokens_in, calls.tokens_out)
    seconds, start = alone / place.times, 0.0 if place.served else model.start
    return Line(
        step=step,
        work=work,
        calls=calls,
        place=place,
        seconds=Span(seconds / model.wide, seconds, seconds * model.wide),
        start=Span(start / model.wide, start, start * model.wide),
        measured=same,
    )


def _alone(calls: Calls, measured: Measured) -> float:
    """The seconds of one replica at the speed of the probe."""
    return (calls.tokens_in + calls.tokens_out) / measured.rate


def _together(lines: Sequence[Line], spans: Sequence[Span], shared: bool = False) -> Span:
    """Side by side, but one after the other where they share a machine; a measured speed is that beside others."""
    pairs = list(zip(lines, spans, strict=True))
    sharing = [span for line, span in pairs if line.place.shared and (shared or not line.measured)]
    others = [span for line, span in pairs if not line.place.shared or (line.measured and not shared)]
    return longest([added(sharing), *others])
