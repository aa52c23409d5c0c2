"""The doctor: looks, before a run and without loading a model, for what would fail an hour into it.

A check is one file with one function, which takes what is to be run and gives findings:

    def check(asked: Asked) -> list[Finding]:
        return [ok("Python", "3.11.9")]

Checks look at this machine, at the files of the models, the store and the addresses, and at a running cluster where the
config names one. They run side by side; `diagnosis.py` bounds each in time and takes secrets out of what is said.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sdg_ray.recipe import Recipe
from sdg_ray.runner import Runner
from sdg_ray.runner.local import Local
from sdg_ray.runner.pools import STREAMING, Pool, at_once


class Verdict(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row: what was looked at, what was found, how that is, and what to do unless it is ok."""

    check: str
    found: str
    verdict: Verdict = Verdict.OK
    cure: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be run: the recipe, where it runs, and where its files go."""

    recipe: Recipe
    cluster: Runner
    root: str

    @property
    def address(self) -> str | None:
        """The running cluster that the config names, or else the environment, as it does in a job submitted to one."""
        if isinstance(self.cluster, Local):
            return None
        address = getattr(self.cluster, "address", None) or os.environ.get("RAY_ADDRESS", "local")
        return None if address == "local" else address

    def pool(self, step: str) -> Pool | None:
        """The pool of a step; None where everything is in one process."""
        suited = getattr(self.cluster, "suited", None)
        return suited(self.recipe).pool(step) if suited else None

    @property
    def at_once(self) -> tuple[tuple[str, ...], ...]:
        """The steps in groups whose workers are there at the same time."""
        return at_once(self.recipe, getattr(self.cluster, "schedule", STREAMING))

    def workers(self, step: str) -> int:
        """How many workers a step begins with."""
        pool = self.pool(step)
        return pool.min if pool else 1


Check = Callable[[Asked], list[Finding]]


def ok(check: str, found: str) -> Finding:
    """Nothing is to be done."""
    return Finding(check=check, found=found)


def warning(check: str, found: str, cure: str) -> Finding:
    """It may work."""
    return Finding(check=check, found=found, verdict=Verdict.WARNING, cure=cure)


def wrong(check: str, found: str, cure: str) -> Finding:
    """It cannot work."""
    return Finding(check=check, found=found, verdict=Verdict.WRONG, cure=cure)


def gib(size: float) -> str:
    """Bytes as people read them: `1.43 GiB`."""
    number = size / 2**30
    return f"{number:,.0f} GiB" if number >= 100 else f"{number:.{3 if number >= 1 else 2}g} GiB"
