"""Measure a model: on questions whose answers can be checked, on prompts of your own, or on published benchmarks.

    python jobs/evaluate.py model=out/dpo to=out/dpo/evaluation                    questions of the pocket world
    python jobs/evaluate.py model=out/dpo to=out/dpo/evaluation                    the same again: says what was found
    python jobs/evaluate.py on=judged model=out/dpo to=out/judged recipe.prompts.families.given.source=FILE
    python jobs/evaluate.py on=harness model=/models/instruct to=out/harness       IFEval, GSM8K, MMLU, HumanEval
    python jobs/evaluate.py model@model.generator=endpoint model.generator.name=NAME to=out/served

    model=FOLDER      who is measured: a folder, a name of the hub, pocket/..., or a file of conf/model
    on=world          by what (conf/evaluation): world, judged, harness
    to=FOLDER         where the figures go, in figures.json; answers to look at are beside it
    cluster=local     where answers are made (conf/cluster), as for jobs/generate.py
    max_error_share=0.1   no figures if a larger share of prompts and answers ends as errors

Settings are set by their path, + where their file does not name them:

    recipe.responses.n=8  recipe.responses.sampling.temperature=0  recipe.prompts.families.world.quota=2000
    evaluation.only=[gsm8k,ifeval]  evaluation.tasks.gsm8k=8  +evaluation.tasks.arc_challenge=25  evaluation.limit=20

An interval holds in 95 of 100 cases, and counts prompts and not their answers. Killed at any moment, the same command
goes on; another model, or one that was trained again, or other settings need a folder of their own.
Exit codes: 0 done, 1 some shards are pending or too many rows are errors, 2 refused.
"""

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from sdg_ray.command import command
from sdg_ray.config import CONF, NAME, build, compose, identity, setting, share
from sdg_ray.errors import Refused
from sdg_ray.evaluate import Figure, model
from sdg_ray.evaluate.figure import figures, settled, table, write
from sdg_ray.evaluate.harness import Harness
from sdg_ray.evaluate.judged import Judged
from sdg_ray.evaluate.world import World
from sdg_ray.runner.local import Local
from sdg_ray.store import open_run

MODEL, ON = re.compile("^model="), re.compile("^on=")
RUN = "run"  # below the folder of the figures


def main(arguments: Sequence[str], console: Console) -> int:
    """Measure, write the figures down, and print them."""
    cfg = compose("evaluate", [named(each) for each in arguments])
    to, most = setting(cfg, "to", NAME), share(cfg, "max_error_share")
    engine, evaluation = build(cfg.model.generator), build(cfg.evaluation)
    if "://" in to:
        raise Refused(f"to={to} is not on this machine; figures go into a folder")
    model.check(engine, chat=evaluation.chat if isinstance(evaluation, Harness) else True)
    evaluation.check()
    if settled(to, {"model": identity(engine), "on": evaluation.settings()}):
        console.print(f"{to} is complete already; there was nothing to do", highlight=False, soft_wrap=True)
    else:
        found = measured(evaluation, cfg, to, most, f"python jobs/evaluate.py {shlex.join(arguments)}", console)
        if found is None:
            return 1
        write(to, found)
    console.print(table(engine.model, figures(to)))
    return 0


def named(argument: str) -> str:
    """An argument as Hydra reads it: by the names `model` and `on` it knows folders of conf/."""
    if ON.match(argument):
        on, there = argument[len("on=") :], sorted(path.stem for path in (CONF / "evaluation").glob("*.yaml"))
        if on not in there:
            raise Refused(f"on={on} is none; there are {', '.join(there)}")
        return f"evaluation={on}"
    if not MODEL.match(argument):
        return argument
    name = argument[len("model=") :]
    file = CONF / "model" / f"{name}.yaml"
    if not file.is_file():
        return f"model.generator.name={name}"
    return argument if "@package _global_" in file.read_text() else f"model@model.generator={name}"


def measured(
    evaluation: World | Judged | Harness, cfg: DictConfig, to: str, max_error_share: float, typed: str, console: Console
) -> Sequence[Figure] | None:
    """The figures; None where the run that they rest on could not be finished."""
    if isinstance(evaluation, Harness):
        return evaluation.measure(to)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from jobs.generate import connect, run

    recipe, cluster = evaluation.recipe, build(cfg.cluster)
    if not isinstance(cluster, Local):
        connect(cluster.address)
    cluster.check(recipe)
    store = open_run(to, RUN, recipe.identities(), command=typed)
    return None if run(recipe, store, cluster, max_error_share, console) else evaluation.figures(store)


if __name__ == "__main__":
    command(main, __doc__)
