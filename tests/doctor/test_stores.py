"""Checks of where files go: storage, credentials, clock, disk."""

import os
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sdg_ray.doctor import Verdict, clock, credentials, disk, storage
from tests.doctor.asking import asked, is_warning, is_wrong, worst
from tests.fault_proxy import FaultProxy

LATE = "Thu, 01 Jan 2026 00:00:00 GMT"


class Careless(BaseHTTPRequestHandler):
    """A store that takes every PUT, whatever its conditions, and whose clock stands still."""

    kept: dict[str, bytes] = {}

    def do_PUT(self) -> None:
        self.kept[self.path] = self.rfile.read(int(self.headers["content-length"]))
        self.answer(b"")

    def do_GET(self) -> None:
        self.answer(self.kept.get(self.path, b""))

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_DELETE(self) -> None:
        self.kept.pop(self.path, None)
        self.answer(b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.kept.clear()
        self.answer(b"<DeleteResult></DeleteResult>")

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in {"content-length": str(len(body)), "etag": '"1"', "last-modified": LATE}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return LATE

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The careless store, where the environment leads."""
    Careless.kept.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Careless)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "no-one-may-read-this",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield
    server.shutdown()
    server.server_close()


def test_root_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for root in (there, tmp_path / "not" / "yet"):
        assert worst(storage.check, f"root={root}").verdict is Verdict.OK
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_root_that_cannot_be_written(tmp_path: Path) -> None:
    """Also for root: nobody may make a folder in /proc, or below a file."""
    (tmp_path / "file").write_text("")
    for root in ("/proc/runs", tmp_path / "file" / "runs"):
        assert is_wrong(worst(storage.check, f"root={root}"), "cannot be written")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    assert is_wrong(worst(storage.check, f"root={tmp_path}"), "cannot be written", "ermission denied")


def test_bucket_that_refuses_to_overwrite_is_left_as_it_was(s3_root: str, s3_port: int) -> None:
    import boto3

    assert worst(storage.check, f"root={s3_root}").verdict is Verdict.OK
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{s3_port}", region_name="us-east-1")
    assert client.list_objects_v2(Bucket=s3_root.split("/")[2])["KeyCount"] == 0


def test_bucket_that_is_not_there_or_not_ours(s3_root: str, proxy: FaultProxy) -> None:
    assert is_wrong(worst(storage.check, "root=s3://no-such-bucket-here/runs"), "NoSuchBucket")
    proxy.rule = lambda method, path: "refuse 403"
    assert is_wrong(worst(storage.check, f"root={s3_root}"), "InvalidAccessKeyId")


def test_root_with_credentials_in_it_is_wrong_and_not_repeated(careless: None) -> None:
    found = worst(storage.check, "root=s3://AKID:k3y/of+us@bucket/runs")
    assert is_wrong(found, "root= holds a user, a password or a query")
    assert "k3y" not in str(found)


def test_store_that_ignores_conditions(careless: None) -> None:
    assert is_wrong(worst(storage.check, "root=s3://bucket/runs"), "ignores If-None-Match")
    assert Careless.kept == {}


def test_store_that_nobody_answers_for(monkeypatch: pytest.MonkeyPatch, careless: None) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert is_wrong(worst(storage.check, "root=s3://bucket/runs"), "cannot be written")
        assert is_warning(worst(clock.check, "root=s3://bucket/runs"), "no date")


def test_clock_that_is_off(careless: None) -> None:
    assert is_wrong(worst(clock.check, "root=s3://bucket/runs"), "ahead of the store's")


def test_clock_that_agrees(s3_root: str) -> None:
    assert worst(clock.check, f"root={s3_root}").verdict is Verdict.OK
    assert clock.check(asked()) == []


def test_credentials_of_s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, careless: None) -> None:
    def found() -> Verdict:
        return worst(credentials.check, "root=s3://bucket/runs").verdict

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    assert found() is Verdict.OK
    monkeypatch.setenv("AWS_SESSION_TOKEN", "for-an-hour")
    assert found() is Verdict.WARNING
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert is_wrong(worst(credentials.check, "root=s3://bucket/runs"), "AWS_SECRET_ACCESS_KEY is not set")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert found() is Verdict.OK
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text("[default]\n")
    assert found() is Verdict.WARNING


def test_disk_without_room() -> None:
    assert is_wrong(worst(disk.check, "root=/proc/runs"), "0 GiB free")
    assert is_warning(disk.judged(2**30, 2**31), "1 GiB free", "2 GiB")
    assert disk.judged(2**31, 2**30).verdict is Verdict.OK


def test_every_turn_and_every_file_with_an_answer_takes_room() -> None:
    def texts(*settings: str) -> float:
        wanted = asked("recipe.prompts.shards=1", *settings)
        return disk.most_bytes(wanted) / wanted.recipe.prompts.planned - disk.PER_PROMPT

    assert texts("recipe=dialogues", "recipe.responses.turns=9") == 3 * texts("recipe=dialogues")  # of three turns
    three = (f"recipe.responses_{name}.n=1" for name in ("first", "second", "third"))
    assert texts("generators=three", *three) == 2 * texts("recipe.responses.n=3")


def test_disk_that_a_large_run_would_fill(tmp_path: Path) -> None:
    assert is_warning(worst(disk.check, f"root={tmp_path}", "recipe.responses.n=1000000000"))
