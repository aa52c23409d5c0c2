"""The figures of a run, as plain data: what the report's page shows and nothing that it has to compute.

    figures(store)["runs"][0]["funnel"]         how many prompts and answers came how far
    figures(store, compare=other)["runs"]       both runs, with histograms over the same bars

The run is read twice, shard by shard: once for its numbers, once for the records that are drawn.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sdg_ray.errors import Refused
from sdg_ray.recipe import FIRST
from sdg_ray.report.figures import about
from sdg_ray.report.figures.counts import by_family, by_model, errors, funnel, named
from sdg_ray.report.figures.drawn import Texts, draw_records
from sdg_ray.report.figures.measures import edges
from sdg_ray.report.figures.numbers import OUTCOMES, Numbers, numbers
from sdg_ray.report.figures.pairing import beats, gaps, pairs_by
from sdg_ray.report.figures.scored import attributes, correlated, curves, lengths
from sdg_ray.report.figures.truth import agreements, truth, verifiers
from sdg_ray.report.figures.work import slowest, steps_done
from sdg_ray.report.tally import Tally
from sdg_ray.store import Store
from sdg_ray.unique.spread import spread

Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Read:
    """A run as it was read."""

    store: Store
    tally: Tally
    said: dict[str, Any]
    run: Numbers


def figures(store: Store, compare: Store | None = None) -> Figures:
    """The figures of one run or two, and records of the first.

    Raises:
        Refused: a run has no committed prompts.
    """
    read = [_read(each) for each in (store, compare) if each]
    bars = common_edges([each.run for each in read])
    records, texts = asyncio.run(draw_records(store, read[0].run))
    others = [asyncio.run(draw_records(each.store, each.run))[1] for each in read[1:]]
    made = [_figures(each, bars, some) for each, some in zip(read, [texts, *others], strict=True)]
    return {"runs": made, "records": records}


def _read(store: Store) -> Read:
    tally = Tally(store=store, steps=list(store.homes))
    if FIRST not in store.homes or not store.done(FIRST):
        raise Refused(f"run {store.run!r} has no shards yet; let jobs/generate.py run until one is committed")
    run = asyncio.run(numbers(tally))
    tally.update()  # the few files that have no numbers
    return Read(store=store, tally=tally, said=store.about(), run=run)


def common_edges(runs: Sequence[Numbers]) -> dict[str, np.ndarray]:
    """Where the bars of each histogram begin, the same in all runs."""
    names = dict.fromkeys(name for run in runs for name in run.attributes)
    found = {name: edges([run.attributes[name] for run in runs if name in run.attributes]) for name in names}
    found["margin"] = edges([run.pairs["margin"].astype(np.float64) for run in runs])
    found["gap"] = edges([gaps(run) for run in runs])
    return found


def _figures(read: Read, bars: dict[str, np.ndarray], texts: Texts) -> Figures:
    run, tally = read.run, read.tally
    used, truths = about.thresholds(read.said), verifiers(run, about.asks_model(read.said))
    right, others = truth(run, truths), [name for name in run.scorers if name not in truths]
    steps, outcomes = steps_done(tally), np.bincount(run.prompts["outcome"], minlength=len(OUTCOMES)).tolist()
    return {
        "run": read.store.run,
        "root": read.store.root,
        "share": run.share,
        "recipe": about.recipe_steps(read.said),
        "models_used": about.models(read.said),
        "versions": read.said.get("versions", {}),
        "command": read.said.get("command"),
        "unfinished": [each for each in steps if each["shards"] < each["of"]],
        "funnel": funnel(run),
        "outcomes": dict(zip(OUTCOMES, outcomes, strict=True)),
        "families": by_family(run),
        "models": by_model(run),
        "beats": beats(run),
        "left_out": named(run.candidates["reason"], run.known.reason),
        "attributes": attributes(run, bars, used, truths),
        "correlations": correlated(run),
        "lengths": lengths(run, others),
        "pairs": pairs_by(run, bars),
        "truths": truths,
        "curves": curves(run, right, others, used) if truths else [],
        "agreements": agreements(run, right, others) if truths else [],
        "spread": _spread(texts),
        "errors": errors(run.known),
        "steps": steps,
        "slowest": slowest(tally),
    }


def _spread(texts: Texts) -> list[Figures]:
    """How varied the prompts of each family are, on as many as were drawn."""
    found = []
    for family, some in sorted(texts.items()):
        measured = spread([text for text, _ in some], [path for _, path in some])
        found.append({"family": family} | asdict(measured))
    return found
