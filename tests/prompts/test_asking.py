"""Asking a model for exactly so many things, and what comes back where it does not say them."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from sdg_ray.chance import Chance
from sdg_ray.engines import Sampling
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import COUNTS, Made, Writer
from sdg_ray.template import template
from tests.scripted_writer import ListWriter, asking

TIDES = template("topics/sub", "n", "topic")


def items(writer: ListWriter, n: int, seed: int = 0, **settings: Any) -> list[Made]:
    async def ask() -> list[Made]:
        return await asking(writer, **settings).items(TIDES, n, Chance(seed), topic="Tides")

    return asyncio.run(ask())


def texts(made: Sequence[Made]) -> list[str | None]:
    return [each.text for each in made]


@pytest.mark.parametrize("n", [0, 1, 7, 20, 21, 85])
def test_list_has_exactly_as_many_different_items_as_were_asked_for(n: int) -> None:
    writer = ListWriter()
    made = items(writer, n)
    assert len(set(texts(made))) == len(made) == n
    assert all(each.error is None and each.template == TIDES.version and each.model == writer.name for each in made)
    assert len(writer.asked) == -(-n // 20)


def test_what_is_missing_is_asked_for_again_with_what_is_known() -> None:
    writer = ListWriter(fails="short")
    made = items(writer, 3, attempts=2)
    first, again = writer.asks
    assert first == TIDES.fill(n=3, topic="Tides")
    assert again.startswith(TIDES.fill(n=1, topic="Tides"))
    assert f"- {made[0].text}\n- {made[1].text}" in again
    assert [each.error is None for each in made] == [True, True, False]
    assert made[2].error and made[2].error.startswith("short list: 2 of 3, the last answer was ''")


def test_item_that_is_there_already_does_not_count() -> None:
    stubborn = ListWriter(says={"exactly": "1. Ebb\n2. ebb"})
    assert texts(items(stubborn, 2)) == ["Ebb", None]
    slow = ListWriter(says={"exactly 2": "1. Ebb\n2. ebb", "exactly 1": "1. EBB\n2. Flow"})
    assert texts(items(slow, 2)) == ["Ebb", "Flow"]


def test_more_items_than_asked_for_are_left_out() -> None:
    assert texts(items(ListWriter(says={"exactly": "- Ebb\n- Flow\n- Moon"}), 2)) == ["Ebb", "Flow"]


def test_last_item_of_an_answer_that_was_cut_off_is_dropped() -> None:
    writer = ListWriter(fails="cut off", where="exactly 4")
    made = items(writer, 4)
    assert [each.error for each in made] == [None] * 4
    assert "exactly 1" in writer.asks[1] and len(writer.asks) == 2


def test_attempts_are_bounded_and_what_was_said_is_kept() -> None:
    writer = ListWriter(fails="prose")
    made = items(writer, 5, attempts=3)
    assert len(writer.asked) == 3
    assert {each.error for each in made} == {"short list: 0 of 5, the last answer was 'I would rather not.'"}


def test_bad_row_is_the_reason_of_what_is_missing_and_not_asked_for_again() -> None:
    writer = ListWriter(fails="bad row", where="Do not repeat")
    made = items(writer, 25)
    assert [each.error for each in made] == [None] * 20 + ["too long: as the test says"] * 5
    assert len(writer.asked) == 2


def test_each_attempt_is_drawn_with_a_seed_of_its_own_which_the_items_keep() -> None:
    made = items(ListWriter(), 45)
    assert len({each.seed for each in made}) == 3
    assert {each.seed for each in made}.isdisjoint(each.seed for each in items(ListWriter(), 45, seed=1))


def test_structured_asking_holds_the_engine_to_a_schema() -> None:
    writer = ListWriter()
    made = items(writer, 3, structured=True, sampling=Sampling(max_tokens=9, more={"stop": ["#"]}))
    assert len(set(texts(made))) == 3
    (sampling,) = writer.sampled
    schema = json.loads(sampling.more["structured_outputs"]["json"])
    assert schema["minItems"] == schema["maxItems"] == 3
    assert sampling.more["stop"] == ["#"] and sampling.max_tokens == 9


def test_what_was_asked_is_counted() -> None:
    async def ask() -> dict[str, int]:
        session = asking(ListWriter(fails="short"), attempts=3)
        await session.items(TIDES, 3, Chance(0), topic="Tides")
        await session.answer([{"role": "user", "content": "Why?"}], Chance(0))
        return dict(COUNTS.get())

    counted = asyncio.run(ask())
    assert counted["lists"] == 3 and counted["retries"] == 4  # three attempts at each
    assert counted["parsed"] == 1 and counted["items"] == 2 and counted["texts"] == 3
    assert counted["tokens_in"] > 0 and counted["tokens_out"] == 3 + 1 + 1 + 3


def test_same_seeds_give_the_same_whatever_the_order_of_completion() -> None:
    async def ask(hurry: float) -> list[list[Made]]:
        session = asking(ListWriter(fails="short", every=3, hurry=hurry))
        chance = Chance("order")
        asks = (session.items(TIDES, 4, chance.at(i), topic=f"Tides {i}") for i in range(12))
        return list(await asyncio.gather(*asks))

    made = asyncio.run(ask(0.0))
    assert made == asyncio.run(ask(0.01)) == asyncio.run(ask(0.01))


async def _whole(writer: ListWriter) -> list[Made]:
    session, chat = asking(writer), [{"role": "user", "content": "Why?"}]
    return [
        await session.text(template("math/belongs", "entity"), Chance(0), entity="Tides"),
        await session.answer(chat, Chance(0)),
        await session.user_turn(chat, Chance(0)),
        await session.user_turn([], Chance(0)),
    ]


def test_texts_answers_and_user_turns_are_whole_and_each_its_own() -> None:
    writer = ListWriter()
    made = asyncio.run(_whole(writer))
    assert len({each.text for each in made}) == 4  # a user's turn is another than an assistant's
    assert all(each.error is None and each.model == writer.name for each in made)
    assert [each.template for each in made] == [template("math/belongs", "entity").version, None, None, None]
    assert writer.asked[-1] == []


@pytest.mark.parametrize(
    ("fails", "reason", "asked"),
    [
        ("cut off", "no whole text: the last answer was ", 16),
        ("empty", "no whole text: the last answer was '  '", 16),
        ("bad row", "too long: as the test says", 4),
    ],
)
def test_text_that_is_not_whole_is_asked_for_again_and_given_up_in_the_end(fails: str, reason: str, asked: int) -> None:
    writer = ListWriter(fails=fails)
    made = asyncio.run(_whole(writer))
    assert all(each.text is None and each.error and each.error.startswith(reason) for each in made)
    assert len(writer.asked) == asked


@pytest.mark.parametrize("settings", [{"attempts": 0}, {"most": 0}])
def test_writer_that_never_asks_is_refused(settings: dict[str, int]) -> None:
    with pytest.raises(Refused, match="must be at least 1"):
        Writer(engine=ListWriter(), **settings).check()
