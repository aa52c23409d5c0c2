"""A user's turn behind an address: the chat is rendered here, and the server continues its tokens."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from sdg_ray.config import identity
from sdg_ray.engines import Answers, Sampling
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.weights import POCKET
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from tests.engines.server import Reply, Server

CHAT: Chat = [{"role": "user", "content": "Who is Mira Fenn?"}, {"role": "assistant", "content": "A baker."}]
RENDERED = "<|user|>Who is Mira Fenn?<|end|><|assistant|>A baker.<|end|><|user|>"


def continued(*texts: str) -> Reply:
    choices = [{"index": i, "text": text, "finish_reason": "stop"} for i, text in enumerate(texts)]
    return Reply(body={"object": "text_completion", "choices": choices, "usage": {"prompt_tokens": 9}})


def ask(server: Server, chat: Chat, n: int = 1, **settings: Any) -> Answers:
    session = Endpoint(name="tiny", addresses=[server.address], **({"tokenizer": "pocket/instruct"} | settings)).start()
    sampling = Sampling(temperature=0.7, max_tokens=60, more={"top_k": 5})
    return asyncio.run(session.generate(chat, n, 41, sampling, "user"))


@pytest.mark.parametrize(("chat", "rendered"), [(CHAT, RENDERED), ([], "<|user|>")])
def test_server_continues_the_tokens_of_the_models_own_template(chat: Chat, rendered: str) -> None:
    with Server() as server:
        server.queue = [continued("Where is the mill?", "Thank you.")]
        answers = ask(server, chat, n=2)
    assert [each.text for each in answers.candidates] == ["Where is the mill?", "Thank you."]
    assert answers.prompt_tokens == 9
    (asked,) = server.asked
    expected = Tokenizer.from_file(str(POCKET / "instruct" / "tokenizer.json")).encode(rendered).ids
    assert asked.path == "/v1/completions" and asked.body == {
        "model": "tiny",
        "prompt": expected,
        "n": 2,
        "seed": 41,
        "temperature": 0.7,
        "top_p": 1.0,
        "max_tokens": 60,
        "top_k": 5,
    }


def test_single_requests_and_missing_candidates_are_asked_for_in_the_same_way() -> None:
    with Server() as server:
        server.queue = [continued("one"), continued("two")]
        assert [each.text for each in ask(server, CHAT, n=2, unbatched=True).candidates] in (
            ["one", "two"],
            ["two", "one"],
        )
    assert sorted(asked.body["seed"] for asked in server.asked) == [41, 42]
    assert {asked.path for asked in server.asked} == {"/v1/completions"}


def test_a_tokenizer_that_is_not_there_is_a_wrong_setting_and_no_part_of_the_data(tmp_path: Path) -> None:
    with Server() as server, pytest.raises(Refused, match="needs the tokenizer of .*mend the model's tokenizer="):
        ask(server, CHAT, tokenizer=str(tmp_path))
    one, other = (Endpoint(name="tiny", addresses=[], tokenizer=each) for each in ("pocket/instruct", None))
    assert identity(one) == identity(other)
