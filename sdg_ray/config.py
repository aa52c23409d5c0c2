"""From YAML to frozen dataclasses, and from frozen dataclasses to what identifies them.

Defaults live in the dataclasses and nowhere else; YAML states only what a run chooses. A field made with `runtime(...)`
says how the work is done, not what comes of it: it is no part of the identity and may change between two launches.
"""

import dataclasses
import importlib
import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

import hydra
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sdg_ray.errors import Refused

CONF = Path(__file__).parents[1] / "conf"
NAME = str | int
"""The type of a setting that is a name: Hydra takes one such as 20240131 for a number."""
SEVERAL = {Sequence: "list, such as [a,b]", Mapping: "mapping, such as {a: b}"}
"""Types that hold several values, and what they are called in YAML."""
SETTING = re.compile(r"^((?:recipe|cluster|model)\.[\w.]+=)")
"""A setting below a group: YAML need not mention it to be overridden, for defaults live in the dataclasses."""


def runtime(default: Any = dataclasses.MISSING, factory: Callable[[], Any] | None = None) -> Any:
    """A dataclass field that may change without changing the data."""
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata={"runtime": True})
    return dataclasses.field(default=default, metadata={"runtime": True})


def compose(name: str, overrides: Sequence[str]) -> DictConfig:
    """The config `conf/{name}.yaml` with Hydra overrides such as `recipe=pocket` or `recipe.responses.n=8`.

    Raises:
        Refused: an unknown group, option or key, a value of the wrong type, or one that must be given and is not.
    """
    try:
        with hydra.initialize_config_dir(str(CONF), version_base=None):
            cfg = hydra.compose(name, overrides=[SETTING.sub(r"++\1", each) for each in overrides])
        OmegaConf.resolve(cfg)
        _check(cfg)
    except OverrideParseException as error:
        raise Refused(f"config: {_unread(error.override)}") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise Refused(f"config: {_sentence(error)}") from error
    if missing := sorted(key for key in OmegaConf.missing_keys(cfg) if "." in key):
        raise Refused(f"config: {missing[0]}=... must be given")
    return cfg


def build(node: DictConfig) -> Any:
    """The object a config node describes. Raises `Refused` where its parts do not fit together."""
    try:
        return hydra.utils.instantiate(node, _convert_="all")
    except HydraException as error:
        raise _root_refusal(error) or Refused(f"config: {_sentence(error)}") from error


def setting(cfg: DictConfig, key: str, hint: Any = Any) -> Any:
    """One plain value at the top of a config, of the type `hint`; a `NAME` is a text, whatever Hydra takes it for.

    Raises:
        Refused: it is missing, or of another type.
    """
    if OmegaConf.is_missing(cfg, key):
        raise Refused(f"{key}=... must be given; --help shows how")
    value = cfg[key]
    if not _fits(value, hint):
        raise Refused(f"{key}={value} is not of the type {_named(hint)}; --help shows what it can be")
    return str(value) if type(value) is int and str in typing.get_args(hint) else value


def share(cfg: DictConfig, key: str) -> float:
    """One number from 0 to 1 at the top of a config; 10 for 10% would be no limit at all."""
    found = setting(cfg, key, float)
    if not 0 <= found <= 1:
        raise Refused(f"{key}={found} is no share; give a number from 0 to 1, such as 0.1 for 10%")
    return float(found)


def identity(value: Any) -> Any:
    """`value` as plain JSON, without its runtime fields; a field whose metadata say how is known by that instead.

    Raises:
        TypeError: something in it has no stable form.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = [f for f in dataclasses.fields(value) if not f.metadata.get("runtime")]
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        return {"is": name} | {f.name: f.metadata.get("identity", identity)(getattr(value, f.name)) for f in kept}
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


def _check(node: Any) -> None:
    """Refuse what the classes that a config names would not take; said here by its path in the config."""
    if not isinstance(node, DictConfig):
        return
    if "_target_" in node:
        _check_fields(node, _target(node))
    for key in node:
        if not OmegaConf.is_missing(node, key):
            _check(node[key])


def _target(node: DictConfig) -> Callable[..., Any]:
    """The class that a node names."""
    module, _, name = str(node["_target_"]).rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise Refused(f"config: {node._get_full_key('_target_')} names nothing that there is: {error}") from error


def _check_fields(node: DictConfig, target: Callable[..., Any]) -> None:
    """Refuse a key that is no field of `target`, and a plain value of another type than its field's."""
    at = node._get_full_key("").rstrip(".")
    fields = inspect.signature(target).parameters
    hints = typing.get_type_hints(target)
    open_ended = any(field.kind is field.VAR_KEYWORD for field in fields.values())
    for key in (str(key) for key in node if not str(key).startswith("_")):
        if key not in fields and not open_ended:
            raise Refused(f"config: {at} has no {key!r}; it has {', '.join(fields)}")
        if key in hints and not OmegaConf.is_missing(node, key) and not _fits(node[key], hints[key]):
            raise Refused(f"config: {at}.{key} is {node[key]!r}, which is not of the type {_named(hints[key])}")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a plain value is of a plain type, and no plain value where there are to be several.

    A text in the place of a list would be taken for its letters. Other types are for the class itself to judge.
    """
    types = set(typing.get_args(hint)) if isinstance(hint, UnionType) else {hint}
    several = {each for each in types if typing.get_origin(each) in SEVERAL}
    if not types - several <= {int, float, str, bool, NoneType}:
        return True
    if several and not isinstance(value, int | float | str):
        return True
    return type(value) in types or (type(value) is int and float in types)


def _named(hint: Any) -> str:
    if isinstance(hint, UnionType):
        return " | ".join(map(_named, typing.get_args(hint))).replace("NoneType", "None")
    return SEVERAL.get(typing.get_origin(hint)) or (hint.__name__ if isinstance(hint, type) else str(hint))


def _root_refusal(error: BaseException) -> Refused | None:
    """The refusal that lies under Hydra's wrapping, if one does."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Refused):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _unread(override: str) -> str:
    """Why an override is none, with what usually mends it; its value may be a secret, and is not repeated."""
    if "=" not in override:
        return f"'{override}' is no setting; a setting is name=value"
    how = """a value with = or spaces in it goes into quotes of its own: "name='a=b'", "name=['a=b', 'c']\""""
    return f"{override.partition('=')[0]}=... cannot be read; {how}"


def _sentence(error: BaseException) -> str:
    """What went wrong, without the stack of wrappers: the innermost message, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split()).split(" Config search path:")[0]
    return re.sub(r"^Key '.*' is not in struct full_key: (\S+) .*", r"there is no \1; --help shows what there is", text)
