"""Plans against what runs really took: by the table, and by a probe of another size, within a factor of 1.5."""

from pathlib import Path

import pytest

from sdg_ray.config import build, compose
from sdg_ray.plan.clock import Plan, planned
from sdg_ray.plan.figures import Figures
from sdg_ray.plan.probe import Probe, probed
from sdg_ray.plan.saying import pairs_of
from sdg_ray.runner.local import Local
from tests.plan.recorded import asked, lasted, recorded, replayed, total

FACTOR = 1.5
FIRST_LOAD = 7.0  # seconds until the first file of a run begins, which no file tells


def figures() -> Figures:
    return build(compose("plan", ["run=x"]).throughput)


def probe_of(name: str, root: Path) -> Probe:
    return probed(replayed(name, root), recorded(name), Local(), figures())


def near(foretold: float, real: float, factor: float = FACTOR) -> None:
    assert real / factor <= foretold <= real * factor, f"{foretold:,.1f} instead of {real:,.1f}"


def compared(plan: Plan, run: str) -> None:
    """Every step's requests and tokens, and the time of the whole."""
    for line in plan.lines:
        if line.step in ("topics", "prompts"):
            near(line.calls.requests, asked(run, line.step))
        for count, foretold in (("tokens_in", line.calls.tokens_in), ("tokens_out", line.calls.tokens_out)):
            if real := total(run, line.step, count):
                near(foretold, real)
    near(plan.seconds.likely, lasted(run) + FIRST_LOAD)


def test_run_is_foretold_by_itself(tmp_path: Path) -> None:
    plan = planned(recorded("demo"), Local(), figures(), probe_of("demo", tmp_path))
    compared(plan, "demo")
    for line in plan.lines:
        assert line.measured
        assert line.calls.tokens_in == pytest.approx(total("demo", line.step, "tokens_in"))
    assert pairs_of(plan) == pytest.approx(total("demo", "preferences", "paired_rows"))
    near(plan.seconds.likely, lasted("demo") + FIRST_LOAD, 1.05)


@pytest.mark.parametrize(("probe", "run"), [("small", "demo"), ("tiny", "demo"), ("demo", "small"), ("tiny", "small")])
def test_run_is_foretold_by_another_size(probe: str, run: str, tmp_path: Path) -> None:
    plan = planned(recorded(run), Local(), figures(), probe_of(probe, tmp_path))
    assert all(line.measured for line in plan.lines)
    compared(plan, run)
    near(pairs_of(plan), total(run, "preferences", "paired_rows"))


def test_table_foretells_the_time_and_all_tokens_of_a_run() -> None:
    plan = planned(recorded("demo"), Local(), figures())
    near(plan.seconds.likely, lasted("demo") + FIRST_LOAD)
    assert plan.seconds.low < lasted("demo") + FIRST_LOAD < plan.seconds.high
    for count in ("tokens_in", "tokens_out"):
        near(
            sum(getattr(line.calls, count) for line in plan.lines),
            sum(total("demo", line.step, count) for line in plan.lines),
        )
