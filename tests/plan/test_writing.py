"""What families ask for, against the families themselves with a writer that never fails."""

import asyncio

import pytest

from sdg_ray.chance import Chance
from sdg_ray.config import build, compose
from sdg_ray.plan.writing import ASKS, known, of_family, of_topics
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.family import Family, Means
from sdg_ray.prompts.genetic import Genetic
from sdg_ray.prompts.magpie import Magpie
from sdg_ray.prompts.world import World
from tests.plan.test_work import TOKENS
from tests.scripted_writer import TOPICS, ListWriter, asking, topics_of

REPEATS = {"instruction_multi_turn"}  # asks again until what was declared is followed, which invented words seldom do
PROMPTS: Prompts = build(compose("generate", ["run=x", "recipe=nemotron4"]).recipe).prompts


def asked(family: Family, most: int = 20) -> int:
    """How often a writer is asked for one seed."""
    writer = ListWriter()

    async def make() -> None:
        topics = dict.fromkeys(PROMPTS.topics, TOPICS)
        await family.open(Means(model=asking(writer, most=most), topics=topics))(0, Chance(0))

    asyncio.run(make())
    return len(writer.asked)


@pytest.mark.parametrize("name", sorted(set(PROMPTS.families) - REPEATS))
@pytest.mark.parametrize("most", [20, 1])
def test_requests_are_those_of_the_family(name: str, most: int) -> None:
    family = PROMPTS.families[name]
    assert of_family(family, TOKENS, most).requests == asked(family, most)


@pytest.mark.parametrize("name", sorted(REPEATS))
def test_requests_are_at_least_those_foretold(name: str) -> None:
    foretold = of_family(PROMPTS.families[name], TOKENS, 20).requests
    assert foretold <= asked(PROMPTS.families[name]) <= 4 * foretold


def test_every_family_of_the_recipes_that_asks_a_model_is_known() -> None:
    assert all(known(family) for family in PROMPTS.families.values())
    assert {type(family) for family in PROMPTS.families.values()} | {Genetic} == set(ASKS)
    assert of_family(World(), TOKENS, 20).requests == 0


def test_family_that_is_not_known_is_counted_as_one_list_and_said_to_be() -> None:
    class Mine(Magpie):
        per_seed = 30

    assert not known(Mine())
    assert of_family(Mine(), TOKENS, 20).requests == 2


@pytest.mark.parametrize("name", sorted(PROMPTS.topics))
@pytest.mark.parametrize("size", [4, 60, 400, 3000])
def test_topics_take_as_many_requests_as_foretold(name: str, size: int) -> None:
    writer = ListWriter()
    topics_of(PROMPTS.topics[name], size, writer)
    foretold = of_topics(PROMPTS.topics[name], size, TOKENS, 20)
    assert foretold.tokens_out == size * TOKENS.topic
    more = 5 if name == "math" else 0  # which asks for broad ones once for each level of difficulty
    assert foretold.requests <= len(writer.asked) <= foretold.requests + more
