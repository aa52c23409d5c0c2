"""Two jobs that work on the same run at the same time, on S3, with and without a network that misbehaves."""

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sdg_ray.bucket import bucket
from sdg_ray.runner import pending
from sdg_ray.runner.local import Local
from sdg_ray.store import obstore, open_run
from tests.chaos.forks import Forks
from tests.chaos.job import made_of
from tests.chaos.laws import assert_lawful
from tests.chaos.processes import wait_for
from tests.chaos.seed import AGAIN, chance
from tests.fault_proxy import FaultProxy
from tests.small import STEPS, rows_of

pytestmark = pytest.mark.chaos
SHARDS = 16


def test_two_jobs_racing_on_one_run_end_with_one_winner_for_each_shard(
    s3_root: str, proxy: FaultProxy, forks: Forks, tmp_path: Path
) -> None:
    logs = _race(forks, s3_root, tmp_path)

    _assert_one_whole_run(s3_root, proxy)
    both = [set(log.read_text().splitlines()) for log in logs]
    assert both[0] & both[1], "the two never worked on the same shard, so nothing was tried"


def test_two_jobs_race_through_a_network_that_fails_at_random(
    s3_root: str, proxy: FaultProxy, forks: Forks, tmp_path: Path
) -> None:
    fate = chance("network")

    def misbehave(method: str, path: str) -> str | None:
        if method == "PUT":
            faults = ("reset after", "reset before", "refuse 503", "refuse 500", "delay 0.05")
            return fate.choice(faults) if fate.random() < 0.4 else None
        return fate.choice(("refuse 503", "reset before", "delay 0.2")) if fate.random() < 0.05 else None

    proxy.rule = misbehave

    _race(forks, s3_root, tmp_path)

    proxy.rule = lambda method, path: None
    _assert_one_whole_run(s3_root, proxy)
    assert proxy.done["reset after"] >= 5, proxy.done


def test_rival_is_killed_and_the_other_job_finishes(
    s3_root: str, proxy: FaultProxy, forks: Forks, tmp_path: Path
) -> None:
    settings = _settings(s3_root) | {"seconds": 0.05}
    count = _counter(s3_root)
    rival, left = (forks.start(settings, tmp_path / f"job-{number}.log") for number in range(2))
    wait_for(lambda: count() >= SHARDS)
    rival.kill()

    assert left.wait(600) == "exited 0", left.words()
    _assert_one_whole_run(s3_root, proxy)


def _settings(root: str) -> dict[str, Any]:
    return {"where": "here", "shards": SHARDS, "seconds": 0.02, "root": root, "run": "first"}


def _race(forks: Forks, root: str, folder: Path) -> list[Path]:
    """Two jobs on one run, until both have ended well; what each of them started."""
    logs = [folder / f"started-{number}" for number in range(2)]
    jobs = [forks.start(_settings(root) | {"log": str(log)}, folder / f"{log.name}.log") for log in logs]
    for job in jobs:
        assert job.wait(600) == "exited 0", f"{AGAIN}\n{job.words()}"
    return logs


def _counter(root: str) -> Callable[[], int]:
    def count() -> int:
        return sum(meta["path"].endswith(".parquet") for page in obstore.list(bucket(root)) for meta in page)

    return count


def _assert_one_whole_run(root: str, proxy: FaultProxy) -> None:
    """One file for each step and shard, written once, and equal to what one undisturbed process would have made."""
    made = made_of(_settings(root))
    assert_lawful(made, root)
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
