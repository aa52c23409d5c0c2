"""Prompts that end the engine, engines that are killed and engines that hang: found, named, and nobody else is hurt."""

import json
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sdg_ray.config import build, compose
from sdg_ray.engines import Sampling
from sdg_ray.engines.vllm import Vllm
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.recipe import Recipe
from sdg_ray.runner import bring_all
from sdg_ray.stages.respond import Respond
from sdg_ray.store import Store, open_run
from tests.chaos.job import made_of
from tests.chaos.laws import assert_lawful, committed, shards_there, unchanged
from tests.chaos.processes import started, wait_for
from tests.chaos.seed import AGAIN, chance
from tests.small import small_recipe, table

pytestmark = pytest.mark.chaos
GENERATOR: Vllm = build(compose("generate", ["run=none"]).model.generator)


def recipe_of(folder: Path, engine: Vllm, texts: list[str]) -> Recipe:
    """These prompts, answered by a real engine in shards of six, and judged by the scripted one."""
    lines = "\n".join(json.dumps({"prompt": text}) for text in texts)
    (folder / "given.jsonl").write_text(lines)
    prompts = Prompts(families={"given": Given(source=str(folder / "given.jsonl"))}, rows=6)
    answers = Respond(engine=engine, n=2, sampling=Sampling(temperature=0.7, max_tokens=12))
    return small_recipe(prompts=prompts, responses=answers)


def restarts(store: Store, step: str = "responses") -> int:
    """How often a worker was started again."""
    return sum(name.startswith("worker-") for name in store.notes(step))


@pytest.mark.engine
@pytest.mark.cluster
def test_a_real_prompt_that_kills_a_real_engine_is_an_error_and_its_neighbours_are_answered(
    cluster: None, tmp_path: Path
) -> None:
    """Seeds and chunked prefill together crash vLLM 0.32 on a CPU: a prompt that takes two chunks ends the engine."""
    from sdg_ray.runner.ray import Cluster, Pool

    chunked = {**GENERATOR.arguments, "enable_chunked_prefill": True}
    fragile = replace(GENERATOR, max_num_batched_tokens=256, arguments=chunked)
    texts = ["word " * 300 if n == 8 else f"Add {n} and 4." for n in range(18)]
    made = recipe_of(tmp_path, fragile, texts)
    store = open_run(str(tmp_path), "first", made.identities())

    assert not bring_all(made, store, Cluster(pools={"responses": Pool(cpus=0.3, overlap=3)}))

    assert_lawful(made, tmp_path)
    rows = [row for shard in range(3) for row in table(tmp_path, "first", "responses", shard).to_pylist()]
    errors = {n: {answer["error"] for answer in row["answered"] if answer["error"]} for n, row in enumerate(rows)}
    assert [n for n, said in errors.items() if said] == [8]
    assert all(said.startswith("ended the engine: the engine of pocket/instruct died") for said in errors[8])
    assert 2 <= restarts(store) <= 4


@pytest.mark.cluster
def test_a_prompt_that_kills_is_found_though_the_driver_dies_meanwhile(tmp_path: Path) -> None:
    root, log = tmp_path / "runs", tmp_path / "job.log"
    settings = {"root": str(root), "run": "first", "shards": 1, "where": "ray", "recipe": "poisoned", "seconds": 0.05}
    made, random = made_of(settings), chance("poison")
    notes = root / "first/attempts/responses"
    seen: dict[str, str] = {}
    for notes_there in (1, random.randint(3, 6)):
        with started(settings, log) as job:
            wait_for(lambda job=job, n=notes_there: job.poll() is not None or len(list(notes.glob("*.json"))) >= n)
            time.sleep(random.uniform(0, 0.3))
        unchanged(seen, now := {path: sum_ for path, sum_ in committed(root).items() if path.endswith(".parquet")})
        seen = now
    with started(settings, log) as job:
        assert job.wait(300) == 0, f"{log.read_text()[-3000:]}; {AGAIN}"

    unchanged(seen, committed(root))
    assert_lawful(made, root)
    assert sum(1 for _ in notes.glob("worker-*")) <= 3 * 4, AGAIN  # a few for each launch, not one for each row


@pytest.mark.engine
@pytest.mark.cluster
def test_an_engine_whose_process_is_killed_or_hangs_is_replaced(cluster: None, tmp_path: Path) -> None:
    from sdg_ray.runner.ray import Cluster, Pool

    own_process = {**GENERATOR.environment, "VLLM_ENABLE_V1_MULTIPROCESSING": "1"}
    engine = replace(GENERATOR, environment=own_process, patience=15.0)
    made = recipe_of(tmp_path, engine, [f"Tell me of {n} ships." for n in range(120)])
    store = open_run(str(tmp_path), "first", made.identities())
    struck: list[psutil.Process] = []

    def strike() -> None:
        """Kill the engine's process after two shards, and freeze that of its successor after eight."""
        for shards, how in ((2, signal.SIGKILL), (8, signal.SIGSTOP)):
            wait_for(lambda shards=shards: shards_there(tmp_path / "first/responses") >= shards, 300)
            for core in cores():
                core.send_signal(how)
                struck.append(core)

    striking = threading.Thread(target=strike)
    striking.start()
    failed = bring_all(made, store, Cluster(pools={"responses": Pool(cpus=0.3, overlap=2)}))
    striking.join()

    assert len(struck) == 2 and not failed
    assert_lawful(made, tmp_path)
    rows = [row for shard in range(20) for row in table(tmp_path, "first", "responses", shard).to_pylist()]
    assert not any(answer["error"] for row in rows for answer in row["answered"])
    assert not any(core.is_running() and core.status() != psutil.STATUS_ZOMBIE for core in struck)


def cores() -> list[psutil.Process]:
    """The processes that engines below this one have of their own."""
    return [each for each in psutil.Process().children(recursive=True) if "EngineCore" in " ".join(each.cmdline())]
