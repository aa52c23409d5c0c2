"""Prompts that end the engine, engines that are killed and engines that hang: found, named, and nobody else is hurt."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
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
from sdg_ray.runner import bring_all, pending
from sdg_ray.runner.local import Local
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
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_an_engine_whose_process_is_killed_or_hangs_is_replaced(tmp_path: Path, how: signal.Signals) -> None:
    environment = {**GENERATOR.environment, "VLLM_ENABLE_V1_MULTIPROCESSING": "1"}
    engine = replace(GENERATOR, environment=environment, patience=15.0)
    made = recipe_of(tmp_path, engine, [f"Tell me of {n} ships." for n in range(60)])
    store = open_run(str(tmp_path), "first", made.identities())
    cores = _Cores()

    killing = threading.Thread(target=cores.strike, args=(how, lambda: shards_there(tmp_path / "first/responses") >= 2))
    killing.start()
    try:
        failed = bring_all(made, store, Local(overlap=2))
    finally:
        killing.join()
        cores.end()
        os.environ.update(GENERATOR.environment)

    assert cores.struck and not failed and pending(made, store) == {}
    assert_lawful(made, tmp_path)
    assert not any(answer["error"] for shard in range(10) for answer in _answers(tmp_path, shard))


def _answers(folder: Path, shard: int) -> list[dict]:
    rows = table(folder, "first", "responses", shard).to_pylist()
    return [answer for row in rows for answer in row["answered"]]


class _Cores:
    """The processes of engines that this one has started."""

    def __init__(self) -> None:
        self.before = set(psutil.Process().children(recursive=True))
        self.struck: list[psutil.Process] = []

    def there(self) -> list[psutil.Process]:
        """Those alive, the engine's core among them."""
        return [each for each in psutil.Process().children(recursive=True) if each not in self.before]

    def strike(self, how: signal.Signals, ready: Callable[[], bool]) -> None:
        """Send a signal to all of them once it is time."""
        wait_for(ready, 200)
        self.struck = [each for each in self.there() if "EngineCore" in " ".join(each.cmdline())]
        for each in self.struck:
            each.send_signal(how)

    def end(self) -> None:
        """None of them is left."""
        for each in self.there():
            each.kill()
