"""How served models do, in the words of a person: loading, ready, or ended.

    state(served, serve.status())       "loading", "ready" or "unhealthy"

One that cannot be loaded is refused, with the reason at the root of what Ray Serve reports.
"""

import re
from typing import Any

from sdg_ray.errors import Refused
from sdg_ray.serve import Served

WELL = {"HEALTHY", "UPSCALING", "DOWNSCALING"}
STARTING = {"UPDATING", "DEPLOY_FAILED"}
REFUSAL = re.compile(r"Refused: (.+)")


def state(served: Served, status: Any) -> str:
    """How one model does, by what Ray Serve says of its application.

    Raises:
        Refused: it cannot be loaded with its settings, or a part of its application as often as Ray Serve has tried.
    """
    application = status.applications.get(served.application)
    if application is None:
        return "loading"
    deployments = application.deployments
    own = next((each for name, each in deployments.items() if name.split(":")[-1] == served.role), None)
    if own and own.status in STARTING and (refusals := REFUSAL.findall(own.message)):
        raise Refused(f"{served.role} could not be served: {refusals[-1]}")  # the same settings would fail again
    if application.status == "DEPLOY_FAILED":
        failed = {name: each.message for name, each in deployments.items() if each.status not in WELL | {"UPDATING"}}
        said = "\n".join(failed.values()) or application.message
        raise Refused(f"{', '.join(failed) or served.application} could not be served: {_why(said)}")
    front = [each for name, each in deployments.items() if ":" not in name and each is not own]  # who asks the models
    if own and all(each.status in WELL for each in (own, *front)):
        return "ready"
    return "unhealthy" if own and own.status == "UNHEALTHY" else "loading"


def _why(message: str) -> str:
    """The last line of Ray Serve's report, which is its root."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[-1] if lines else "Ray Serve does not say why; see its logs"
