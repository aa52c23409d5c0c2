"""Credentials: keys of endpoints and of the object store, in the environment, where the engines and the store look.

Only whether they are there; no value is read further. Every node of a cluster needs them, and this sees only one.
"""

import os
from pathlib import Path

from sdg_ray.doctor import Asked, Finding, ok, warning, wrong
from sdg_ray.doctor.uses import endpoints
from sdg_ray.engines.keys import secret
from sdg_ray.errors import Refused

CHECK = "credentials"
PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def check(asked: Asked) -> list[Finding]:
    """The keys of all endpoints, and those of S3 where the root is there."""
    found = []
    for variable in dict.fromkeys(endpoint.key for endpoint in endpoints(asked.recipe) if endpoint.key):
        try:
            secret(variable)
            found.append(ok(CHECK, f"{variable} is set"))
        except Refused as refused:
            found.append(wrong(CHECK, str(refused), "set it on every node where workers run"))
    return found + (of_s3() if asked.root.startswith("s3://") else [])


def of_s3() -> list[Finding]:
    """The keys of S3. The store reads the environment, and asks the instance for its role, but reads no files."""
    missing = [name for name in PAIR if not os.environ.get(name)]
    if len(missing) == 1:
        return [wrong(CHECK, f"{missing[0]} is not set, the other one is", "set both, on every node")]
    if missing and (Path("~/.aws/credentials").expanduser().exists() or os.environ.get("AWS_PROFILE")):
        cure = "the store reads the environment only: aws configure export-credentials --format env"
        return [warning(CHECK, "there is a profile for S3, and no key in the environment", cure)]
    if missing:
        return [ok(CHECK, "no key for S3 in the environment: the role of the instance, if it has one")]
    if os.environ.get("AWS_SESSION_TOKEN"):
        cure = "the same command goes on with new ones; the role of an instance renews itself"
        return [warning(CHECK, "the key for S3 is a temporary one, and a run may last longer", cure)]
    if not os.environ.get("AWS_REGION") and not os.environ.get("AWS_ENDPOINT_URL"):
        return [warning(CHECK, "keys for S3, and no AWS_REGION", "export AWS_REGION=..., or us-east-1 is taken")]
    return [ok(CHECK, "keys for S3 are set")]
