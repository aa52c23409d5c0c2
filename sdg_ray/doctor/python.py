"""Python: the version that this project declares. Pickled work does not go from one minor version to another."""

import platform
from importlib.metadata import metadata

from packaging.specifiers import SpecifierSet

from sdg_ray.doctor import Asked, Finding, ok, wrong


def check(asked: Asked) -> list[Finding]:
    """This Python against the declared ones."""
    return [compared(platform.python_version(), metadata("sdg_ray")["Requires-Python"])]


def compared(version: str, declared: str) -> Finding:
    """The finding for a version."""
    if SpecifierSet(declared).contains(version, prereleases=True):
        return ok("Python", version)
    return wrong(
        "Python", f"{version}, and {declared} is needed", "make the environment with that Python, on every node"
    )
