"""Say what a run will take before it starts: requests, tokens, GPU-hours, hours and money, and what that rests on.

    python jobs/plan.py recipe=nemotron4 cluster=h100x16 model=nemotron4 model.reward.name=nemotron4-340b-reward
    python jobs/plan.py recipe=pocket probe=demo           by the tokens and speeds of a finished run

    recipe= cluster= model= sources= generators=, and every setting of theirs: as for jobs/generate.py
    probe=NAME        a finished run below root=..., whose figures count in place of the table's
    price=2.5         of one GPU for an hour
    throughput.nemotron4_340b.writes=2000          a figure of the table (conf/throughput.yaml)
    throughput.nemotron4_340b.tokens.answer=400    and how much a model is taken to say

A model's figures are those of the first entry of the table whose pattern fits its name. No model is loaded.
The probe may be small, of other quotas, another n or another scale: what is taken from it are its factors to the table,
step by step. A probe under load, or with pauses between its launches, foretells a run under load or pauses.
Exit codes: 0 planned, 2 refused.
"""

import shlex
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command
from sdg_ray.config import NAME, build, compose, setting
from sdg_ray.errors import Refused
from sdg_ray.plan.clock import HOUR, Line, Phase, Plan, Span, planned
from sdg_ray.plan.figures import Figures
from sdg_ray.plan.probe import Probe, probed
from sdg_ray.plan.saying import pairs_of, sentences
from sdg_ray.recipe import Recipe
from sdg_ray.store import reopen

COLUMNS = ("prompts", "requests", "tokens in", "tokens out", "replicas", "time", "idle", "GPU-hours", "cost")


def main(arguments: Sequence[str], console: Console) -> int:
    """Compose, count, and print the table with its assumptions."""
    cfg = compose("plan", arguments)
    recipe: Recipe = build(cfg.recipe)
    figures: Figures = build(cfg.throughput)
    price = setting(cfg, "price", float)
    if price < 0:
        raise Refused(f"price={price:g} must not be below 0; it is of one GPU for an hour")
    run = setting(cfg, "probe", NAME | None)
    probe = probe_of(setting(cfg, "root", str), run, figures) if run else None
    plan = planned(recipe, build(cfg.cluster), figures, probe)
    if not plan.lines:
        raise Refused("no step of this recipe asks a model, so there is nothing to plan")
    if not any(line.calls.requests > 0 for line in plan.lines):
        raise Refused("this recipe asks for nothing: recipe.scale, quotas and recipe.prompts.shards must be above 0")
    console.print(_table(plan, price))
    for line in _sums(plan, price):
        console.print(line, highlight=False, soft_wrap=True)
    for sentence in plan.wrong:
        console.print(f"wrong: {sentence}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    console.print("\nassumed", style="dim")
    for sentence in sentences(plan, figures, price):
        console.print(f"- {sentence}", highlight=False, markup=False)
    return 0


def probe_of(root: str, run: str, figures: Figures) -> Probe:
    """A finished run, measured with the recipe and the cluster that its command named."""
    store = reopen(root, run)
    about = store.about()
    if earlier := about.get("retries"):
        raise Refused(f"run {run!r} only asked again what had failed in {earlier!r}; probe={earlier} has the figures")
    if not (said := about.get("command")):
        raise Refused(f"run {run!r} does not say by which command it was made, so it cannot be a probe")
    cfg = compose("generate", shlex.split(said)[2:])
    return probed(store, build(cfg.recipe), build(cfg.cluster), figures)


def _table(plan: Plan, price: float) -> Table:
    table = Table(title="what it will take", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("step")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for number, phase in enumerate(plan.phases, 1):
        table.add_row(f"(phase {number} loads)", *[""] * 5, _time(phase.start.likely), style="dim")
        for line in phase.lines:
            table.add_row(line.step, *_cells(phase, line, price))
    return table


def _cells(phase: Phase, line: Line, price: float) -> list[str]:
    calls, hours = line.calls, phase.gpu_hours(line).likely
    return [
        f"{line.work.prompts:,}",
        *(f"{count:,.0f}" for count in (calls.requests, calls.tokens_in, calls.tokens_out)),
        f"{line.place.replicas} x {line.place.gpus:g} GPU" if line.place.gpus else f"{line.place.replicas}",
        _time(line.seconds.likely),
        *((f"{phase.idle(line):.0%}", f"{hours:,.1f}", f"{hours * price:,.0f}") if line.place.gpus else ("", "", "")),
    ]


def _sums(plan: Plan, price: float) -> list[str]:
    calls = [line.calls for line in plan.lines]
    read, written = sum(each.tokens_in for each in calls), sum(each.tokens_out for each in calls)
    hours, pairs = plan.gpu_hours, pairs_of(plan)
    found = [
        f"in all    {sum(each.requests for each in calls):,.0f} requests, {read:,.0f} tokens in, {written:,.0f} out",
        f"time      {_time(plan.seconds.likely)} ({_time(plan.seconds.low)} to {_time(plan.seconds.high)})",
    ]
    if hours.likely:
        found.append(f"GPU-hours {hours.likely:,.0f} ({hours.low:,.0f} to {hours.high:,.0f})")
        found.append(f"cost      {_money(hours * price)} at {price:g} a GPU-hour")
    if "preferences" in plan.recipe.steps:
        each = f", {hours.likely * price / pairs:.3f} each" if hours.likely and pairs else ""
        found.append(f"pairs     about {pairs:,.0f}{each}")
    return found


def _money(span: Span) -> str:
    return f"{span.likely:,.0f} ({span.low:,.0f} to {span.high:,.0f})"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.1f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / HOUR:,.1f} h"


if __name__ == "__main__":
    command(main, __doc__)
