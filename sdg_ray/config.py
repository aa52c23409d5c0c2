"""From YAML to frozen dataclasses, and from frozen dataclasses to what identifies them.

Defaults live in the dataclasses and nowhere else; YAML states only what a run chooses. A field made with `runtime(...)`
says how the work is done, not what comes of it: it is no part of the identity and may change between two launches.
"""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sdg_ray.errors import Refused

CONF = Path(__file__).parents[1] / "conf"


def runtime(default: Any = dataclasses.MISSING, factory: Callable[[], Any] | None = None) -> Any:
    """A dataclass field that may change without changing the data."""
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata={"runtime": True})
    return dataclasses.field(default=default, metadata={"runtime": True})


def compose(name: str, overrides: Sequence[str]) -> DictConfig:
    """The config `conf/{name}.yaml` with Hydra overrides such as `recipe=pocket` or `recipe.responses.n=8`.

    Raises:
        Refused: an unknown key, group or option, or a value of the wrong form.
    """
    try:
        with hydra.initialize_config_dir(str(CONF), version_base=None):
            return hydra.compose(name, overrides=list(overrides))
    except HydraException as error:
        raise Refused(f"config: {_sentence(error)}") from error


def build(node: DictConfig) -> Any:
    """The object a config node describes; an unknown key or a missing value is refused."""
    try:
        OmegaConf.resolve(node)
        if missing := sorted(OmegaConf.missing_keys(node)):
            raise Refused(f"config: {node._get_full_key(missing[0])} must be given, as {missing[0].split('.')[-1]}=...")
        return hydra.utils.instantiate(node, _convert_="all")
    except HydraException as error:
        raise _root_refusal(error) or Refused(f"config: {_sentence(error)}") from error
    except OmegaConfBaseException as error:
        raise Refused(f"config: {_sentence(error)}") from error


def setting(cfg: DictConfig, key: str) -> Any:
    """One plain value at the top of a config; a missing one is refused."""
    if OmegaConf.is_missing(cfg, key):
        raise Refused(f"{key}=... must be given; --help shows how")
    return cfg[key]


def identity(value: Any) -> Any:
    """`value` as plain JSON, without its runtime fields.

    Raises:
        TypeError: something in it has no stable form.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = [f.name for f in dataclasses.fields(value) if not f.metadata.get("runtime")]
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        return {"is": name} | {field: identity(getattr(value, field)) for field in kept}
    if isinstance(value, list | tuple):
        return [identity(item) for item in value]
    if isinstance(value, dict):
        return {str(key): identity(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__qualname__} has no stable form, so it cannot be part of a recipe")


def differences(old: Any, new: Any, at: str = "") -> list[str]:
    """Where two identities differ, as `filters.reward.threshold: 3.0 -> 3.5`."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(old.keys() | new.keys())
        return [line for key in keys for line in differences(old.get(key), new.get(key), f"{at}.{key}" if at else key)]
    return [] if old == new else [f"{at}: {old!r} -> {new!r}"]


def environment(prefix: str) -> dict[str, str]:
    """The environment variables that start with `prefix`, to be handed on to workers."""
    return {name: value for name, value in os.environ.items() if name.startswith(prefix)}


def _root_refusal(error: BaseException) -> Refused | None:
    """The refusal that lies under Hydra's wrapping, if one does."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Refused):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _sentence(error: BaseException) -> str:
    """What went wrong, without the stack of wrappers: the innermost message, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())
