"""Which pools a recipe has use for, and whether they fit on machines: arithmetic, without Ray."""

from dataclasses import replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from sdg_ray.config import CONF, build, compose
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.errors import Refused
from sdg_ray.runner.pools import Machines, Pool, asks_model, at_once, crowded, misfit
from sdg_ray.runner.ray import Cluster
from sdg_ray.stages.respond import Respond
from tests.small import STEPS, small_recipe

CLUSTERS: dict[str, Cluster] = {
    path.stem: build(OmegaConf.load(path)) for path in (CONF / "cluster").glob("*.yaml") if path.stem != "local"
}
RECIPES = sorted(path.stem for path in (CONF / "recipe").glob("*.yaml"))
SERVED = Endpoint(name="x", addresses=("http://a/v1",))


def machines(count: int, gpus: float = 8, cpus: float = 64) -> list[dict[str, float]]:
    return [{"GPU": gpus, "CPU": cpus}] * count


def test_least_workers_count_with_the_gpus_of_all_their_machines() -> None:
    pools = {"a": Pool(gpus=16, machines=2, min=2, max=2), "b": Pool(gpus=1, min=2, max=9, cpus=2)}
    assert misfit(pools, machines(4)) == "the pools need 34 gpus and the cluster has 32"
    assert misfit(pools, machines(5)) is None
    assert misfit(pools, machines(5, cpus=0.5)) == "the pools need 4.2 cpus and the cluster has 2.5"


@pytest.mark.parametrize(
    ("pools", "there"),
    [
        ({"a": Pool(gpus=16)}, machines(2)),
        ({"a": Pool(gpus=8)}, machines(4, gpus=4)),
        ({"a": Pool(gpus=16, machines=2), "b": Pool(gpus=5, min=3)}, machines(4)),
        ({"a": Pool(gpus=8), "b": Pool(gpus=1)}, [*machines(1, gpus=7), *machines(1, gpus=6)]),
    ],
)
def test_gpus_that_are_there_but_not_together_are_not_enough(pools: dict[str, Pool], there: list) -> None:
    assert sum(pool.min * pool.gpus for pool in pools.values()) <= sum(node["GPU"] for node in there)
    assert "gpus on one machine, and none has them free" in (misfit(pools, there) or "")


def test_machines_are_filled_so_that_what_has_room_fits() -> None:
    pools = {"a": Pool(gpus=1, min=4), "b": Pool(gpus=4), "c": Pool(gpus=8), "d": Pool(gpus=0.5, min=2), "e": Pool()}
    assert crowded(pools, [*machines(1), *machines(1, gpus=4), *machines(1, gpus=5), *machines(1, gpus=0)]) is None
    assert crowded({"a": Pool(gpus=3, min=2), "b": Pool(gpus=4)}, [*machines(1, gpus=6), *machines(1, gpus=4)]) is None


def test_machines_that_an_autoscaler_may_bring_count_as_far_as_they_are_not_there() -> None:
    brings = Machines(most=3, gpus=8, cpus=64)
    head = {"CPU": 8.0}
    assert list(brings.beside([head])) == [head, *machines(3)]
    assert list(brings.beside([head, *machines(2)])) == [head, *machines(3)]
    pools = {"responses": Pool(gpus=8, min=3)}
    assert Cluster(pools=pools, autoscaler=brings).misfit(small_recipe(), [head]) is None
    assert "need 24 gpus and the cluster has 0" in (Cluster(pools=pools).misfit(small_recipe(), [head]) or "")


def test_staged_needs_room_for_the_largest_step_alone() -> None:
    cluster = Cluster(pools={"responses": Pool(gpus=8, min=2), "reward": Pool(gpus=8)})
    assert at_once(small_recipe(), "streaming") == (STEPS,)
    assert at_once(small_recipe(), "staged") == tuple((step,) for step in STEPS)
    said = cluster.misfit(small_recipe(), machines(2)) or ""
    assert (
        said.startswith("the pools need 24 gpus and the cluster has 16; lower ") and "cluster.schedule=staged" in said
    )
    assert replace(cluster, schedule="staged").misfit(small_recipe(), machines(2)) is None
    assert "staged" not in (cluster.misfit(small_recipe(), machines(1)) or "staged")


