"""Every file in conf/ can be built, and points to where its group says."""

import json
from pathlib import Path
from typing import Any

import hydra.utils
import pytest
from omegaconf import DictConfig, OmegaConf

from sdg_ray.config import CONF, build, compose, identity
from sdg_ray.recipe import Recipe
from sdg_ray.runner.local import Local
from tests.small import STEPS

PACKAGES = {
    "model": "sdg_ray.engines.",
    "filter": "sdg_ray.filters.",
    "scorer": "sdg_ray.scorers.",
    "prompts": "sdg_ray.prompts.",
    "topics": "sdg_ray.prompts.",
    "cluster": "sdg_ray.runner.",
    "preferences": "sdg_ray.stages.pair",
}
# files that name several things at once
SETS = {"model": ["nemotron4", "pocket", "served"], "sources": ["pocket", "hub"], "generators": ["one", "three"]}
LEFT = {"nemotron4": ["model.reward.name=pocket/reward"]}  # what a set of models leaves to be said
WRITTEN = {"nemotron4", "pocket"}  # recipes whose prompts a model writes on topics
MERGED = {"genetic"}  # recipes whose prompts a model writes from seeds of their own
FURTHER = {  # verifiers and judges, and generators among several
    "math_answer", "instructions", "tool_call", "python_tests", "world", "judge", "rubric",
    "responses_first", "responses_second", "responses_third",
}  # fmt: skip
UNPAIRED = {"dialogues"}  # recipes of data without preferences
BY_TRUTH = {"rounds"}  # recipes without a reward model
# what a file leaves to be said; by the key's name
SAID: dict[str, Any] = {
    "name": "pocket/instruct",
    "engine": {"_target_": "sdg_ray.engines.vllm.Vllm", "name": "pocket/reward", "classifies": True},
    "scorer": "reward",
    "threshold": 3.0,
}


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def all_options() -> list[tuple[str, str]]:
    return [(group, option) for group in PACKAGES for option in options(group) if option not in SETS.get(group, [])]


@pytest.fixture
def prompt_file(tmp_path: Path) -> str:
    (tmp_path / "mine.jsonl").write_text('"Why is the sky blue?"\n')
    return str(tmp_path / "mine.jsonl")


def test_every_folder_is_a_group_that_is_tested() -> None:
    tested_elsewhere = {"recipe", "documents", "alignment", "evaluation"}
    assert {path.name for path in CONF.iterdir() if path.is_dir()} == {*PACKAGES, *SETS, *tested_elsewhere}


@pytest.mark.parametrize(("group", "option"), all_options())
def test_option_builds_something_of_its_groups_package(group: str, option: str, prompt_file: str) -> None:
    cfg = compose("generate", ["run=first", f"+{group}@under_test={option}"]) if not _open(group, option) else None
    node: DictConfig = cfg.under_test if cfg is not None else _filled(group, option, prompt_file)

    assert node._target_.startswith(PACKAGES[group])
    built = build(node)
    assert type(built) is hydra.utils.get_class(node._target_)
    json.dumps(identity(built))


def test_model_set_names_a_generator_and_a_judge() -> None:
    assert {option for option in options("model") if option in SETS["model"]} == set(SETS["model"])
    for option in SETS["model"]:
        models = compose("generate", ["run=first", f"model={option}", *LEFT.get(option, [])]).model
        assert not build(models.generator).classifies
        assert build(models.reward).classifies


@pytest.mark.parametrize("option", options("recipe"))
def test_recipe_builds_with_all_its_steps_whatever_the_cluster(option: str, prompt_file: str) -> None:
    given = [f"recipe.prompts.families.given.source={prompt_file}"] if option == "given" else []
    for cluster in options("cluster"):
        cfg = compose("generate", ["run=first", f"recipe={option}", f"cluster={cluster}", *given])
        made = build(cfg.recipe)
        assert isinstance(made, Recipe)
        steps: tuple[str, ...] = STEPS[:-1] if option in UNPAIRED else STEPS
        if option in WRITTEN:
            steps = ("topics", "prompts", "unique", *steps[1:])
        if option in MERGED:
            steps = ("prompts", "unique", *steps[1:])
        if option in BY_TRUTH:
            steps = tuple(step for step in steps if step != "reward")
        assert tuple(step for step in made.steps if step not in FURTHER) == steps
        json.dumps(made.identities())


def test_cluster_and_model_settings_that_place_the_work_are_no_identity() -> None:
    plain = build(compose("generate", ["run=first"]).recipe).identities()
    placed = ("model.generator.max_num_seqs=7", "model.reward.tensor_parallel=2", "recipe.prompts.shards=3")
    assert build(compose("generate", ["run=first", *placed]).recipe).identities() == plain


def test_local_cluster_is_this_process() -> None:
    assert isinstance(build(compose("generate", ["run=first", "cluster=local"]).cluster), Local)


def _open(group: str, option: str) -> bool:
    """Whether a file leaves something to be said."""
    return "???" in (CONF / group / f"{option}.yaml").read_text()


def _filled(group: str, option: str, prompt_file: str) -> DictConfig:
    said = SAID | {"source": prompt_file}
    missing = [key for key, value in _raw(group, option).items() if value == "???"]
    filling = [f"+{group}@under_test={option}", *(f"++under_test.{key}={_typed(said[key])}" for key in missing)]
    return compose("generate", ["run=first", *filling]).under_test


def _raw(group: str, option: str) -> dict[str, Any]:
    found = OmegaConf.to_container(OmegaConf.load(CONF / group / f"{option}.yaml"))
    assert isinstance(found, dict)
    return {str(key): value for key, value in found.items()}


def _typed(value: Any) -> str:
    """A value as it is typed in an override."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_typed(each)}" for key, each in value.items()) + "}"
    return json.dumps(value) if isinstance(value, bool) else str(value)
