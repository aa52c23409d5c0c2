"""What tests share: a Ray cluster on this machine, an S3 server and a proxy before it that misbehaves, one thread."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sdg_ray.bucket import bucket
from tests.fault_proxy import FaultProxy

REPOSITORY = Path(__file__).parents[1]

settings.register_profile("patient", deadline=None)  # machines are busy
settings.load_profile("patient")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Training in one thread: models this small only wait for each other's, the more so where the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """Ray on this machine, with four CPUs as Ray counts them."""
    import ray

    os.environ["PYTHONPATH"] = str(REPOSITORY)
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    ray.init(address="local", num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    """The port of an S3 server with nothing in it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def proxy(s3_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The S3 server behind a proxy that misbehaves when told to; the environment leads there."""
    with FaultProxy(s3_port) as running:
        settings = {
            "AWS_ENDPOINT_URL": running.address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "no-one-may-read-this",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def s3_root(proxy: FaultProxy, s3_port: int) -> str:
    """A root in a fresh bucket."""
    import boto3

    name = f"bucket-{uuid.uuid4().hex[:12]}"
    endpoint = f"http://127.0.0.1:{s3_port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=name)
    return f"s3://{name}/runs"


@pytest.fixture(params=["folder", "memory", "s3"])
def any_root(request: pytest.FixtureRequest) -> str:
    """A fresh root of each kind: what holds for one must hold for all."""
    if request.param == "s3":
        return request.getfixturevalue("s3_root")
    if request.param == "memory":
        bucket.cache_clear()
        return "memory:"
    return str(request.getfixturevalue("tmp_path") / "runs")


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the S3 server did not start")
