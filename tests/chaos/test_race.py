"""Two jobs that work on the same run at the same time, on S3, with and without a network that misbehaves."""

import contextlib
import io
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sdg_ray.runner import pending
from sdg_ray.runner.local import Local
from sdg_ray.store import bucket, obstore, open_run
from tests.chaos.job import noted_recipe
from tests.chaos.processes import kill, started, wait_for
from tests.fault_proxy import FaultProxy
from tests.small import STEPS, rows_of

pytestmark = pytest.mark.chaos
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
SHARDS = 16


def test_two_jobs_racing_on_one_run_end_with_one_winner_for_each_shard(
    s3_root: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    logs = _race(s3_root, tmp_path)

    _assert_one_whole_run(s3_root, proxy)
    both = [set(log.read_text().splitlines()) for log in logs]
    assert both[0] & both[1], "the two never worked on the same shard, so nothing was tried"


def test_two_jobs_race_through_a_network_that_fails_at_random(s3_root: str, proxy: FaultProxy, tmp_path: Path) -> None:
    chance = random.Random(SEED)

    def misbehave(method: str, path: str) -> str | None:
        if method == "PUT":
            faults = ("reset after", "reset before", "refuse 503", "refuse 500", "delay 0.05")
            return chance.choice(faults) if chance.random() < 0.4 else None
        return "refuse 503" if chance.random() < 0.05 else None

    proxy.rule = misbehave

    _race(s3_root, tmp_path)

    proxy.rule = lambda method, path: None
    _assert_one_whole_run(s3_root, proxy)
    assert proxy.done["reset after"] >= 5, proxy.done


def test_rival_is_killed_and_the_other_job_finishes(s3_root: str, proxy: FaultProxy, tmp_path: Path) -> None:
    settings = {"where": "here", "shards": SHARDS, "seconds": 0.05, "root": s3_root, "run": "first"}
    count = _counter(s3_root)
    with started(settings, tmp_path / "job-0.log") as killed, started(settings, tmp_path / "job-1.log") as left:
        wait_for(lambda: count() >= SHARDS)
        kill(killed)

        assert left.wait(600) == 0, (tmp_path / "job-1.log").read_text()[-3000:]
    _assert_one_whole_run(s3_root, proxy)


def _race(root: str, folder: Path) -> list[Path]:
    """Two jobs on one run, until both have ended well; what each of them started."""
    notes = [folder / f"started-{number}" for number in range(2)]
    settings = {"where": "here", "shards": SHARDS, "seconds": 0.02, "root": root, "run": "first"}
    said = [folder / f"job-{number}.log" for number in range(2)]
    with contextlib.ExitStack() as running:
        jobs = [
            running.enter_context(started(settings | {"log": str(log)}, out))
            for log, out in zip(notes, said, strict=True)
        ]
        for job, out in zip(jobs, said, strict=True):
            assert job.wait(600) == 0, f"CHAOS_SEED={SEED}\n{out.read_text()[-3000:]}"
    return notes


def _counter(root: str) -> Callable[[], int]:
    def count() -> int:
        return sum(meta["path"].endswith(".parquet") for page in obstore.list(bucket(root)) for meta in page)

    return count


def _assert_one_whole_run(root: str, proxy: FaultProxy) -> None:
    """One file for each step and shard, written once, and equal to what one undisturbed process would have made."""
    made = noted_recipe(SHARDS, 0.0)
    store = open_run(root, "first", made.identities())
    assert pending(made, store) == {}
    files = [meta["path"] for page in obstore.list(bucket(root), prefix="first") for meta in page]
    assert len(files) == 5 * SHARDS + 1
    assert len(proxy.written) == len(files) and set(proxy.written.values()) == {1}, proxy.written.most_common(3)

    bucket.cache_clear()
    alone = open_run("memory:", "alone", made.identities())
    assert not Local().run(made, alone, pending(made, alone))
    attempts: Counter[str] = Counter()
    for step in STEPS:
        for shard in range(SHARDS):
            there = _table(root, store.path(step, shard))
            expected = _table("memory:", alone.path(step, shard))
            assert there.replace_schema_metadata().equals(expected.replace_schema_metadata()), (step, shard)
            assert len(rows_of(there)) == made.prompts.rows
            attempts[str(there.schema.metadata[b"sdg_ray"])] += 1
    assert set(attempts.values()) == {1}


def _table(root: str, path: str) -> pa.Table:
    return pq.read_table(io.BytesIO(bytes(obstore.get(bucket(root), path).bytes())))
