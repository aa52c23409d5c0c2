"""Where an export goes: a folder, an address such as s3://bucket/prefix, or hub:owner/name.

    place = target("s3://bucket/prefix")
    place.check()                       refused unless there is nothing yet, before anything is read
    with place.workshop() as folder:    files are made here
        place.put(folder)               and stand at the target afterwards, README.md last

A target that has a README.md is complete. Nothing at a target is ever overwritten: an export has the place to itself
while it puts its files there, and looks once more whether the place is still empty.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import obstore
from obstore import exceptions

from sdg_ray.bucket import bucket, hurried
from sdg_ray.engines.keys import hidden, secret
from sdg_ray.errors import Refused, installed_by

CARD = "README.md"
HUB = "hub:"
TOKEN = "HF_TOKEN"
CLAIM = ".unfinished"  # who makes this first has the place; it is gone afterwards


class Target(Protocol):
    """A place for an export."""

    def check(self) -> None:
        """Raise `Refused` where something is already there, or nothing can be."""

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """A folder to make the files in, gone afterwards."""

    def put(self, folder: Path) -> None:
        """Bring the files of `folder` to the target, the card last."""


def target(to: str) -> Target:
    """The target that `to` names."""
    if to.startswith(HUB):
        return Hub(name=to.removeprefix(HUB))
    return Bucket(at=to.rstrip("/")) if "://" in to else Folder(path=Path(to).expanduser().absolute())


@dataclass(frozen=True, kw_only=True)
class Folder:
    """On this machine's disk, or one that is mounted."""

    path: Path

    def check(self) -> None:
        """Raise `Refused` unless the folder is empty or can be made."""
        try:
            there = sorted(path.name for path in self.path.iterdir())
        except FileNotFoundError:
            there = []
        except OSError as error:
            raise Refused(f"to={self.path} cannot be used: {error.strerror}; give another folder") from error
        if there:
            raise _not_empty(str(self.path), there)

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """A hidden folder inside, so that a file is put in its place without being copied; it is the claim as well."""
        claim = self.path / CLAIM
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._claim(claim)
            try:
                yield claim
            finally:
                shutil.rmtree(claim, ignore_errors=True)
        except PermissionError as error:
            raise Refused(f"to={self.path} cannot be written: {error.strerror}; give another folder") from error

    def put(self, folder: Path) -> None:
        """Give each file its name here, which it gets only if nothing has it."""
        if there := sorted(path.name for path in self.path.iterdir() if path != folder):
            raise _not_empty(str(self.path), there)
        for name in _names(folder):
            (self.path / name).parent.mkdir(exist_ok=True)
            try:
                os.link(folder / name, self.path / name)
            except FileExistsError as error:
                raise _not_empty(str(self.path), [name]) from error

    def _claim(self, claim: Path) -> None:
        try:
            claim.mkdir()
        except FileExistsError as error:
            raise _not_empty(str(self.path), [CLAIM]) from error


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """On object storage; credentials come from the environment."""

    at: str

    def check(self) -> None:
        """Raise `Refused` unless the address can be read and nothing is below it."""
        try:
            there = _below(hurried(self.at))
        except Refused as refused:
            raise Refused(str(refused).replace("root=", "to=", 1)) from refused
        except (exceptions.BaseError, OSError) as error:
            raise self._unusable("read", error) from error
        if there:
            raise _not_empty(self.at, there)

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """A temporary folder (TMPDIR says where): a file's name says how many there are, so none can go before all."""
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)

    def put(self, folder: Path) -> None:
        """Upload each file, large ones in pieces; a store writes no pieces create-only, so the claim comes first."""
        client = bucket(self.at)
        try:
            with self._claimed(client):
                if there := [path for path in _below(client) if path != CLAIM]:
                    raise _not_empty(self.at, there)
                for name in _names(folder):
                    obstore.put(client, name, folder / name)
        except (exceptions.BaseError, OSError) as error:
            raise self._unusable("written", error) from error

    @contextmanager
    def _claimed(self, client: Any) -> Iterator[None]:
        """The place for one export alone. A claim that stands there may be ours, where the store's answer was lost."""
        mine = uuid.uuid4().bytes
        try:
            obstore.put(client, CLAIM, mine, mode="create", use_multipart=False)
        except exceptions.AlreadyExistsError as error:
            if bytes(obstore.get(client, CLAIM).bytes()) != mine:
                raise _not_empty(self.at, [CLAIM]) from error
        try:
            yield
        finally:
            obstore.delete(client, CLAIM)

    def _unusable(self, done: str, error: BaseException) -> Refused:
        reason = (str(error).splitlines() or [type(error).__name__])[0].strip()
        return Refused(f"to={self.at} cannot be {done}: {reason}; check the bucket's name and the credentials")


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A dataset repository of the Hugging Face hub, private until its owner says otherwise; HF_TOKEN is the token."""

    name: str

    def check(self) -> None:
        """Raise `Refused` without a token, for a name that is none, or a repository with anything in it."""
        if not os.environ.get(TOKEN):
            raise Refused(f"to={HUB}{self.name} needs a token that may write: set {TOKEN} in the environment")
        token = secret(TOKEN)
        with installed_by("hub"):
            from huggingface_hub import HfApi
            from huggingface_hub.errors import RepositoryNotFoundError

        try:
            there = HfApi(token=token).list_repo_files(self.name, repo_type="dataset")
        except RepositoryNotFoundError:
            return
        except _hub_errors() as error:
            raise self._unusable(error) from error
        if full := sorted(set(there) - {".gitattributes"}):
            raise _not_empty(f"{HUB}{self.name}", full)

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """A temporary folder (TMPDIR says where)."""
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)

    def put(self, folder: Path) -> None:
        """One commit with everything in it, on top of the one in which there is nothing."""
        from huggingface_hub import HfApi

        api = HfApi(token=secret(TOKEN))
        try:
            api.create_repo(self.name, repo_type="dataset", private=True, exist_ok=True)
            head = api.repo_info(self.name, repo_type="dataset").sha
            self.check()
            said = f"{len(_names(folder)) - 1} files and their card"
            api.upload_folder(
                repo_id=self.name, folder_path=folder, repo_type="dataset", commit_message=said, parent_commit=head
            )
        except _hub_errors() as error:
            raise self._unusable(error) from error

    def _unusable(self, error: BaseException) -> Refused:
        reason = hidden((str(error).strip().splitlines() or [type(error).__name__])[0], secret(TOKEN))
        return Refused(
            f"to={HUB}{self.name} cannot be used: {reason}; give owner/name and a token that may write there"
        )


def _hub_errors() -> tuple[type[BaseException], ...]:
    """What the hub's client raises: its own errors, and those of the HTTP client that its version stands on."""
    from huggingface_hub.errors import HfHubHTTPError

    return (ValueError, OSError, *HfHubHTTPError.__bases__)


def _below(client: Any) -> list[str]:
    """What there is in a bucket below the client's address."""
    return [meta["path"] for page in obstore.list(client, chunk_size=10) for meta in page]


def _names(folder: Path) -> list[str]:
    """The files below a folder, the card last."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return [*(name for name in names if name != CARD), CARD]


def _not_empty(to: str, there: list[str]) -> Refused:
    unfinished = "" if CARD in there else " and no README.md, so an export is under way or ended half-way"
    return Refused(f"to={to} is not empty: it has {there[0]}{unfinished}; empty it or give another place")