def test_steps_that_load_a_model_are_those_with_an_engine_that_is_not_behind_addresses() -> None:
    made = small_recipe()
    assert [step for step in made.steps if asks_model(made, step)] == ["responses", "reward"]
    assert not asks_model(small_recipe(responses=Respond(engine=SERVED)), "responses")
    assert asks_model(small_recipe(responses=Respond(engine=SERVED)), "responses", served=True)
    written = build(compose("generate", ["run=x", "recipe=pocket"]).recipe)
    loading = [step for step in written.steps if asks_model(written, step)]
    assert loading == ["topics", "prompts", "responses_first", "responses_second", "responses_third", "reward"]


def test_optional_pool_is_as_good_as_absent_where_its_step_loads_no_model() -> None:
    pools = {name: Pool(gpus=8, optional=True) for name in ("topics", "prompts", "responses", "selection", "other")}
    suited = Cluster(pools=pools).suited(small_recipe())
    assert set(suited.pools) == {"responses"}
    assert suited.pool("selection") == Pool()


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_cluster_file_has_pools_for_every_recipe_and_no_other(recipe: str, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('"Why is the sky blue?"\n')
    given = [f"recipe.prompts.families.given.source={tmp_path}/mine.jsonl"] if recipe == "given" else []
    made = build(compose("generate", ["run=x", f"recipe={recipe}", *given]).recipe)
    loading = {step for step in made.steps if asks_model(made, step)}
    for cluster in CLUSTERS.values():
        suited = cluster.suited(made)
        assert set(suited.pools) <= set(made.steps)
        for step, pool in suited.pools.items():
            pool.check(step)
        if any(pool.gpus for pool in cluster.pools.values()):
            assert {step for step in made.steps if suited.pool(step).gpus} == loading


@pytest.mark.parametrize(
    ("cluster", "there", "settings"),
    [
        ("one_gpu", machines(1, gpus=1), ()),
        ("one_node", machines(1), ()),
        ("one_node", machines(1), ("generators=three",)),
        ("h100x2", machines(2), ()),
        ("h100x2", machines(2), ("generators=three", "cluster.schedule=staged")),
        ("h100x2_bf16", machines(2), ()),
        ("h100x16", machines(16), ()),
        ("h100x16", machines(16), ("generators=three",)),
        ("autoscaling", [{"CPU": 4.0}], ()),
    ],
)
def test_largest_recipe_fits_on_the_machines_that_a_cluster_file_is_for(cluster, there, settings) -> None:
    cfg = compose("generate", ["run=x", "recipe=nemotron4", f"cluster={cluster}", *settings])
    made = build(cfg.recipe)
    assert build(cfg.cluster).suited(made).misfit(made, there) is None


def test_pool_typed_for_a_step_that_the_file_says_nothing_of_needs_no_class() -> None:
    typed = ("cluster.pools.selection.min=2", "cluster.pools.selection.cpus=1")
    assert build(compose("generate", ["run=x", *typed]).cluster).pool("selection") == Pool(min=2, cpus=1)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("cluster.pools.selection.mim=2", "cluster.pools.selection has no 'mim'; it has min, max, "),
        ("cluster.pools.selection.min=two", "cluster.pools.selection.min is 'two', which is no number"),
        ("cluster.schedule=stage", "cluster.schedule is 'stage'; it can be streaming or staged"),
    ],
)
def test_settings_that_cannot_be_are_refused(typed: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        build(compose("generate", ["run=x", typed]).cluster)


@pytest.mark.parametrize(
    ("pool", "says"),
    [
        (Pool(min=0), "min and overlap must be at least 1"),
        (Pool(min=3, max=2), "max at least min"),
        (Pool(gpus=15, machines=2), "gpus=15 are those of a worker on all its machines"),
        (Pool(machines=2), "cannot be in equal parts on machines=2"),
        (Pool(gpus=16, machines=2, max=3), "max must be min"),
    ],
)
def test_pools_whose_numbers_do_not_fit_each_other_are_refused(pool: Pool, says: str) -> None:
    with pytest.raises(Refused, match=f"^cluster.pools.a: .*{says}"):
        pool.check("a")
