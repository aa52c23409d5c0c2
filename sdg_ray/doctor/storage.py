"""The store: whether the root can be written, and whether it keeps the promise that a run rests on.

A commit is a write that fails where there is something already. A store that takes no notice of that (If-None-Match)
lets a worker that was thought dead overwrite what was committed. So a small file is written twice below the root, the
second time has to be refused, and the file is removed again.
"""

import contextlib
import re
import uuid
from pathlib import Path
from typing import Any

import obstore
from obstore import exceptions, store

from sdg_ray.bucket import refuse_secrets
from sdg_ray.doctor import Asked, Finding, ok, wrong
from sdg_ray.errors import Refused

CHECK = "storage"
FOLDER = ".doctor"  # no run can be called so
S3 = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, and that the bucket is there"
IGNORES = "use a store with conditional writes; with this one two workers can overwrite each other's shards"
ERRORS = (exceptions.BaseError, OSError, ValueError)


def check(asked: Asked) -> list[Finding]:
    """Two writes of one key below the root."""
    root = asked.root
    if root == "memory:":
        return [ok(CHECK, "memory")]
    cure = "choose a root that this user may write to" if is_local(root) else S3
    try:
        refuse_secrets("root", root)
        made = _missing_folders(root)
        try:
            refused = _twice(_client(root), f"{FOLDER}/{uuid.uuid4().hex}")
        finally:
            _removed(root, made)
    except Refused as error:
        return [wrong(CHECK, str(error), "take it out of root=")]
    except ERRORS as error:
        return [wrong(CHECK, f"{root} cannot be written: {_reason(error)}", cure)]
    if refused:
        return [ok(CHECK, f"{root} can be written, and refuses to overwrite")]
    return [wrong(CHECK, f"{root} ignores If-None-Match: a create-only write replaced what was there", IGNORES)]


def is_local(root: str) -> bool:
    """Whether a root is a folder."""
    return "://" not in root and root != "memory:"


def folder(root: str) -> Path:
    """The folder of a local root."""
    return Path(root).expanduser().absolute()


def nearest(root: str) -> Path:
    """The folder of a local root, or the first one above it that there is."""
    here = folder(root)
    return next(path for path in (here, *here.parents) if path.exists())


def _client(root: str) -> Any:
    if is_local(root):
        folder(root).mkdir(parents=True, exist_ok=True)
        return store.LocalStore(folder(root))
    client: Any = {"allow_http": True, "timeout": "10s", "connect_timeout": "5s"}
    return store.from_url(root, client_options=client, retry_config={"max_retries": 1})


def _twice(client: Any, path: str) -> bool:
    """Whether the second create-only write of a key is refused. On a disk it is a link, as in a commit."""
    partial = f"{path}.partial"
    try:
        obstore.put(client, partial, b"first")
        for body in (b"first", b"second"):
            with contextlib.suppress(exceptions.AlreadyExistsError):  # a repeated request may meet its own success
                if isinstance(client, store.LocalStore):
                    obstore.copy(client, partial, path, overwrite=False)
                    obstore.put(client, partial, b"second")
                else:
                    obstore.put(client, path, body, mode="create", use_multipart=False)
        return bytes(obstore.get(client, path).bytes()) == b"first"
    finally:
        for each in (path, partial):
            with contextlib.suppress(*ERRORS):
                obstore.delete(client, each)


def _missing_folders(root: str) -> list[Path]:
    """The folders that the check will make, the innermost first."""
    if not is_local(root):
        return []
    here = folder(root)
    return [path for path in (here / FOLDER, here, *here.parents) if not path.exists()]


def _removed(root: str, made: list[Path]) -> None:
    """Take away the folders that were made, unless somebody has put something there by now."""
    with contextlib.suppress(OSError):
        for path in made:
            path.rmdir()


def _reason(error: BaseException) -> str:
    """The telling part of a storage error, on one line."""
    text = " ".join(str(error).split())
    if found := re.search(r"<Code>(\w+)</Code>", text) or re.search(r"(\w[\w ]+\(os error \d+\))", text):
        return found[1]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return text.partition("Debug source")[0].strip()[:200]
