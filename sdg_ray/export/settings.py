"""What a run's run.json says of its models and thresholds, step by step; what a step reads is that step's own business.

models(about)        [("responses", "pocket/instruct"), ("reward", "pocket/reward")]
thresholds(about)    [("selection", "reward: MinScore scorer=reward threshold=3.0"), ("preferences", "Pair ...")]
"""

from collections.abc import Iterator, Mapping
from typing import Any

ENGINES = "sdg_ray.engines."
PAIRING = "sdg_ray.stages.pair."


def models(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The models that each step names."""
    return [
        (step, f"{name} {revision}".strip())
        for step, is_ in _steps(about)
        for name, revision in dict.fromkeys(_engines(is_))
    ]


def thresholds(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What each filter and the pairing ask for."""
    found = []
    for step, is_ in _steps(about):
        filters = is_.get("filters") or {}
        found += [(step, f"{name}: {_said(each)}") for name, each in filters.items()]
        if str(is_.get("is", "")).startswith(PAIRING):
            found.append((step, _said(is_)))
    return found


def _steps(about: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for step, at in about["steps"].items():
        if isinstance(at["is"], dict):
            yield step, {name: value for name, value in at["is"].items() if name != "reads"}


def _engines(node: Any) -> Iterator[tuple[str, str]]:
    """The names and revisions of all engines in a part of an identity."""
    if isinstance(node, dict):
        if str(node.get("is", "")).startswith(ENGINES) and "name" in node:
            yield str(node["name"]), str(node.get("revision") or "")
        for value in node.values():
            yield from _engines(value)


def _said(is_: Mapping[str, Any]) -> str:
    """A class by its name, with the plain settings that say something."""
    told = {name: value for name, value in is_.items() if name != "is" and value is not False}
    settings = (f"{name}={value}" for name, value in told.items() if value not in (None, [], {}, ""))
    return " ".join([str(is_["is"]).rsplit(".", 1)[-1], *settings])
