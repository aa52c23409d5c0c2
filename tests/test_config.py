"""Identity: what of a description belongs to what it makes."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from sdg_ray.config import build, compose, differences, identity, runtime
from sdg_ray.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Inner:
    name: str = "x"


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    weights: dict[str, float] = field(default_factory=lambda: {"a": 1.0})
    kinds: tuple[str, ...] = ("p", "q")
    workers: int = runtime(1)
    more: dict[str, Any] = runtime(factory=dict)


def test_identity_names_the_class_and_every_field_that_can_change_the_data() -> None:
    assert identity(Outer(workers=7)) == {
        "is": "tests.test_config.Outer",
        "inner": {"is": "tests.test_config.Inner", "name": "x"},
        "weights": {"a": 1.0},
        "kinds": ["p", "q"],
    }


def test_runtime_fields_change_nothing() -> None:
    assert identity(Outer(workers=1)) == identity(Outer(workers=64, more={"x": 1}))


def test_what_has_no_stable_form_is_no_part_of_an_identity() -> None:
    with pytest.raises(TypeError, match="set has no stable form"):
        identity({"kinds": {"a", "b"}})


def test_differences_give_the_path_and_both_values() -> None:
    old, new = identity(Outer()), identity(Outer(inner=Inner(name="y"), weights={"a": 2.0}))
    assert differences(old, new) == ["inner.name: 'x' -> 'y'", "weights.a: 1.0 -> 2.0"]
    assert differences(old, old) == []
    assert differences(None, {"a": 1}) == [": None -> {'a': 1}"]


def test_field_that_came_or_went_is_a_difference() -> None:
    assert differences({"a": 1}, {"a": 1, "b": 2}) == ["b: None -> 2"]


def test_defaults_are_those_of_the_classes() -> None:
    cfg = compose("generate", ["run=first"])
    assert "top_p" not in cfg.recipe.responses.sampling
    assert build(cfg.recipe.responses.sampling).top_p == 1.0


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("recipe.responses.n=2.5", "recipe.responses.n is 2.5, which is not of the type int"),
        ("recipe.responses.samplin.top_p=1", "recipe.responses has no 'samplin'"),
        ("recipe.responses.sampling.topp=1", "recipe.responses.sampling has no 'topp'; it has temperature, top_p"),
        ("recipe.preferences.truth=world", "preferences.truth is 'world', which is not of the type list, such as"),
        ("recipe.selection.filters=5", "recipe.selection.filters is 5, which is not of the type mapping, such as"),
        ("cluster=mars", "Could not find 'cluster/mars'"),
        ("recipe.among=[a=b]", "recipe.among=... cannot be read; a value with = or spaces in it goes into quotes"),
        ("recipe.reward._target_=nothing", "recipe.reward._target_ names nothing that there is"),
    ],
)
def test_key_or_value_that_cannot_be_is_refused_by_its_path(override: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        compose("generate", ["run=first", override])
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


def test_whole_number_is_welcome_where_a_fraction_may_be() -> None:
    cfg = compose("generate", ["run=first", "recipe.preferences.min_margin=1"])
    assert build(cfg.recipe.preferences).min_margin == 1
