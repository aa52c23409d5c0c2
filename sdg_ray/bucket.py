"""The client of a root (a folder, or s3://bucket/prefix): how patient it is, and why it cannot be used.

bucket("s3://bucket/runs")                for work that has begun: outlasts a store that refuses for two minutes
hurried("s3://bucket/runs")               to look whether a root can be used at all: seconds
working("s3://bucket/runs")               the first, or the second while the store is known to be away
refuse_secrets("root", "s3://me:word@bucket/runs")    raises, without repeating the address
create(client, "demo/run.json", body)     one write that never replaces a file, and leaves a whole one or none
with using("s3://bucket/runs", "read"):   whatever keeps it from being read is one sentence (`Unusable`)
"""

import contextlib
import functools
import os
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore import exceptions, store

from sdg_ray.errors import Refused

OPTIONS: Any = {"allow_http": True, "timeout": timedelta(seconds=30)}  # of one request
BACKOFF: Any = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=10), "base": 3.0}
PATIENT: Any = {"max_retries": 1000, "retry_timeout": timedelta(seconds=150), "backoff": BACKOFF}  # the time decides
HURRIED: Any = {"max_retries": 5, "retry_timeout": timedelta(seconds=30), "backoff": BACKOFF | {"base": 2.0}}
REFUSAL = re.compile(r"\b4\d\d [A-Z][a-z]+")  # what a store says once and for all
SYSTEM = re.compile(r"([A-Z][^:()\n]+) \(os error \d+\)")
CODE = re.compile(r"<Code>(\w+)</Code>")
AZURE = re.compile(r"abfss?://[\w-]+@[\w.-]+(/[^@?#]*)?")
STATUS = re.compile(r"\b(\d{3} [A-Z][A-Za-z ]+)")
AWAY: set[str] = set()  # roots that could not be used the last time: nobody waits long for them again
CURES = {
    r"No space left|quota": "make room there; the same command goes on",
    r"Conflict": "another job is just writing there; the same command goes on",
    r"Expired|TokenRefresh": "renew the credentials; the same command goes on",
    r"^5\d\d |SlowDown|InternalError|ServiceUnavailable": "the store is busy or down: wait; the same command goes on",
}


class Unusable(Refused, OSError):
    """A root that could be used can be no longer: credentials that ended, a full disk, a store that is away."""


@functools.cache
def bucket(root: str) -> Any:
    """The client for `root`; credentials are taken from the environment.

    Raises:
        Refused: the address is of no kind known.
    """
    if root == "memory:":
        return store.MemoryStore()
    if "://" not in root:
        return store.LocalStore(root)
    return _remote(root, PATIENT)


def hurried(root: str) -> Any:
    """The client with which `root` is tried first, so that a wrong address is refused before anybody has to wait."""
    return _hurried(root) if "://" in root else bucket(root)


def working(root: str) -> Any:
    """The client for work: patient, unless `root` was away for as long as that and has not answered since."""
    return hurried(root) if root in AWAY else bucket(root)


@contextlib.contextmanager
def using(root: str, done: str) -> Iterator[None]:
    """A block in which `root` is to be `done` (read, written); that a file is not there says nothing of the root."""
    try:
        yield
    except (FileNotFoundError, Unusable):
        raise
    except (exceptions.BaseError, OSError) as error:
        AWAY.add(root)
        raise Unusable(unusable(root, done, error)) from error
    AWAY.discard(root)


def create(client: Any, path: str, body: bytes) -> None:
    """One create-only write. On a local disk: a hidden file, brought to the disk, linked into place and removed.

    A process killed between these leaves a hidden file that no reader looks at, and a machine that loses its power
    never comes back with a name whose bytes were still in memory; object stores need no such care, for an object
    appears when it is whole.
    """
    if not isinstance(client, store.LocalStore):
        obstore.put(client, path, body, mode="create", use_multipart=False)
        return
    folder, name = path.rsplit("/", 1)
    partial = f"{folder}/.partial/{name}.{uuid.uuid4().hex}"
    obstore.put(client, partial, body)
    try:
        _to_disk(Path(client.prefix or "/") / partial)
        obstore.copy(client, partial, path, overwrite=False)
    finally:
        obstore.delete(client, partial)


def refuse_secrets(setting: str, at: str) -> None:
    """Raise `Refused` for an address with credentials in it, which is not repeated: what is typed is kept and shown.

    A key may hold any sign, so the whole address is looked at and not the part where a user belongs. Azure's form has
    the container where others have a user.
    """
    if "://" in at and set(at) & set("@?#") and not AZURE.fullmatch(at):
        raise Refused(
            f"{setting}= holds a user, a password or a query; keep it plain, such as s3://bucket/runs: credentials are "
            "taken from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
        )


def unusable(root: str, done: str, error: BaseException) -> str:
    """Why `root` cannot be `done`, with what to look at; never with a secret in it."""
    reason = _reason(error)
    cure = next((cure for sign, cure in CURES.items() if re.search(sign, reason)), None)
    return f"root={root} cannot be {done}: {reason}; {cure or _cure(root)}"


def first_line(error: BaseException) -> str:
    """What an error says first; the storage library goes on for pages."""
    return (str(error).splitlines() or [type(error).__name__])[0].strip()


@functools.cache
def _hurried(root: str) -> Any:
    return _remote(root, HURRIED)


def _remote(root: str, retries: Any) -> Any:
    refuse_secrets("root", root)
    try:
        return store.from_url(root, client_options=OPTIONS, retry_config=retries)
    except (exceptions.BaseError, ValueError) as error:
        raise Refused(f"root={root} is not an address that can be opened: {first_line(error)}") from error


def _to_disk(file: Path) -> None:
    """Wait until what was written to a file would outlast a loss of power."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cure(root: str) -> str:
    if root.startswith("s3://"):
        return "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL"
    return "check the credentials" if "://" in root else "choose a root that this user may write to"


def _reason(error: BaseException) -> str:
    """The telling part of a storage error: its code, its status or its last cause, on one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    for sign in (SYSTEM, CODE, STATUS):
        if found := sign.search(str(error)):
            return found.group(1).strip()
    return first_line(error)
