"""Which prompts a shard has: fixed by the recipe, and never by how many shards there are."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.errors import Refused
from sdg_ray.prompts import Draft, Program, Prompts
from sdg_ray.prompts.world import World


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A family whose prompts are their seeds and something by chance."""

    seeds: int | None = None
    weight: float = 1.0
    each: int = 1

    def check(self) -> None:
        pass

    def open(self) -> Program:
        async def say(number: int, chance: random.Random) -> Sequence[Draft]:
            text = f"{number} {chance.random()}"
            return [Draft(prompt=[{"role": "user", "content": text}]) for _ in range(self.each)]

        return say


def made(prompts: Prompts, shard: int) -> list[dict]:
    return asyncio.run(prompts.open()(shard)).to_pylist()


weights = st.lists(st.floats(0.01, 100), min_size=1, max_size=4)


@given(weights, st.integers(1, 100), st.integers(1, 30))
def test_every_seed_is_in_one_shard_however_the_weights_are(shares: list[float], rows: int, shards: int) -> None:
    families = {f"f{i}": Numbers(weight=share) for i, share in enumerate(shares)}
    prompts = Prompts(families=families, rows=rows, shards=shards)
    for name in families:
        slices = [prompts.seeds_of(name, shard) for shard in range(shards)]
        assert slices[0].start == 0
        assert all(one.stop == other.start for one, other in pairwise(slices))
    total = rows * shards
    assert total - len(families) < prompts.planned <= total


@given(st.integers(1, 500), weights, st.integers(1, 64))
def test_every_line_is_in_one_shard_without_a_number_of_shards(lines: int, shares: list[float], rows: int) -> None:
    families = {f"f{i}": Numbers(weight=share, seeds=lines) for i, share in enumerate(shares)}
    if min(shares) / sum(shares) * rows < 0.01:
        return  # thousands of shards
    prompts = Prompts(families=families, rows=rows)
    for name in families:
        seeds = [seed for shard in range(prompts.planned_shards) for seed in prompts.seeds_of(name, shard)]
        assert seeds == list(range(lines))
    assert prompts.planned == lines * len(families)


def test_shard_is_the_same_however_many_there_are_and_however_often_it_is_made() -> None:
    families = {"world": World(), "numbers": Numbers(weight=2.0)}
    few, many = (Prompts(families=families, rows=9, shards=shards) for shards in (3, 300))
    for shard in range(3):
        assert made(few, shard) == made(many, shard) == made(many, shard)


def test_families_have_their_shares_and_order_does_not_matter() -> None:
    one = Prompts(families={"a": Numbers(weight=3.0), "b": Numbers()}, rows=8, shards=1)
    other = Prompts(families={"b": Numbers(), "a": Numbers(weight=3.0)}, rows=8, shards=1)
    assert [row["family"] for row in made(one, 0)] == ["a"] * 6 + ["b"] * 2
    assert made(one, 0) == made(other, 0)


def test_chance_is_the_rows_own() -> None:
    prompts = Prompts(families={"numbers": Numbers()}, rows=4, shards=2)
    regrouped = Prompts(families={"numbers": Numbers()}, rows=8, shards=1)
    another = Prompts(families={"numbers": Numbers()}, rows=8, shards=1, seed=1)

    def texts(of: Prompts) -> list[str]:
        return [row["prompt"][0]["content"] for shard in range(of.planned_shards) for row in made(of, shard)]

    assert texts(prompts) == texts(regrouped)
    assert not set(texts(regrouped)) & set(texts(another))


def test_names_of_rows_are_unique_over_families_shards_and_prompts_of_one_seed() -> None:
    families = {"a": Numbers(each=3), "b": Numbers(each=2)}
    prompts = Prompts(families=families, rows=10, shards=4)
    names = [row["prompt_id"] for shard in range(4) for row in made(prompts, shard)]
    assert len(names) == len(set(names)) == 4 * 25
    assert {row["shard"] for row in made(prompts, 3)} == {3}


def test_family_that_is_used_up_leaves_room_and_not_other_rows() -> None:
    prompts = Prompts(families={"few": Numbers(seeds=3), "more": Numbers()}, rows=4, shards=4)
    assert [len(made(prompts, shard)) for shard in range(4)] == [4, 3, 2, 2]


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        (Prompts(families={}), "families is empty"),
        (Prompts(families={"a": Numbers()}, rows=0, shards=1), "must be at least 1"),
        (Prompts(families={"a": Numbers()}, shards=0), "must be at least 1"),
        (Prompts(families={"a": Numbers(weight=0)}, shards=1), "families.a.weight must be above 0"),
        (Prompts(families={"a": Numbers()}), "shards must be given: family 'a' has no last seed"),
        (Prompts(families={"a": Numbers(weight=0.1), "b": Numbers(seeds=0, weight=9)}, rows=1, shards=1), "no prompt"),
        (Prompts(families={"w": World(kinds=("riddle",))}, shards=1), "no kind 'riddle'"),
    ],
)
def test_prompts_that_cannot_be_made_are_refused(prompts: Prompts, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        prompts.check()


def test_world_gives_each_kind_its_turn_with_a_reference() -> None:
    found = made(Prompts(families={"world": World()}, rows=16, shards=1), 0)
    kinds = [row["origin"]["path"][0] for row in found]
    assert kinds == 2 * list(World().kinds)
    assert all(row["reference"] and row["prompt"][-1]["role"] == "user" for row in found)
