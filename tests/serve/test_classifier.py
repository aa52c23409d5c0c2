"""A model with a head behind an address: what our endpoint reads of it, over real HTTP, is what its engine says."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import uvicorn

from sdg_ray.engines import BadRow, EngineDied
from sdg_ray.engines.endpoint import Connected, Endpoint
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.serve.classifier import Classifier
from tests.scripted import Scripted

CHAT: Chat = [{"role": "user", "content": "Add 1 and 2."}, {"role": "assistant", "content": "3"}]


class Replica:
    """A replica as an ASGI application, in the place of Ray Serve."""

    def __init__(self) -> None:
        self.classifier = Classifier(Scripted(name="rm"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.requests import Request

        await (await self.classifier(Request(scope, receive)))(scope, receive, send)


@pytest.fixture
def replica() -> Replica:
    return Replica()


@pytest.fixture
def address(replica: Replica, free_port: int) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(replica, port=free_port, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        thread.join(0.02)
    yield f"http://127.0.0.1:{free_port}/reward/v1"
    server.should_exit = True
    thread.join(30)


def connected(address: str, **settings: Any) -> Connected:
    return Endpoint(name="rm", addresses=[address], head="classify", **settings).start()


def test_values_are_those_of_the_engine(address: str) -> None:
    assert asyncio.run(connected(address).classify(CHAT)) == asyncio.run(Scripted().classify(CHAT))


def test_the_model_is_listed_and_another_one_refused(address: str) -> None:
    with pytest.raises(Refused, match="does not serve 'other'; it serves rm"):
        Endpoint(name="other", addresses=[address], head="classify").start()


def test_a_bad_row_has_the_reason_that_the_engine_gives(address: str) -> None:
    with pytest.raises(BadRow, match="^too long: as the prompt says$"):
        asyncio.run(connected(address).classify([{"role": "user", "content": "too long"}]))


def test_a_dead_engine_turns_rows_away_and_its_replica_says_that_it_is_ill(address: str, replica: Replica) -> None:
    asyncio.run(replica.classifier.check_health())
    with pytest.raises(BadRow, match="answered 503: the engine died, as the prompt asked"):
        asyncio.run(connected(address, patience=0, attempts=1).classify([{"role": "user", "content": "kill"}]))
    with pytest.raises(EngineDied):
        asyncio.run(replica.classifier.check_health())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"use_activation": True}, "raw values alone"),
        ({"use_activation": None}, "raw values alone"),  # by default vLLM puts them through a softmax
        ({"model": "other"}, "a JSON object with the model 'rm'"),
        ({"messages": []}, "messages must be a list"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "parts"}]}]}, "messages must be a list"),
    ],
)
def test_a_request_that_means_something_else_is_refused(address: str, change: dict[str, Any], why: str) -> None:
    body = {"model": "rm", "messages": CHAT, "use_activation": False} | change
    client = openai.OpenAI(base_url=address.removesuffix("/v1"), api_key="none", max_retries=0)
    with pytest.raises(openai.BadRequestError, match=why):
        client.post("/classify", cast_to=str, body=body)
    with pytest.raises(openai.NotFoundError, match="there is POST /classify"):
        client.post("/v1/chat/completions", cast_to=str, body=body)
