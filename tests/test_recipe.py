"""Wiring: what a recipe refuses, the order it finds, and what identifies a step."""

from dataclasses import dataclass
from itertools import permutations

import pyarrow as pa
import pytest

from sdg_ray.config import differences
from sdg_ray.errors import Refused
from sdg_ray.filters.min_score import MinScore
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.world import World
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.stages.pair import Pair
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.select import Select
from tests.scripted import Scripted
from tests.small import STEPS, small_recipe


@dataclass(frozen=True, kw_only=True)
class Link:
    """A stage that only has columns."""

    reads: tuple[str, ...]
    makes: tuple[str, ...]

    @property
    def writes(self) -> pa.Schema:
        return pa.schema([(name, pa.string()) for name in self.makes])


PROMPTS = Prompts(families={"world": World()}, shards=1)


def chain(**links: Link) -> Recipe:
    return Recipe(prompts=PROMPTS, stages=links)


def test_order_follows_from_the_columns_and_not_from_the_config() -> None:
    stages = small_recipe().stages
    for names in permutations(stages):
        assert recipe(prompts=PROMPTS, **{name: stages[name] for name in names}).steps == STEPS


def test_column_that_nobody_writes_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match="step 'b' reads the column 'nowhere', which no step writes; there are .*one"):
        chain(a=Link(reads=("prompt",), makes=("one",)), b=Link(reads=("nowhere",), makes=("two",)))


def test_column_that_two_steps_write_is_refused() -> None:
    with pytest.raises(Refused, match="steps 'b' and 'a' both write the column 'one'"):
        chain(a=Link(reads=(), makes=("one",)), b=Link(reads=(), makes=("one",)))
    with pytest.raises(Refused, match="steps 'a' and 'prompts' both write the column 'prompt'"):
        chain(a=Link(reads=(), makes=("prompt",)))


def test_steps_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(Refused, match="the steps a and b wait for each other"):
        chain(a=Link(reads=("two",), makes=("one",)), b=Link(reads=("one",), makes=("two",)))


def test_sources_are_the_files_that_a_step_has_to_read() -> None:
    assert small_recipe().sources("preferences") == {
        "prompts": ["prompt_id"],
        "selection": ["prompt_id", "keep"],
        "reward": ["prompt_id", "score_reward"],
    }


def changed_steps(one: Recipe, other: Recipe) -> set[str]:
    before, after = one.identities(), other.identities()
    return {step for step in STEPS if differences(before[step], after[step])}


def test_change_of_a_step_changes_those_that_read_from_it_and_no_others() -> None:
    whole, engine = small_recipe(), Scripted()
    assert changed_steps(whole, small_recipe()) == set()
    assert changed_steps(whole, small_recipe(min_margin=1.0)) == {"preferences"}
    assert changed_steps(whole, small_recipe(threshold=1.0)) == {"selection", "preferences"}
    assert changed_steps(whole, small_recipe(responses=Respond(engine=engine, n=2))) == set(STEPS[1:])
    assert changed_steps(whole, small_recipe(rows=5)) == set(STEPS)


def test_more_shards_and_another_placement_are_no_change() -> None:
    assert changed_steps(small_recipe(shards=1), small_recipe(shards=9)) == set()
    assert changed_steps(small_recipe(), small_recipe(engine=Scripted(seconds=3.0))) == set()


def test_check_finds_what_a_stage_finds() -> None:
    with pytest.raises(Refused, match="n must be at least 1, not 0"):
        small_recipe(responses=Respond(engine=Scripted(), n=0)).check()


def test_what_is_no_step_is_refused() -> None:
    with pytest.raises(Refused, match="recipe.responses is {'n': 3}, not a step"):
        recipe(prompts=PROMPTS, responses={"n": 3})  # type: ignore[arg-type]


def test_second_scorer_is_one_more_step() -> None:
    harsh = Select(filters={"reward": MinScore(scorer="reward", threshold=9.0)})
    assert changed_steps(small_recipe(), small_recipe(selection=harsh, preferences=Pair())) == {
        "selection",
        "preferences",
    }
