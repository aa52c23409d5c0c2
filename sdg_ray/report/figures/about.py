"""What a run is, as its run.json says: its steps and their settings, its models, thresholds and versions."""

from collections.abc import Iterator, Mapping
from typing import Any

Settings = Mapping[str, Any]


def recipe_steps(said: Settings) -> list[dict[str, Any]]:
    """Each step with what it is and its settings, those of the steps before it left out."""
    return [
        {"step": step, "run": at["in"], "is": _short(at["is"].get("is", step)), "settings": list(_plain(at["is"]))}
        for step, at in said["steps"].items()
    ]


def models(said: Settings) -> list[dict[str, str]]:
    """The models of a run and in which steps they work."""
    found: dict[str, list[str]] = {}
    for step, at in said["steps"].items():
        for each in _nested({name: value for name, value in at["is"].items() if name != "reads"}):
            if str(each.get("is", "")).startswith("sdg_ray.engines.") and "name" in each:
                steps = found.setdefault(str(each["name"]), [])
                steps += [step] if step not in steps else []
    return [{"name": name, "steps": ", ".join(steps)} for name, steps in found.items()]


def thresholds(said: Settings) -> dict[str, float]:
    """The lowest score that a filter keeps, by scorer."""
    filters = (each for at in said["steps"].values() for each in _nested(at["is"]))
    return {each["scorer"]: each["threshold"] for each in filters if {"scorer", "threshold"} <= each.keys()}


def asks_model(said: Settings) -> dict[str, bool]:
    """Whether a scorer asks a model, by its name."""
    scorers = (at["is"].get("scorer") for at in said["steps"].values())
    return {each.get("name", ""): "engine" in each for each in scorers if isinstance(each, dict)}


def _plain(node: Settings, at: str = "") -> Iterator[tuple[str, str]]:
    """The settings below a node as path and value; of those that are not set, nothing."""
    for name, value in node.items():
        path = f"{at}.{name}" if at else name
        if name in ("reads", "is") or value is None or value in ({}, [], ""):
            continue
        if isinstance(value, dict):
            if "is" in value:
                yield path, _short(value["is"])
            yield from _plain(value, path)
        else:
            yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _nested(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a setting, itself included."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _nested(each)


def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]
