"""Which prompts a shard has: fixed by the recipe, and never by how many shards there are."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import Writer
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.topics import Broad
from sdg_ray.prompts.world import World
from tests.scripted_writer import ListWriter

WRITER = Writer(engine=ListWriter())


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A family whose prompts are their seeds and something by chance."""

    seeds: int | None = None
    quota: int | None = 1000
    per_seed: int = 1

    needs = frozenset[str]()

    def check(self) -> None:
        pass

    def open(self, means: Means) -> Program:
        async def say(number: int, chance: Chance) -> Sequence[Draft]:
            text = f"{number} {chance.random()}"
            return [Draft(prompt=[{"role": "user", "content": text}]) for _ in range(self.per_seed)]

        return say


def made(prompts: Prompts, shard: int) -> list[dict]:
    return asyncio.run(prompts.open()(shard)).to_pylist()


quotas = st.lists(st.integers(1, 10_000), min_size=1, max_size=4)


@given(quotas, st.integers(1, 100), st.integers(1, 30))
def test_every_seed_is_in_one_shard_however_the_quotas_are(shares: list[int], rows: int, shards: int) -> None:
    families = {f"f{i}": Numbers(quota=share) for i, share in enumerate(shares)}
    prompts = Prompts(families=families, rows=rows, shards=shards)
    for name in families:
        slices = [prompts.seeds_of(name, shard) for shard in range(shards)]
        assert slices[0].start == 0
        assert all(one.stop == other.start for one, other in pairwise(slices))
    total = rows * shards
    assert total - len(families) < prompts.planned <= total


@given(quotas, st.integers(1, 64), st.integers(1, 7), st.floats(0.01, 3))
def test_every_quota_is_met_and_hardly_passed(shares: list[int], rows: int, each: int, scale: float) -> None:
    families = {f"f{i}": Numbers(quota=share, per_seed=each) for i, share in enumerate(shares)}
    prompts = Prompts(families=families, rows=rows, scale=scale)
    if prompts.planned_shards > 10_000:
        return
    for name, share in zip(families, shares, strict=True):
        assert prompts.planned_of(name) >= share * scale - 1e-6
    longest = max(each / share for share in shares)  # the family that needs the last shard most
    assert prompts.planned <= (scale + longest) * sum(shares) + rows + each * len(shares)


@given(quotas, st.integers(1, 70), st.integers(1, 30))
def test_sample_is_of_as_many_prompts_or_hardly_more_however_the_quotas_are(
    shares: list[int], each: int, n: int
) -> None:
    families = {f"f{i}": Numbers(quota=share, per_seed=each) for i, share in enumerate(shares)}
    sample = Prompts(families=families).sample(n)
    assert sample.planned_shards == 1
    assert min(n, sum(shares)) <= sample.planned < n + each * len(shares)


def test_sample_of_few_lines_is_all_of_them_and_its_lists_of_topics_are_short() -> None:
    assert Prompts(families={"few": Numbers(quota=None, seeds=3)}).sample(4).planned == 3
    lists = {"general": Broad(quota=3000), "math": Broad(quota=17_000)}
    sampled = Prompts(families={"few": Numbers()}, topics=lists, writer=WRITER)
    assert sampled.sample(4).planned_topics == {"general": 3, "math": 17}
    assert replace(sampled, scale=0.0001).sample(4).planned_topics == {"general": 1, "math": 2}


@given(st.lists(st.integers(1, 500), min_size=1, max_size=4), st.integers(1, 64))
def test_every_line_of_every_file_is_in_one_shard_where_no_quota_is_given(lines: list[int], rows: int) -> None:
    families = {f"f{i}": Numbers(quota=None, seeds=there) for i, there in enumerate(lines)}
    prompts = Prompts(families=families, rows=rows)
    for name, there in zip(families, lines, strict=True):
        seeds = [seed for shard in range(prompts.planned_shards) for seed in prompts.seeds_of(name, shard)]
        assert seeds == list(range(there))
    assert prompts.planned == sum(lines)


def test_shard_is_the_same_however_many_there_are_and_however_often_it_is_made() -> None:
    families = {"world": World(), "numbers": Numbers(quota=2000)}
    few, many = (Prompts(families=families, rows=9, shards=shards) for shards in (3, 300))
    for shard in range(3):
        assert made(few, shard) == made(many, shard) == made(many, shard)


def test_families_have_their_shares_and_order_does_not_matter() -> None:
    one = Prompts(families={"a": Numbers(quota=3000), "b": Numbers()}, rows=8, shards=1)
    other = Prompts(families={"b": Numbers(), "a": Numbers(quota=3000)}, rows=8, shards=1)
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
    families = {"a": Numbers(per_seed=3), "b": Numbers(per_seed=2)}
    prompts = Prompts(families=families, rows=12, shards=4)
    names = [row["prompt_id"] for shard in range(4) for row in made(prompts, shard)]
    assert len(names) == len(set(names)) == 4 * 12
    assert {row["shard"] for row in made(prompts, 3)} == {3}


def test_family_that_is_used_up_leaves_room_and_not_other_rows() -> None:
    prompts = Prompts(families={"few": Numbers(seeds=3, quota=3), "more": Numbers(quota=3)}, rows=4, shards=4)
    assert [len(made(prompts, shard)) for shard in range(4)] == [4, 3, 2, 2]


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        (Prompts(families={}), "families is empty"),
        (Prompts(families={"a": Numbers()}, rows=0, shards=1), "must be at least 1"),
        (Prompts(families={"a": Numbers()}, shards=0), "must be at least 1"),
        (Prompts(families={"a": Numbers(quota=0)}, shards=1), "families.a.quota must be above 0"),
        (Prompts(families={"a": Numbers(quota=None)}), "families.a.quota must be given: there is always another seed"),
        (Prompts(families={"a": Numbers(quota=9, seeds=8)}), "families.a is to make 9 prompts, but its source has 8"),
        (Prompts(families={"a": Numbers(seeds=0, quota=None)}, rows=1, shards=1), "no prompt"),
        (Prompts(families={"a": Numbers()}, scale=0), "recipe.scale must be above 0"),
        (Prompts(families={"w": World(kinds=("riddle",))}, shards=1), "no kind 'riddle'"),
        (Prompts(families={"q": OpenQa()}), "families.q asks a model for its prompts"),
        (Prompts(families={"q": OpenQa()}, writer=WRITER), "'general', of which recipe.prompts.topics has no list"),
        (Prompts(families={"w": World()}, topics={"general": Broad()}), "topics.general asks a model for its topics"),
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
