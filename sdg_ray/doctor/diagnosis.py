"""All checks side by side, each bounded in time; what they find comes without secrets.

    for name, findings in diagnosis(asked, told=console.print): ...

A check is a thread that nobody waits for longer than LIMIT: what hangs, hangs in a library, and is said to hang.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sdg_ray.doctor import (
    Asked,
    Check,
    Finding,
    addresses,
    chat_template,
    clock,
    context,
    credentials,
    disk,
    hub,
    limits,
    memory,
    packages,
    places,
    python,
    recipe_check,
    reward_head,
    sandbox,
    storage,
    warning,
)
from sdg_ray.doctor.secrets import hidden
from sdg_ray.doctor.uses import endpoints

LIMIT = 50.0  # seconds for all of them
SILENCE = 10.0  # then it is said what is still going on
CHECKS: Mapping[str, Check] = {
    "Python": python.check,
    "packages": packages.check,
    "recipe": recipe_check.check,
    "GPUs and Ray": places.check,
    "memory": memory.check,
    "context": context.check,
    "chat template": chat_template.check,
    "reward head": reward_head.check,
    "hub": hub.check,
    "endpoints": addresses.check,
    "credentials": credentials.check,
    "storage": storage.check,
    "clock": clock.check,
    "disk": disk.check,
    "limits": limits.check,
    "sandbox": sandbox.check,
}


def diagnosis(
    asked: Asked, told: Callable[[str], None], checks: Mapping[str, Check] = CHECKS, limit: float = LIMIT
) -> list[Finding]:
    """What all checks find, in their order. `told` hears now and then which are still going on."""
    found: dict[str, list[Finding]] = {}
    threads = {
        name: threading.Thread(target=_kept, args=(name, check, asked, found), name=name, daemon=True)
        for name, check in checks.items()
    }
    for thread in threads.values():
        thread.start()
    _wait(list(threads.values()), limit, told)
    late = f"did not end within {limit:.0f} s"
    cure = "something that it waits for does not answer; the other rows may say what"
    each = (found.get(name, [warning(name, late, cure)]) for name in threads)
    names = frozenset(endpoint.key for endpoint in endpoints(asked.recipe) if endpoint.key)
    return [_without_secrets(finding, names) for findings in each for finding in findings]


def _kept(name: str, check: Check, asked: Asked, found: dict[str, list[Finding]]) -> None:
    """Run one check, and keep what it finds."""
    try:
        found[name] = check(asked)
    except Exception as error:  # of a library, most likely: it may not take the other checks' findings with it
        said = f"could not be looked at: {type(error).__name__}: {error}"
        found[name] = [warning(name, " ".join(said.split())[:300], "look at it by hand")]


def _wait(threads: Sequence[threading.Thread], limit: float, told: Callable[[str], None]) -> None:
    began = time.monotonic()
    while (going := [thread for thread in threads if thread.is_alive()]) and (
        left := began + limit - time.monotonic()
    ) > 0:
        until = time.monotonic() + min(SILENCE, left)
        for thread in going:
            thread.join(max(0.0, until - time.monotonic()))
        if still := [thread.name for thread in going if thread.is_alive()]:
            told(f"{time.monotonic() - began:.0f} s: still looking at {', '.join(still)}")


def _without_secrets(finding: Finding, names: frozenset[str]) -> Finding:
    return replace(
        finding, found=hidden(finding.found, os.environ, names), cure=hidden(finding.cure, os.environ, names)
    )
