"""Seconds, replicas and GPU-hours, counted by hand."""

from dataclasses import replace

import pytest

from sdg_ray.config import build, compose
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.vllm import Vllm
from sdg_ray.plan.clock import Plan, planned
from sdg_ray.plan.work import work_of
from sdg_ray.recipe import Recipe
from sdg_ray.runner.local import Local
from sdg_ray.runner.ray import Cluster, Pool
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from tests.plan.test_work import FIGURES, MODEL
from tests.small import small_recipe

HERE = Vllm(name="pocket/instruct")
LARGE = replace(HERE, tensor_parallel=4, pipeline_parallel=2)
READS = Vllm(name="pocket/reward", classifies=True)


def recipe(engine: Vllm | Endpoint, reward: Vllm | Endpoint) -> Recipe:
    """10 prompts: 400 tokens in and 2,400 out, so 24.4 s; and 4,000 tokens read for rewards, so 4 s."""
    respond, score = Respond(engine=engine), Score(scorer=RewardModel(engine=reward))
    return small_recipe(shards=5, rows=2, responses=respond, reward=score)


def seconds(plan: Plan) -> dict[str, float]:
    return {line.step: line.seconds.likely for line in plan.lines}


def test_steps_share_one_machine_and_models_load_one_after_the_other() -> None:
    plan = planned(recipe(HERE, READS), Local(), FIGURES)
    assert seconds(plan) == pytest.approx({"responses": 24.4, "reward": 4.0})
    assert plan.seconds.likely == pytest.approx(2 * 5 + 24.4 + 4.0)
    assert plan.seconds.low == pytest.approx(plan.seconds.likely / 2)
    assert plan.seconds.high == pytest.approx(plan.seconds.likely * 2)
    assert plan.gpu_hours.high == 0 and not plan.wrong


def test_replicas_on_gpus_share_the_work_and_the_slowest_step_counts() -> None:
    pools = {"responses": Pool(gpus=8, min=2, max=4), "reward": Pool(gpus=1)}
    plan = planned(recipe(LARGE, READS), Cluster(pools=pools), FIGURES)
    assert seconds(plan) == pytest.approx({"responses": 24.4 / 4, "reward": 4.0})
    assert plan.seconds.likely == pytest.approx(5 + 24.4 / 4)  # loaded side by side
    assert plan.gpu_hours.likely == pytest.approx((4 * 8 + 1) * (5 + 6.1) / 3600)
    assert plan.phases[0].idle(plan.lines[1]) == pytest.approx(1 - 4.0 / 11.1)
    assert not plan.wrong


def test_replicas_on_one_processor_are_no_faster() -> None:
    plan = planned(recipe(HERE, READS), Cluster(pools={"responses": Pool(min=2)}), FIGURES)
    assert seconds(plan)["responses"] == pytest.approx(24.4)


def test_addresses_are_replicas_that_are_loaded_already() -> None:
    served = Endpoint(name="x", addresses=("http://a/v1", "http://b/v1"))
    plan = planned(recipe(served, replace(served, head="classify")), Local(), FIGURES)
    assert plan.seconds.likely == pytest.approx(24.4 / 2)
    assert plan.gpu_hours.likely == 0 and not plan.wrong


def test_pool_that_does_not_suit_its_model_is_said() -> None:
    few = planned(recipe(LARGE, READS), Cluster(pools={"responses": Pool(gpus=4)}), FIGURES)
    assert [sentence.split(";")[0] for sentence in few.wrong] == [
        "responses: a replica of pocket/instruct takes 8 of the GPUs, as counted here, and the step's pool gives 4",
        "reward: a replica of pocket/reward takes 1 of the GPUs, as counted here, and the step's pool gives 0",
    ]
    vain = Cluster(pools={"responses": Pool(gpus=1), "reward": Pool(gpus=1), "selection": Pool(gpus=2)})
    assert planned(recipe(HERE, READS), vain, FIGURES).wrong == [
        "selection: its pool holds 2 GPUs and the step runs no model; set cluster.pools.selection.gpus=0"
    ]


def test_steps_of_a_staged_cluster_follow_each_other_and_hold_their_gpus_alone() -> None:
    pools = {"responses": Pool(gpus=8, min=2), "reward": Pool(gpus=1)}
    plan = planned(recipe(LARGE, READS), Cluster(pools=pools, schedule="staged"), FIGURES)
    assert [[line.step for line in phase.lines] for phase in plan.phases] == [["responses"], ["reward"]]
    assert plan.seconds.likely == pytest.approx(5 + 24.4 / 2 + 5 + 4.0)
    assert plan.gpu_hours.likely == pytest.approx((16 * (5 + 12.2) + 1 * (5 + 4.0)) / 3600)


@pytest.mark.parametrize("cluster", ["one_gpu", "one_node", "h100x2", "h100x2_bf16", "h100x16", "endpoints_only"])
def test_pools_of_cluster_files_suit_the_models_they_are_for(cluster: str) -> None:
    large = ["model=nemotron4", "model.reward.name=reward-340b"]
    small = ["model.generator.name=any-8b", "model.reward.name=any-8b"]
    served = ["model@model.generator=endpoint", "model.generator.name=x", "model@model.reward=nim_reward"]
    wide = [*large, "model@model.generator=nemotron4_340b_bf16"]
    models = {"one_gpu": small, "one_node": small, "endpoints_only": served, "h100x2_bf16": wide}.get(cluster, large)
    cfg = compose("plan", [f"cluster={cluster}", *models])
    plan = planned(build(cfg.recipe), build(cfg.cluster), FIGURES)
    assert not plan.wrong
    steps = work_of(plan.recipe, FIGURES)
    assert set(steps) == {"responses", "reward"} == set(build(cfg.cluster).suited(plan.recipe).pools)


def test_figures_of_the_largest_model_give_the_node_hours_of_the_estimate() -> None:
    model = build(compose("plan", []).throughput)["nemotron4_340b"]
    prompts = (
        2_000_000  # for a million pairs: 300 tokens written for each, four answers of 600, a thousand read of each
    )
    nodes = (prompts * (300 + 4 * 600) / model.writes + prompts * 400 / model.reads) / 3600
    assert 500 <= nodes <= 560
    assert 230 <= prompts * 4 * 1000 / model.reads / 3600 <= 240
    assert MODEL.seconds(1000, 100) == 2.0
