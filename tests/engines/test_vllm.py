"""The engine on real vLLM with the pocket models: candidates, seeds, overlap, long prompts, and what a crash does."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sdg_ray.config import build, compose
from sdg_ray.engines import Answers, BadRow, EngineDied, Sampling
from sdg_ray.engines.running import STEPPING, Running
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused
from sdg_ray.record import Chat

MODELS = compose("generate", ["run=none"]).model
GENERATOR: Vllm = build(MODELS.generator)
REWARD: Vllm = build(MODELS.reward)
SAMPLING = Sampling(temperature=1.0, max_tokens=24)


def asks(text: str) -> Chat:
    return [{"role": "user", "content": text}]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    yield GENERATOR.start()


@pytest.mark.engine
def test_candidates_are_as_many_as_asked_and_repeat_with_their_seeds(running: Running) -> None:
    async def twice() -> tuple[Answers, Answers, Answers]:
        together = await running.generate(asks("Add 214 and 387."), 4, 1000, SAMPLING)
        again = await running.generate(asks("Add 214 and 387."), 4, 1000, SAMPLING)
        third = await running.generate(asks("Add 214 and 387."), 1, 1002, SAMPLING)
        return together, again, third

    together, again, third = asyncio.run(twice())
    assert len(together.candidates) == 4
    assert together == again
    assert third.candidates[0] == together.candidates[2]  # candidate i is drawn with seed + i
    assert together.prompt_tokens > 3 and all(0 < each.tokens <= 24 for each in together.candidates)


@pytest.mark.engine
def test_answer_is_held_to_a_json_list_where_a_schema_is_given(running: Running) -> None:
    schema = {"type": "array", "items": {"type": "string", "maxLength": 40}, "minItems": 3, "maxItems": 3}
    sampling = Sampling(temperature=1.0, max_tokens=300, more={"structured_outputs": {"json": schema}})
    for seed in range(3):
        answers = asyncio.run(running.generate(asks("Write 3 questions about Mira Fenn."), 1, seed, sampling))
        assert len(json.loads(answers.candidates[0].text)) == 3


@pytest.mark.engine
def test_model_writes_what_a_user_would_say_where_the_users_turn_begins(running: Running) -> None:
    async def turns() -> list[Answers]:
        sampling = Sampling(temperature=0.7, max_tokens=60)
        return [await running.generate([], 1, seed, sampling, "user") for seed in range(8)]

    said = [answers.candidates[0] for answers in asyncio.run(turns())]
    assert sum(each.finish == "stop" and each.text.strip().endswith(("?", ".", "!")) for each in said) >= 6
    assert len({each.text for each in said}) >= 6


@pytest.mark.engine
def test_greedy_answers_do_not_depend_on_what_else_is_in_the_batch(running: Running) -> None:
    greedy = Sampling(temperature=0.0, max_tokens=24)
    questions = [f"Add {a} and {a + 3}." for a in range(100, 148)]

    async def all_at_once() -> list[Answers]:
        return await asyncio.gather(*(running.generate(asks(q), 1, 0, greedy) for q in questions))

    async def one_by_one() -> list[Answers]:
        return [await running.generate(asks(q), 1, 0, greedy) for q in questions]

    assert asyncio.run(all_at_once()) == asyncio.run(one_by_one())


@pytest.mark.engine
def test_a_prompt_longer_than_the_context_is_a_bad_row_and_harms_no_other(running: Running) -> None:
    async def both() -> tuple[object, Answers]:
        long, fine = await asyncio.gather(
            running.generate(asks("word " * 5000), 2, 0, SAMPLING),
            running.generate(asks("Add 1 and 2."), 2, 0, SAMPLING),
            return_exceptions=True,
        )
        return long, fine  # type: ignore[return-value]

    long, fine = asyncio.run(both())
    assert isinstance(long, BadRow) and str(long).startswith("too long: the prompt has ")
    assert len(fine.candidates) == 2


@pytest.mark.engine
def test_a_sampling_option_that_the_engine_refuses_leaves_the_engine_alive(running: Running) -> None:
    with pytest.raises(Exception, match="top_k"):
        asyncio.run(running.generate(asks("Hello"), 1, 0, replace(SAMPLING, more={"top_k": -7})))
    with pytest.raises(BadRow, match="not taken by the engine"):
        asyncio.run(running.generate(asks("Hello"), 1, 0, replace(SAMPLING, more={"logit_bias": {10**6: 1.0}})))
    assert asyncio.run(running.generate(asks("Hello"), 1, 0, SAMPLING)).candidates


@pytest.mark.engine
def test_who_leaves_before_the_answer_is_there_ends_no_engine(running: Running) -> None:
    async def leave() -> None:
        asking = asyncio.create_task(running.generate(asks("Hello"), 4, 0, SAMPLING))
        while not running.waiting:
            await asyncio.sleep(0.001)
        asking.cancel()

    asyncio.run(leave())
    while running.waiting and running.death is None:
        time.sleep(0.01)
    assert asyncio.run(running.generate(asks("Hello"), 1, 0, SAMPLING)).candidates


@pytest.mark.engine
def test_classify_gives_five_raw_values() -> None:
    values = asyncio.run(REWARD.start().classify([*asks("Add 1 and 2."), {"role": "assistant", "content": "3"}])).values
    assert len(values) == 5
    assert abs(sum(values) - 1) > 1e-3 or min(values) < 0  # a softmax would sum to one


@pytest.mark.engine
def test_a_dead_engine_tells_everybody_who_waits_and_who_comes_later() -> None:
    """Seeds and chunked prefill together crash vLLM 0.32 on a CPU: a real engine death."""
    chunked = {**GENERATOR.arguments, "enable_chunked_prefill": True}
    fragile = replace(GENERATOR, max_num_batched_tokens=256, arguments=chunked).start()
    long = asks("word " * 300)

    async def ask() -> list[object]:
        return await asyncio.gather(*(fragile.generate(long, 1, i, SAMPLING) for i in range(8)), return_exceptions=True)

    assert {type(answer) for answer in asyncio.run(asyncio.wait_for(ask(), 120))} == {EngineDied}
    with pytest.raises(EngineDied):
        asyncio.run(fragile.generate(asks("Hello"), 1, 0, SAMPLING))


@pytest.mark.engine
def test_an_engine_that_hangs_is_given_up_and_says_who_waited() -> None:
    hanging = replace(GENERATOR, patience=2.0).start()
    assert asyncio.run(hanging.generate(asks("Hello"), 1, 0, SAMPLING)).candidates

    async def ask() -> list[object]:
        return await asyncio.gather(
            *(hanging.generate(asks("Hi"), 1, i, SAMPLING) for i in range(3)), return_exceptions=True
        )

    with STEPPING:  # the engine cannot make a step
        said = asyncio.run(asyncio.wait_for(ask(), 60))
    assert {type(each) for each in said} == {EngineDied} and "hangs: no step for" in str(said[0])
    with pytest.raises(EngineDied):
        asyncio.run(hanging.generate(asks("Hello"), 1, 0, SAMPLING))


def test_a_missing_model_is_refused_before_anything_loads(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not a folder with a config.json"):
        replace(GENERATOR, name=str(tmp_path)).check()


def test_sampling_that_cannot_be_is_refused() -> None:
    for wrong in ({"temperature": -1.0}, {"top_p": 7.0}, {"max_tokens": 0}):
        with pytest.raises(Refused, match="cannot be"):
            replace(SAMPLING, **wrong)


def test_answers_longer_than_the_context_are_refused() -> None:
    with pytest.raises(Refused, match="leave no room for a prompt"):
        GENERATOR.check(answer_tokens=10**6)
    with pytest.raises(Refused, match="reads at most"):
        replace(GENERATOR, max_model_len=10**6).check()
