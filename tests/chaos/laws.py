"""What holds for a run whatever was done to it: the laws that the tests of this folder end with.

    assert_lawful(made, root)               every planned row once in every step, good or with its reason
    unchanged(before, committed(root))      what was committed is there, byte for byte
    assert_no_op(again, root, log)          the same command again commits nothing and asks no engine

A root is a folder or an address such as s3://bucket/prefix.
"""

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq

from sdg_ray.bucket import bucket
from sdg_ray.recipe import FIRST, TOPICS, Recipe
from sdg_ray.record import counts
from sdg_ray.store import FOOTER_KEY, Footer, reopen
from tests.chaos.seed import AGAIN

# what may lie beside the shards: what a run says of itself, and run.json as it was about to appear when its writer died
OTHERS = re.compile(r"run\.json(#\d+)?|report\.html|attempts/.+")
Tables = Mapping[tuple[str, int], pa.Table]


def files(root: str | Path, run: str = "first") -> dict[str, bytes]:
    """Every file of a run that a reader of its folder can meet, by its path below the root."""
    root = str(root)
    if "://" in root:
        paths = [meta["path"] for page in obstore.list(bucket(root), prefix=run) for meta in page]
        return {path: bytes(obstore.get(bucket(root), path).bytes()) for path in paths}
    seen = (path for path in Path(root, run).rglob("*") if ".partial" not in path.parts and path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in seen}


def shards_there(root: str | Path) -> int:
    """How many shards are committed below a folder, over all steps: the quickest look at how far a run is."""
    return sum(1 for _ in Path(root).rglob("shard-?????.parquet"))


def committed(root: str | Path, run: str = "first") -> dict[str, str]:
    """A checksum of every such file."""
    return {path: hashlib.sha256(body).hexdigest() for path, body in files(root, run).items()}


def content(root: str | Path, run: str = "first") -> dict[str, bytes]:
    """The rows of every shard as bytes: its file before the footer, which says who made it and when."""
    shards = {path: body for path, body in files(root, run).items() if path.endswith(".parquet")}
    return {
        path.removeprefix(f"{run}/"): body[: -8 - int.from_bytes(body[-8:-4], "little")]
        for path, body in shards.items()
    }


def unchanged(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Every file that was there still is, as it was."""
    gone = sorted(before.keys() - after.keys())
    other = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    assert not gone and not other, f"gone: {gone}; changed: {other}; {AGAIN}"


def assert_no_op(again: Callable[[], object], root: str | Path, log: Path | None = None, run: str = "first") -> None:
    """What is done once more ends well, changes nothing, and starts no shard of a step that notes them in `log`."""
    before, asked = committed(root, run), log.read_text() if log else ""
    ended = again()
    assert ended in (0, "exited 0"), f"ended with {ended}; {AGAIN}"
    assert committed(root, run) == before, f"running again changed the run; {AGAIN}"
    assert not log or log.read_text() == asked, f"running again asked for what was there; {AGAIN}"


def assert_lawful(made: Recipe, root: str | Path, run: str = "first") -> None:
    """The run is whole: planned = good + errors in every step, and nothing is there that does not belong."""
    store = reopen(str(root), run)
    there = {path: body for home in {run, *store.homes.values()} for path, body in files(root, home).items()}
    places = {store.path(step, shard): (step, shard) for step in made.steps for shard in range(made.shards_of(step))}
    lost = sorted(places.keys() - there.keys())
    own = (path for path in there if path.startswith(f"{run}/") and path not in places)
    stray = sorted(path for path in own if not OTHERS.fullmatch(path.removeprefix(f"{run}/")))
    assert not lost and not stray, f"lost: {lost}; stray: {stray}; {AGAIN}"
    tables = {place: pq.read_table(io.BytesIO(there[path])) for path, place in places.items()}
    for place, table in tables.items():
        _assert_footer_tells_the_truth(place, table)
    _assert_planned_rows_once(made, tables)
    for shard in range(made.shards_of(FIRST)):
        for row in _rows(made, tables, shard):
            _assert_row(row)


def _assert_footer_tells_the_truth(place: tuple[str, int], table: pa.Table) -> None:
    footer = Footer(**json.loads(table.schema.metadata[FOOTER_KEY]))
    assert footer.attempt and footer.began <= footer.ended, (place, footer)
    for name, value in counts(table).items():
        if not name.startswith("tokens_"):  # a step may say more of its tokens than its columns do
            assert footer.counts[name] == value, (place, name, footer.counts[name], value)


def _assert_planned_rows_once(made: Recipe, tables: Tables) -> None:
    """Each step has the planned rows, once, in the order of the prompts of their shard."""
    planned = {step: made.prompts.planned for step in made.steps}
    if TOPICS in planned:
        planned[TOPICS] = sum(made.prompts.planned_topics.values())
    for step, wanted in planned.items():
        ids = {shard: tables[step, shard]["prompt_id"].to_pylist() for shard in range(made.shards_of(step))}
        every = [name for names in ids.values() for name in names]
        assert len(set(every)) == len(every) == wanted, f"{step}: {len(every)} rows of {wanted} planned; {AGAIN}"
        if step != TOPICS:
            for shard, names in ids.items():
                assert names == tables[FIRST, shard]["prompt_id"].to_pylist(), f"{step}: shard {shard}; {AGAIN}"


def _rows(made: Recipe, tables: Tables, shard: int) -> list[dict[str, Any]]:
    """The rows of a shard with the columns of all its steps; a later step's error takes the place of an earlier one."""
    steps = [tables[step, shard].to_pylist() for step in made.steps if step != TOPICS]
    return [{name: value for part in parts for name, value in part.items()} for parts in zip(*steps, strict=True)]


def _assert_row(row: Mapping[str, Any]) -> None:
    """A row is good or has a reason, and what belongs to its candidates has one element for each of them."""
    error = row["error"]
    assert error is None or error.strip(), f"an error without a reason: {row}"
    answered = row.get("answered")
    if answered is None:
        return
    assert bool(answered) == (error is None), f"a good prompt without an answer, or an answer to none: {row}"
    for answer in answered:
        assert (answer["finish"] == "error") == bool(answer["error"]), f"an error without a reason: {answer}"
    for name, value in row.items():
        if name in ("responses", "keep", "reason") or name.startswith(("score_", "parts_")):
            assert len(value) == len(answered), f"{name} has {len(value)} of {len(answered)} candidates: {row}"
    for kept, reason in zip(row.get("keep", ()), row.get("reason", ()), strict=True):
        assert kept == (reason is None), f"left out without a reason, or kept with one: {row}"
    for pair in row.get("pairs", ()):
        assert 0 <= min(pair["chosen"], pair["rejected"]) < max(pair["chosen"], pair["rejected"]) < len(answered), row
