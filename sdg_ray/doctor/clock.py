"""The clock, where the root is in S3: a request whose time is 15 minutes off is refused there."""

import os
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime

from sdg_ray.doctor import Asked, Finding, ok, warning, wrong

CHECK = "clock"
FEW, MANY = 60, 600  # seconds
CURE = "set the clock of this machine, best by NTP"


def check(asked: Asked) -> list[Finding]:
    """This clock against the date that the store's answers carry."""
    if not asked.root.startswith("s3://"):
        return []
    region = os.environ.get("AWS_REGION", "us-east-1")
    address = os.environ.get("AWS_ENDPOINT_URL") or f"https://s3.{region}.amazonaws.com"
    off = seconds_off(address)
    if off is None:
        return [warning(CHECK, "the store says no date", "look at the row storage")]
    said = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the store's"
    if abs(off) >= MANY:
        return [wrong(CHECK, said, CURE)]
    return [warning(CHECK, said, CURE) if abs(off) >= FEW else ok(CHECK, "agrees with the store's")]


def seconds_off(address: str) -> float | None:
    """How far this clock is ahead of the server's; None where it says nothing. An error has a date as well."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=5) as answer:
            said = answer.headers["Date"]
    except urllib.error.HTTPError as error:
        said = error.headers["Date"]
    except (OSError, ValueError):
        return None
    try:
        return time.time() - parsedate_to_datetime(said).timestamp() if said else None
    except ValueError:
        return None
