"""How long the listing of a step with many shards takes, on a local disk and over the protocol of S3."""

import logging
import os
import time
from pathlib import Path

from sdg_ray.errors import Refused
from sdg_ray.store import Store


def listed_here(folder: Path, shards: int) -> float:
    """The seconds that the listing of so many shards of a step takes on a local disk."""
    (folder / "listed/run/step").mkdir(parents=True)
    for shard in range(shards):
        (folder / f"listed/run/step/shard-{shard:05d}.parquet").touch()
    return _listing(Store(root=str(folder / "listed"), run="run", homes={"step": "run"}), shards)


def listed_on_s3(shards: int) -> float:
    """The same over the protocol of S3, from a test server in this process, which sorts them all for every page."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        os.environ |= {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_REGION": "us-east-1"}
        os.environ |= {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "nothing"}
        there = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        there.create_bucket("listed", "us-east-1")
        for shard in range(shards):
            there.put_object("listed", f"run/step/shard-{shard:05d}.parquet", b"")
        return _listing(Store(root="s3://listed", run="run", homes={"step": "run"}), shards)
    finally:
        server.stop()


def _listing(store: Store, shards: int) -> float:
    began = time.monotonic()
    if len(store.done("step")) != shards:
        raise Refused("the listing is not complete")
    return time.monotonic() - began
