"""What is served, what Ray Serve is told of it, and what is refused before anything starts."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.serve import check_port, usage
from sdg_ray.config import build, compose
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.weights import POCKET
from sdg_ray.errors import Refused
from sdg_ray.serve import Served, Serving, check_room, serving, settings
from sdg_ray.serve.llm import llm_config
from sdg_ray.serve.state import state

BASE = "http://127.0.0.1:8000"


def asked(*typed: str) -> Serving:
    made = serving(settings(typed))
    made.check()
    return made


def by_role(*typed: str) -> dict[str, Served]:
    return {each.role: each for each in asked(*typed).served}


def test_each_model_is_served_once_and_one_with_a_head_has_an_address_of_its_own() -> None:
    found = by_role()
    assert {role: each.model.name for role, each in found.items()} == {
        "generator": "pocket/instruct",
        "second": "pocket/instruct_early",
        "third": "pocket/base",
        "reward": "pocket/reward",
    }
    assert {each.path for role, each in found.items() if role != "reward"} == {"/v1"}
    assert (found["reward"].path, found["reward"].application) == ("/reward/v1", "reward")


def test_the_addresses_are_where_runs_look_for_the_models() -> None:
    known = compose("generate", ["run=none", "model=served"]).model
    for role, each in by_role().items():
        endpoint = build(known[role])
        assert endpoint.name == each.model.name and list(endpoint.addresses) == [BASE + each.path]
        assert endpoint.classifies == each.model.classifies
    assert known.judge.name == "pocket/instruct" and known.generator.tokenizer == "pocket/instruct"


def test_library_is_told_what_our_engine_would_be_told() -> None:
    generator = by_role()["generator"]
    config = llm_config(generator)
    assert config["model_loading_config"] == {"model_id": "pocket/instruct", "model_source": str(POCKET / "instruct")}
    told = config["engine_kwargs"]
    ours = {name: value for name, value in generator.model.engine_arguments.items() if value is not None}
    assert {"dtype", "max_num_seqs", "max_num_batched_tokens", "enable_chunked_prefill"} <= set(told)
    assert told["enable_chunked_prefill"] is False and told["dtype"] == "float32"
    assert set(ours) - set(told) == {"model", "disable_log_stats"}
    assert all(told[name] == value for name, value in ours.items() if name in told)
    assert config["runtime_env"]["env_vars"] == generator.model.variables


def test_the_models_own_sampling_defaults_do_not_count() -> None:
    """pocket/instruct says temperature 0.7 of itself; others say top_k or a repetition penalty."""
    neutral = llm_config(by_role()["generator"])["engine_kwargs"]["override_generation_config"]
    assert neutral["top_k"] == 0 and neutral["repetition_penalty"] == 1.0 and "max_new_tokens" not in neutral


def test_a_chat_template_goes_along_as_text(tmp_path: Path) -> None:
    (tmp_path / "mine.jinja").write_text("{{ messages }}")
    found = by_role(f"model.generator.chat_template={tmp_path}/mine.jinja", "only=[generator]")
    assert llm_config(found["generator"])["engine_kwargs"]["chat_template"] == "{{ messages }}"


def test_parts_of_a_model_have_a_cpu_each_here_and_what_the_library_places_on_gpus() -> None:
    halves = ("only=[generator,reward]", "model.generator.tensor_parallel=2", "model.reward.tensor_parallel=4")
    here = llm_config(by_role(*halves)["generator"])
    assert here["placement_group_config"] == {"bundles": [{"CPU": 1, "GPU": 0}] * 2, "strategy": "STRICT_PACK"}
    assert "placement_group_config" not in llm_config(by_role(*halves, "gpus=true")["generator"])
    assert asked(*halves).needs == {"CPU": 3 + 1 + 1, "GPU": 0}
    more = asked(*halves, "gpus=true", "+deployments.generator.num_replicas=3")
    assert more.needs == {"CPU": 3 + 1 + 1, "GPU": 3 * 2 + 4}


def test_an_executor_that_a_config_names_is_left_to_the_library() -> None:
    large = compose("generate", ["run=none", "model=nemotron4", "model.reward.name=any"]).model.generator
    told = llm_config(Served(role="generator", model=build(large), on_gpus=True))["engine_kwargs"]
    assert "distributed_executor_backend" not in told and told["tensor_parallel_size"] == 8


def test_options_of_a_deployment_reach_ray_serve() -> None:
    config = llm_config(
        by_role("+deployments.generator.autoscaling_config={min_replicas: 2, max_replicas: 4}")["generator"]
    )
    assert config["deployment_config"] == {
        "name": "generator",
        "autoscaling_config": {"min_replicas": 2, "max_replicas": 4},
    }


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (["only=[writer]"], "only: there is no model.writer; there are generator, second, third, reward, judge"),
        (["+deployments.writer.num_replicas=2"], "deployments: there is no model.writer"),
        (["model.generator.name=/nowhere/model"], "/nowhere/model is not a folder with a config.json"),
        (
            ["model.judge.max_model_len=512"],
            "model.generator and model.judge are both called pocket/instruct and differ",
        ),
        (
            ["model@model.reward=nim_reward", "only=[reward]"],
            "nothing to serve: every model is behind an address already",
        ),
        (["model.reward.name=s3://bucket/reward"], "a name with a colon cannot be served"),
        (["only=generator"], "only=generator is not of the type list, such as"),
        (["gpus=2"], "gpus=2 is not of the type bool"),
        (["port=abc"], "port=abc is not of the type int"),
        (["host=5"], "host=5 is not of the type str"),
        (["deployments=5"], "deployments=5 is not of the type mapping"),
        (["+deployments.generator=5"], "deployments.generator=5 sets nothing"),
        (["ports=8001"], "there is no ports"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_starts(typed: list[str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        asked(*typed)


def test_a_model_behind_an_address_is_left_out() -> None:
    assert list(by_role("model@model.reward=nim_reward")) == ["generator", "second", "third"]


def test_what_a_cluster_has_no_room_for_is_refused() -> None:
    check_room({"CPU": 4, "GPU": 0}, {"CPU": 4.0})
    with pytest.raises(Refused, match="the models need 8 GPUs and the cluster has 4; serve fewer"):
        check_room({"CPU": 1, "GPU": 8}, {"CPU": 64, "GPU": 4})


def test_a_port_that_is_taken_is_refused(free_port: int, listening: int) -> None:
    check_port("127.0.0.1", free_port)
    with pytest.raises(Refused, match=f"nothing can be served at 127.0.0.1:{listening}: .*choose another port="):
        check_port("127.0.0.1", listening)


def test_the_command_says_what_a_run_has_to_be_told() -> None:
    made = asked()
    assert usage(made.served, BASE) == "python jobs/generate.py run=NAME model=served"
    assert usage(made.served, "http://node1:8001").endswith("model=served served=http://node1:8001")
    other = [replace(each, model=replace(each.model, name=f"/models/{each.role}")) for each in made.served]
    typed = usage(other, BASE).split()[2:]
    models = compose("generate", [each.replace("NAME", "none") for each in typed]).model
    assert [models[role].name for role in ("generator", "second", "third", "reward")] == [
        each.model.name for each in other
    ]


def test_the_command_names_a_model_that_recipes_do_not_know() -> None:
    fourth = Served(role="fourth", model=Vllm(name="/models/fourth"))
    typed = usage([fourth], BASE).split()[2:]
    model = build(compose("generate", [each.replace("NAME", "none") for each in typed]).model.fourth)
    assert model.name == "/models/fourth" and list(model.addresses) == [f"{BASE}/v1"]


def status(application: str, state: str, message: str = "", **deployments: str) -> Any:
    """As `serve.status()` says it; deployments by name with `__` for a colon."""
    found = {
        name.replace("__", ":"): SimpleNamespace(status=each, message=message) for name, each in deployments.items()
    }
    overview = SimpleNamespace(status=state, message="the application", deployments=found)
    return SimpleNamespace(applications={application: overview})


def test_a_model_is_ready_when_it_and_who_asks_it_are() -> None:
    generator = by_role()["generator"]

    def how(**deployments: str) -> str:
        return state(generator, status("generators", "DEPLOYING", **deployments))

    assert state(generator, SimpleNamespace(applications={})) == "loading"
    assert how(LLMServer__generator="UPDATING", OpenAiIngress="HEALTHY") == "loading"
    assert how(LLMServer__generator="HEALTHY", OpenAiIngress="UPDATING") == "loading"
    assert how(LLMServer__generator="HEALTHY", OpenAiIngress="HEALTHY", LLMServer__third="UPDATING") == "ready"
    assert how(LLMServer__generator="UNHEALTHY", OpenAiIngress="HEALTHY") == "unhealthy"


def test_a_model_that_cannot_be_loaded_is_refused_with_the_reason_at_the_root() -> None:
    report = "A replica failed to start. Retrying 2 more times.\n  File x\nsdg_ray.errors.Refused: model m is torn\n"
    for said in ("UPDATING", "DEPLOY_FAILED"):  # at once, for another try would end in the same way
        with pytest.raises(Refused, match="^reward could not be served: model m is torn$"):
            state(by_role()["reward"], status("reward", "DEPLOYING", report, reward=said))
    other = {"LLMServer__generator": "UPDATING", "LLMServer__third": "DEPLOY_FAILED"}
    with pytest.raises(Refused, match="^LLMServer:third could not be served: Error$"):
        state(by_role()["generator"], status("generators", "DEPLOY_FAILED", "Error", **other))


def test_everything_that_is_served_can_be_said_in_json() -> None:
    """A config of Ray Serve, such as a RayService's, is no place for objects."""
    for each in by_role().values():
        json.dumps(llm_config(each))
