"""A job to be killed: a recipe with scripted engines, as a process of its own.

    python tests/chaos/job.py '{"root": "runs", "run": "first", "shards": 12, "log": "started", "where": "ray"}'

`where` is here (no Ray), ray (a cluster of its own), or a cluster's address; `log` gets a line for each shard that a
step starts; `recipe` is one of RECIPES. Exits with 1 if some are pending.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import Writer
from sdg_ray.prompts.given import Given
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.topics import Broad
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.runner import bring_all, pending
from sdg_ray.runner.local import Local
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.converse import Converse
from sdg_ray.stages.pair import Pair
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.store import open_run
from sdg_ray.unique import Unique
from tests.odd import Odd
from tests.scripted import Scripted
from tests.scripted_writer import ListWriter
from tests.small import small_recipe

OVERLAP = 3
WORKERS = 2  # of the step responses; one of each other


def noted_recipe(shards: int, seconds: float, log: str | None = None) -> Recipe:
    """The small recipe, with a note for each shard started in the steps that cost something."""
    engine = Scripted(seconds=seconds)
    return small_recipe(
        shards=shards,
        responses=Odd(stage=Respond(engine=engine), log=log),
        reward=Odd(stage=Score(scorer=RewardModel(engine=engine)), log=log),
        preferences=Odd(stage=Pair(), log=log),
    )


def dialogue_recipe(shards: int, seconds: float, log: str | None = None) -> Recipe:
    """Topics, questions on them, those left out that repeat others, and dialogues, all with answers in any order."""
    writer = ListWriter(hurry=seconds)
    prompts = Prompts(
        families={"open_qa": OpenQa(questions=1, modes=("context",))},
        writer=Writer(engine=writer, most=5),
        topics={"general": Broad(quota=80), "more": Broad(quota=40)},
        rows=4,
        shards=shards,
    )
    talk = Odd(stage=Converse(assistant=writer, turns=2), log=log)
    return recipe(prompts=prompts, unique=Unique(), responses=talk)


def poisoned_recipe(shards: int, seconds: float, log: str | None = None) -> Recipe:
    """The small recipe on made-up questions, one of which ends every engine that it is put to."""
    engine = Scripted(seconds=seconds, kill="question 2")
    families = {"given": Given(source=str(Path(__file__).parent / "questions.jsonl"))}
    return small_recipe(
        prompts=Prompts(families=families, rows=4, shards=shards),
        responses=Odd(stage=Respond(engine=engine), log=log),
    )


RECIPES = {"steps": noted_recipe, "dialogues": dialogue_recipe, "poisoned": poisoned_recipe}


def made_of(settings: Mapping[str, Any]) -> Recipe:
    """The recipe of a job with these settings."""
    made_by = RECIPES[settings.get("recipe", "steps")]
    return made_by(settings["shards"], settings.get("seconds", 0.1), settings.get("log"))


def main(settings: Mapping[str, Any]) -> int:
    """Go on with the run until nothing more can be done."""
    made = made_of(settings)
    runner: Any = Local(overlap=OVERLAP)
    if settings["where"] != "here":
        import ray

        from sdg_ray.runner.ray import Cluster, Pool

        own: dict[str, Any] = {"num_cpus": 4, "include_dashboard": False} if settings["where"] == "ray" else {}
        address = "local" if own else settings["where"]
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **own)
        pools = {step: Pool(overlap=OVERLAP, min=WORKERS if step == "responses" else 1) for step in made.steps}
        runner = Cluster(pools=pools)
    store = open_run(settings["root"], settings["run"], made.identities())
    failed = bring_all(made, store, runner)
    for shard, reason in failed.items():
        sys.stderr.write(f"pending: {shard}: {reason}\n")
    return int(bool(pending(made, store)))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
