"""A cluster's head that goes away and comes back: a socket that listens, or does not."""

import io
import socket
import time
from pathlib import Path

from rich.console import Console

from sdg_ray.report.conservation import Conservation
from sdg_ray.report.progress import Progress
from sdg_ray.report.tally import Tally
from sdg_ray.runner.head import Head
from sdg_ray.store import open_run
from tests.small import small_recipe


def listening(port: int = 0) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def address(of: socket.socket) -> str:
    return f"127.0.0.1:{of.getsockname()[1]}"


def test_head_that_goes_and_comes_back_is_told_once_each() -> None:
    server = listening()
    head = Head(address(server))
    assert head.look() is None and head.look() is None
    server.close()
    gone = head.look()
    assert gone and f"head at {head.address} does not answer" in gone and "the same command goes on" in gone
    assert head.look() is None
    with listening(int(head.address.split(":")[1])):
        assert head.look() == f"the cluster's head at {head.address} answers again"
        assert head.look() is None


def test_progress_says_what_is_wrong(tmp_path: Path) -> None:
    made = small_recipe(shards=1)
    law = Conservation(made, Tally(store=open_run(str(tmp_path), "first", made.identities()), steps=made.steps))
    server, out, until = listening(), io.StringIO(), time.monotonic() + 20
    with Progress(law, Console(file=out, width=300), every=0.01, wrong=Head(address(server)).look):
        server.close()
        while "does not answer" not in out.getvalue():
            assert time.monotonic() < until, out.getvalue()
            time.sleep(0.01)
