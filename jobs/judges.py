"""Measure the judges: against truth on a finished run, or on a benchmark.

    python jobs/judges.py run=demo                          whom the run's scorers prefer, and whether truth agrees
    python jobs/judges.py bench=rewardbench data=FILE       reward model, judge and rubric side by side, by section
    python jobs/judges.py bench=helpsteer2 data=FILE        the five attributes of a reward model against people's

    run=NAME root=runs     a run; its files are read, no model is loaded
    truth=[world]          the run's scorers that know, the first that can tell; by default all that ask no model
    data=FILE              .jsonl or .parquet, here or as s3://bucket/name; or a dataset of the hub, with split=NAME
    ask=[reward,judge]     only some: of the run's scorers, or of those in conf/judges.yaml; by default all that can
    model=pocket           who scores and who judges (conf/model)
    answer_tokens=300      how long a judge's answer may be; a large model wants 1024

Any scorer can be asked beside these, and anything set by its path (Hydra; + where conf/judges.yaml does not name it):

    +scorers.rubric.rubric=truthful  +scorers.judge.template=my_template.txt  model@model.reward=MODEL
    +scorer@scorers.strict=rubric 'scorers.strict.engine=${model.judge}' +scorers.strict.rubric=truthful

Exit codes: 0 done, 2 refused before anything started.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import DictConfig
from rich.console import Console

from sdg_ray.command import command
from sdg_ray.config import NAME, build, compose, setting
from sdg_ray.errors import Refused
from sdg_ray.judges import help_steer, reward_bench, tables
from sdg_ray.judges.agreement import agreement, sides
from sdg_ray.judges.benchmark import opinions
from sdg_ray.prompts.sources import Source
from sdg_ray.scorers import Scorer
from sdg_ray.store import reopen

BENCHES = ("rewardbench", "helpsteer2")
SETTINGS = {"run": NAME | None, "root": str, "data": str | None, "split": str}


def main(arguments: Sequence[str], console: Console) -> int:
    """Measure what was asked for, and print the tables."""
    cfg = compose("judges", arguments)
    for name, hint in SETTINGS.items():
        setting(cfg, name, hint)
    if (cfg.run is None) == (cfg.bench is None):
        raise Refused("give either run=NAME or bench=rewardbench or bench=helpsteer2; --help shows how")
    if cfg.run is not None:
        of_run(cfg, console)
        return 0
    if cfg.bench not in BENCHES or cfg.data is None:
        raise Refused(f"bench={cfg.bench} data={cfg.data}: bench is {' or '.join(BENCHES)}, and data=FILE its rows")
    measure = of_pairs if cfg.bench == "rewardbench" else of_attributes
    measure(cfg, console)
    return 0


def of_run(cfg: DictConfig, console: Console) -> None:
    """The scorers of a finished run against truth."""
    store = reopen(cfg.root, str(cfg.run))
    both = asyncio.run(sides(store, named(cfg.truth), named(cfg.ask)))
    found = asyncio.run(agreement(store, both))
    console.print(tables.own_table(found, [each.name for each in both.truth]))
    console.print(tables.same_table(found))
    if judges := {each.name: each.consistency for each in found if each.consistency}:
        console.print(tables.consistency_table(judges))


def of_pairs(cfg: DictConfig, console: Console) -> None:
    """Scorers side by side on pairs in RewardBench's format."""
    scorers, asked = chosen(cfg), reward_bench.pairs(source(cfg))
    check(scorers)
    found = {}
    for name, scorer in scorers.items():
        said = asyncio.run(opinions(scorer, [pair.question for pair in asked]))
        found[name] = reward_bench.result(asked, said)
    console.print(tables.reward_bench_table(found))
    if judges := {name: each.consistency for name, each in found.items() if each.consistency}:
        console.print(tables.consistency_table(judges))


def of_attributes(cfg: DictConfig, console: Console) -> None:
    """Reward models against the attributes that people gave."""
    scorers = {name: scorer for name, scorer in chosen(cfg).items() if help_steer.gives_attributes(scorer)}
    if others := [name for name in named(cfg.ask) if name not in scorers]:
        raise Refused(f"ask={others[0]} gives no attributes, as helpsteer2 needs them; ask a reward model")
    check(scorers)
    asked = help_steer.graded(source(cfg))
    for name, scorer in scorers.items():
        fits, unread = help_steer.fits(asked, asyncio.run(opinions(scorer, [each.question for each in asked])))
        console.print(tables.help_steer_table(name, fits, len(asked), unread))


def chosen(cfg: DictConfig) -> Mapping[str, Scorer]:
    """The scorers to ask, by their names in the config."""
    names = named(cfg.ask) or list(cfg.scorers)
    if unknown := [name for name in names if name not in cfg.scorers]:
        raise Refused(f"ask={unknown[0]} is none of the scorers {', '.join(cfg.scorers)}")
    return {name: build(cfg.scorers[name]) for name in names}


def check(scorers: Mapping[str, Scorer]) -> None:
    """Refuse what cannot work, before a model is loaded."""
    for scorer in scorers.values():
        scorer.check()


def source(cfg: DictConfig) -> Source:
    """The rows of a benchmark."""
    return Source(at=cfg.data, split=cfg.split)


def named(value: Any) -> list[str]:
    """One name or a list of them; none where nothing is said."""
    return [value] if isinstance(value, str) else list(value or ())


if __name__ == "__main__":
    command(main, __doc__)
