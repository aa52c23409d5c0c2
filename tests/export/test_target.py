"""Where an export goes: an empty folder, a bucket, the hub; the card stands there last, and nothing is overwritten."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import obstore
import pytest

from sdg_ray.bucket import bucket
from sdg_ray.errors import Refused
from sdg_ray.export.target import target
from tests.conftest import REPOSITORY
from tests.export.runs import exported, loaded, refusal, row, written
from tests.fault_proxy import FaultProxy
from tests.small import tree

NAMES = [
    "README.md",
    "preference/train-00000-of-00001.parquet",
    "preference/validation-00000-of-00001.parquet",
    "sft/train-00000-of-00001.parquet",
    "sft/validation-00000-of-00001.parquet",
]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A finished run."""
    written(tmp_path / "runs", [[row(i) for i in range(at, at + 10)] for at in (0, 10)])
    return tmp_path / "runs"


def test_a_folder_holds_the_files_and_nothing_else(runs: Path, tmp_path: Path) -> None:
    assert exported(runs, tmp_path / "out" / "deep", "format=trl", "validation=0.3") == 0
    assert sorted(tree(tmp_path / "out" / "deep")) == NAMES


def test_a_folder_with_something_in_it_is_refused(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    exported(runs, tmp_path / "out", "format=trl")  # an empty folder is fine
    before = tree(tmp_path / "out")
    said = refusal(capsys, runs, tmp_path / "out", "format=trl")
    assert said == f"to={tmp_path}/out is not empty: it has README.md; empty it or give another place"
    assert tree(tmp_path / "out") == before


def test_an_export_that_ended_half_way_is_named(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out" / "sft").mkdir(parents=True)
    said = refusal(capsys, runs, tmp_path / "out", "format=trl")
    assert "and no README.md, so an export is under way or ended half-way; empty it" in said


def test_a_file_in_the_way_is_refused(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("in the way")
    assert "cannot be used: Not a directory; give another folder" in refusal(
        capsys, runs, tmp_path / "out", "format=trl"
    )


def made(folder: Path) -> None:
    """Two files and their card."""
    for name in ("README.md", "sft/a", "sft/b"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)


def test_the_card_is_put_last_so_that_what_breaks_before_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, link = target(str(tmp_path / "out")), os.link

    def rival(source: Path, to: Path) -> None:
        if to.name == "b":
            to.write_text("a stranger's")
        link(source, to)

    monkeypatch.setattr(os, "link", rival)
    with pytest.raises(Refused, match="is not empty: it has sft/b and no README.md"), place.workshop() as folder:
        made(folder)
        place.put(folder)
    assert tree(tmp_path / "out") == {"sft/a": b"sft/a", "sft/b": b"a stranger's"}


def test_a_second_export_to_a_folder_is_refused_while_the_first_is_at_it_and_afterwards(tmp_path: Path) -> None:
    to = str(tmp_path / "out")
    first, second, third = target(to), target(to), target(to)
    for place in (first, second, third):
        place.check()
    with first.workshop() as folder:
        made(folder)
        with pytest.raises(Refused, match="it has .unfinished and no README.md, so an export is under way"):
            with second.workshop():
                pass
        first.put(folder)
    with pytest.raises(Refused, match="is not empty: it has README.md; empty it"), third.workshop() as folder:
        made(folder)
        third.put(folder)
    assert sorted(tree(to)) == ["README.md", "sft/a", "sft/b"]


def test_a_second_export_to_a_bucket_is_refused_while_the_first_is_at_it_and_afterwards(
    tmp_path: Path, s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, put, refusals = target(s3_root.replace("/runs", "/sets/twice")), obstore.put, []

    def slow(client: Any, path: str, *args: Any, **options: Any) -> Any:
        if path == "sft/b" and not refusals:
            with pytest.raises(Refused) as refused:
                place.put(tmp_path)
            refusals.append(str(refused.value))
        return put(client, path, *args, **options)

    made(tmp_path)
    monkeypatch.setattr(obstore, "put", slow)
    place.put(tmp_path)
    assert len(refusals) == 1 and "it has .unfinished and no README.md, so an export is under way" in refusals[0]
    with pytest.raises(Refused, match="is not empty: it has README.md; empty it"):
        place.put(tmp_path)
    there = {meta["path"] for page in obstore.list(bucket(s3_root.replace("/runs", "/sets/twice"))) for meta in page}
    assert there == {"README.md", "sft/a", "sft/b"}


def test_a_claim_whose_answer_was_lost_is_known_as_ours(tmp_path: Path, s3_root: str, proxy: FaultProxy) -> None:
    made(tmp_path)
    proxy.times(1, "reset after", part=".unfinished")
    target(s3_root.replace("/runs", "/sets/lost")).put(tmp_path)
    assert proxy.done["reset after"] == 1


def test_a_bucket_holds_the_same_files(
    runs: Path, tmp_path: Path, s3_root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    to = s3_root.replace("/runs", "/sets/demo")
    assert exported(runs, to, "format=trl", "validation=0.3") == 0
    exported(runs, tmp_path / "out", "format=trl", "validation=0.3")
    there = {meta["path"]: meta for page in obstore.list(bucket(to)) for meta in page}
    assert sorted(there) == NAMES
    assert max(there.values(), key=lambda meta: meta["last_modified"])["path"] == "README.md"
    for name in NAMES[1:]:
        assert bytes(obstore.get(bucket(to), name).bytes()) == (tmp_path / "out" / name).read_bytes()
    assert refusal(capsys, runs, to, "format=trl").startswith(f"to={to} is not empty: it has ")


def test_a_bucket_there_is_not_is_refused(runs: Path, s3_root: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, runs, "s3://no-such-bucket-here/sets", "format=trl")
    assert said.startswith("to=s3://no-such-bucket-here/sets cannot be read: ")
    assert "no-one-may-read-this" not in said


def test_credentials_in_an_address_are_refused_and_not_repeated(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, runs, "s3://AKID:k3y/of+us@bucket/sets", "format=trl")
    assert said.startswith("to= holds a user, a password or a query; keep it plain")
    assert "k3y" not in said and "AKID" not in said


def test_an_address_of_no_kind_is_refused(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, runs, "ftp://somewhere", "format=trl").startswith("to=ftp://somewhere is not an address")


def test_the_hub_needs_a_token_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    written(tmp_path, [[row(1)]])
    assert refusal(capsys, tmp_path, "hub:somebody/demo", "format=trl") == (
        "to=hub:somebody/demo needs a token that may write: set HF_TOKEN in the environment"
    )


@pytest.mark.parametrize("token", ["hf_secret\n", "hf_sec ret", "hf_secr\u00e9t"])
def test_a_token_that_no_header_can_hold_is_refused_without_being_said(
    token: str, runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    said = refusal(capsys, runs, "hub:somebody/demo", "format=trl")
    assert said.startswith("key=HF_TOKEN: it holds a space, a line break or an odd sign") and "hf_sec" not in said


class HubHandler(BaseHTTPRequestHandler):
    """As much of the hub as an upload asks for: what is committed is kept in `server.files`."""

    server: Any

    def do_GET(self) -> None:
        files = [{"type": "file", "path": name, "size": 1, "oid": "0"} for name in self.server.files]
        if self.server.forbids:
            self._answer({"error": "This token may not read."}, 403)
        elif self.server.created is None:
            self._answer({"error": "Repository not found"}, 404)
        else:
            about = {"id": "somebody/demo", "siblings": [], "sha": self.server.head}
            self._answer(files if "/tree/" in self.path else about)
            if self.server.rival and "/tree/" not in self.path:
                self.server.files["theirs"], self.server.rival = b"", False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.tokens.add(self.headers.get("authorization"))
        if self.path == "/api/repos/create":
            self.server.created = json.loads(body)
            self._answer({"url": f"{self.server.address}/datasets/somebody/demo", "id": "somebody/demo"})
        elif "/preupload/" in self.path:
            wanted = json.loads(body)["files"]
            self._answer({"files": [each | {"uploadMode": "regular", "shouldIgnore": False} for each in wanted]})
        elif "/commit/" in self.path:
            header, *lines = map(json.loads, body.splitlines())
            assert header["value"]["parentCommit"] == self.server.head
            for line in lines:
                if line["key"] == "file":
                    self.server.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            self._answer({"commitUrl": f"{self.server.address}/c/1", "commitOid": "1", "success": True})
        else:
            self._answer({}, 200)

    def _answer(self, content: Any, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        if status == 404:
            self.send_header("x-error-code", "RepoNotFound")
        if status == 403:
            self.send_header("x-error-message", f"{self.headers['authorization']} may not read")
        body = json.dumps(content).encode()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def hub() -> Iterator[Any]:
    """A server that speaks as much of the hub's protocol as an upload needs."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), HubHandler)
    server.files, server.tokens, server.created, server.forbids = {}, set(), None, False
    server.head, server.rival = "0" * 40, False  # a rival commits once it was asked what the head is
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def to_hub(runs: Path, address: str) -> subprocess.CompletedProcess[str]:
    """The job, in a process whose hub is at `address`."""
    environment = os.environ | {"HF_ENDPOINT": address, "HF_TOKEN": "hf_write", "PYTHONPATH": str(REPOSITORY)}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    environment.pop("HF_HUB_OFFLINE", None)
    typed = [sys.executable, "jobs/export.py", "run=first", f"root={runs}", "format=trl", "to=hub:somebody/demo"]
    return subprocess.run(typed, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120)


def test_the_hub_gets_a_private_dataset_in_one_commit_and_only_once(runs: Path, tmp_path: Path, hub: Any) -> None:
    job = to_hub(runs, hub.address)
    assert job.returncode == 0, job.stdout + job.stderr
    assert hub.created["visibility"] == "private" and hub.created["type"] == "dataset"
    assert hub.tokens == {"Bearer hf_write"}
    for name, content in hub.files.items():
        (tmp_path / "got" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "got" / name).write_bytes(content)
    assert sum(map(len, loaded(tmp_path / "got", "sft").values())) == 20

    again = to_hub(runs, hub.address)
    assert again.returncode == 2 and "to=hub:somebody/demo is not empty: it has README.md" in again.stdout
    assert "hf_write" not in again.stdout + again.stderr + hub.files["README.md"].decode()


def test_a_commit_of_somebody_else_in_the_meantime_is_not_mixed_with_ours(runs: Path, hub: Any) -> None:
    hub.rival = True
    job = to_hub(runs, hub.address)
    assert job.returncode == 2 and "to=hub:somebody/demo is not empty: it has theirs and no README.md" in job.stdout
    assert list(hub.files) == ["theirs"]


def test_a_token_that_may_not_is_refused_in_a_sentence(runs: Path, hub: Any) -> None:
    hub.forbids = True
    job = to_hub(runs, hub.address)
    assert job.returncode == 2 and not job.stderr, job.stderr
    assert job.stdout.startswith("refused: to=hub:somebody/demo cannot be used: ") and "Traceback" not in job.stdout
    assert "[key]" in job.stdout and "hf_write" not in job.stdout


def test_a_name_that_the_hub_cannot_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_write")
    with pytest.raises(Refused, match="to=hub:no/such/name cannot be used: .*; give owner/name"):
        target("hub:no/such/name").check()
