"""The endpoint engine against a real server on loopback: what it sends, what it reads, and what each fault leads to."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from sdg_ray.config import identity
from sdg_ray.engines import Answers, BadRow, EngineAway, Sampling
from sdg_ray.engines.endpoint import Connected, Endpoint
from sdg_ray.engines.retries import FREE, retry_after
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from tests.engines.server import Asked, Reply, Server, completion, echo, refusal

SAMPLING = Sampling(temperature=0.5, top_p=0.9, max_tokens=24)
HELLO: Chat = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def connected(*servers: Server, **settings: Any) -> Connected:
    return Endpoint(name="tiny", addresses=[each.address for each in servers], **settings).start()


def ask(session: Connected, n: int = 1, seed: int = 100, sampling: Sampling = SAMPLING, chat: Chat = HELLO) -> Answers:
    return asyncio.run(session.generate(chat, n, seed, sampling))


def ask_all(session: Connected, times: int) -> list[Answers | BaseException]:
    async def all_at_once() -> list[Answers | BaseException]:
        each = (session.generate(HELLO, 1, i, SAMPLING) for i in range(times))
        return await asyncio.gather(*each, return_exceptions=True)

    return asyncio.run(asyncio.wait_for(all_at_once(), 60))


def texts(answers: Answers) -> list[str]:
    return [each.text for each in answers.candidates]


# what is sent, and what is read


def test_candidates_are_one_request_in_their_order_with_the_tokens_that_the_server_counted(server: Server) -> None:
    backwards = completion("three words here", "two words")
    backwards.body["choices"].reverse()
    server.queue = [backwards]
    answers = ask(connected(server), n=2)
    assert texts(answers) == ["three words here", "two words"]
    assert [each.finish for each in answers.candidates] == ["stop", "stop"]
    assert answers.prompt_tokens == 7 and sum(each.tokens for each in answers.candidates) == 5
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions" and asked.body == {
        "model": "tiny",
        "messages": HELLO,
        "n": 2,
        "seed": 100,
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 24,
    }


def test_tokens_are_counted_for_each_candidate_where_the_server_gives_their_ids(server: Server) -> None:
    reply = completion("a long text of many letters", "b")
    for choice, ids in zip(reply.body["choices"], ([1, 2], [3, 4, 5]), strict=True):
        choice["token_ids"] = ids
    server.queue = [reply]
    assert [each.tokens for each in ask(connected(server), n=2).candidates] == [2, 3]


@pytest.mark.parametrize("unbatched", [True, False])
def test_each_candidate_has_its_seed_where_the_server_knows_no_n(server: Server, unbatched: bool) -> None:
    server.say = lambda asked: completion(f"seed {asked.body['seed']}")  # takes no notice of `n`
    assert texts(ask(connected(server, unbatched=unbatched), n=3)) == ["seed 100", "seed 101", "seed 102"]
    assert len(server.asked) == 3 and all("n" not in asked.body for asked in server.asked[unbatched is False :])


def test_seeds_are_cut_for_servers_that_take_short_ones_or_left_out(server: Server) -> None:
    ask(connected(server, seed_bits=31), seed=2**62 + 5)
    ask(connected(server, seed_bits=0))
    assert server.asked[0].body["seed"] == 5 and "seed" not in server.asked[1].body


def test_schema_goes_in_the_form_all_servers_know_and_other_options_by_their_names(server: Server) -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    for given in (schema, json.dumps(schema)):
        ask(connected(server), sampling=replace(SAMPLING, more={"structured_outputs": {"json": given}, "top_k": 5}))
        body = server.asked[-1].body
        assert body["response_format"]["json_schema"]["schema"] == schema and body["top_k"] == 5
        assert "structured_outputs" not in body
    ask(connected(server), sampling=replace(SAMPLING, more={"structured_outputs": {"choice": ["yes", "no"]}}))
    assert server.asked[-1].body["structured_outputs"] == {"choice": ["yes", "no"]}


def test_cut_off_and_empty_answers_are_answers_for_a_filter_to_leave_out(server: Server) -> None:
    server.queue = [completion("half of", finish="length"), completion("")]
    session = connected(server)
    assert ask(session).candidates[0].finish == "length"
    assert texts(ask(session)) == [""]


def test_half_a_character_and_a_count_that_is_none_do_not_get_into_an_answer(server: Server) -> None:
    server.queue = [completion("hi \ud83d", usage={"prompt_tokens": 10**12, "completion_tokens": -1})]
    answers = ask(connected(server))
    assert texts(answers) == ["hi ?"]
    assert answers.prompt_tokens == answers.candidates[0].tokens == 0
    server.queue = [refusal("no \ud83d")]
    with pytest.raises(BadRow, match=r"^refused by the endpoint: no \?$"):
        ask(connected(server))


def test_a_session_is_used_from_one_event_loop_after_another(server: Server) -> None:
    session = connected(server)
    for _ in range(3):
        assert texts(ask(session)) == ["seed 100"]
    assert len(session.loops) == 1


def test_address_key_and_pace_are_no_identity() -> None:
    one = Endpoint(name="tiny", addresses=["http://a/v1"])
    other = replace(one, addresses=["http://b/v1"], key="SOME_KEY", concurrency=3, timeout=1.0, unbatched=True)
    assert identity(one) == identity(other) and "a/v1" not in json.dumps(identity(one))


# several addresses


def test_requests_are_shared_out_by_what_is_in_flight_and_kept_to_the_limit() -> None:
    with Server() as fast, Server() as slow:
        for server, seconds in ((fast, 0.02), (slow, 0.2)):
            server.say = lambda asked, seconds=seconds: replace(echo(asked), seconds=seconds)  # type: ignore[misc]
        assert all(isinstance(each, Answers) for each in ask_all(connected(fast, slow, concurrency=4), 60))
        assert fast.most_in_hand == slow.most_in_hand == 4
        assert len(fast.asked) > 2 * len(slow.asked) > 0


def test_requests_at_once_go_to_the_address_with_the_fewest() -> None:
    with Server() as one, Server() as other:
        for server in (one, other):
            server.say = lambda asked: replace(echo(asked), seconds=3.0)
        ask_all(connected(one, other), 8)
        assert len(one.asked) == len(other.asked) == 4


def test_one_of_two_servers_that_is_away_costs_no_row() -> None:
    with Server() as here:
        with Server() as gone:
            session = connected(here, gone)
        assert all(isinstance(each, Answers) for each in ask_all(session, 40))
        assert not gone.asked and len(here.asked) == 40


# faults that are tried again

FAULTS = {
    "408": refusal("slow", 408),
    "409": refusal("busy", 409),
    "429": refusal("too many requests", 429),
    "500": refusal("boom", 500),
    "502 with a page": Reply(status=502, body="<html>bad gateway</html>"),
    "503": refusal("overloaded", 503),
    "reset": Reply(fault="reset"),
    "cut in the middle of the body": Reply(body="x" * 10_000, fault="cut"),
    "time-out": Reply(seconds=3.0),
    "empty body": Reply(body=""),
    "truncated JSON": Reply(body='{"choices": [{"index": 0, "mess'),
    "JSON that is no object": Reply(body=[1, 2]),
    "no choices": Reply(body={"choices": []}),
    "no message": Reply(body={"choices": [{"index": 0, "finish_reason": "stop"}]}),
    "unfinished": completion("half", finish="abort"),
    "content of another type": Reply(body={"choices": [{"message": {"content": 7}, "finish_reason": "stop"}]}),
    "error page with 200": Reply(body={"error": "try later"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_fails_once_is_asked_again_with_the_same_seed(server: Server, name: str) -> None:
    server.queue = [FAULTS[name]]
    assert texts(ask(connected(server, timeout=1.5 if name == "time-out" else 60.0))) == ["seed 100"]
    assert [asked.body["seed"] for asked in server.asked] == [100, 100]


@pytest.mark.parametrize("name", ["500", "reset", "time-out", "empty body", "truncated JSON"])
def test_what_fails_every_time_is_that_rows_error_and_harms_no_other(server: Server, name: str) -> None:
    server.say = lambda asked: FAULTS[name] if asked.body["seed"] == 3 else echo(asked)
    found = ask_all(connected(server, attempts=3, timeout=1.5 if name == "time-out" else 60.0), 6)
    assert [isinstance(each, Answers) for each in found] == [True, True, True, False, True, True]
    assert isinstance(found[3], BadRow) and str(found[3]).startswith("no answer: asked 3 times, the last time http://")
    assert sum(asked.body["seed"] == 3 for asked in server.asked) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for_as_seconds_and_as_a_date(server: Server, status: int) -> None:
    session = connected(server)
    for date, least in ((False, 1.0), (True, 2.0)):
        began = time.monotonic()
        said = formatdate(time.time() + 3, usegmt=True) if date else "1"  # a date has no fractions of a second
        server.queue = [refusal("later", status, retry_after=said)]
        ask(session)
        assert least <= time.monotonic() - began < least + 30


def test_a_limit_on_requests_costs_time_but_no_row(server: Server) -> None:
    """Two requests in each fifth of a second, as hosted servers limit them: being turned away is no try."""
    let_in: dict[int, int] = {}

    def limited(asked: Asked) -> Reply:
        slot = int(time.monotonic() * 5)
        let_in[slot] = let_in.get(slot, 0) + 1
        return echo(asked) if let_in[slot] <= 2 else refusal("rate limit", 429, retry_after="0.2")

    server.say = limited
    assert all(isinstance(each, Answers) for each in ask_all(connected(server, attempts=2, concurrency=8), 20))


def test_a_row_that_waited_long_for_its_turn_has_all_its_patience_left(server: Server) -> None:
    server.queue = [replace(completion("slow"), seconds=2.0), refusal("busy", 429)]
    found = ask_all(connected(server, concurrency=1, attempts=1, patience=1.5), 2)
    assert all(isinstance(each, Answers) for each in found) and len(server.asked) == 3


def test_a_request_that_is_sent_again_does_not_wait_behind_all_the_new_ones(server: Server) -> None:
    server.queue = [refusal("boom", 500)]
    server.say = lambda asked: replace(echo(asked), seconds=0.05)
    ask_all(connected(server, concurrency=1), 40)
    seeds = [asked.body["seed"] for asked in server.asked]
    assert len(seeds) == 41 and seeds.index(seeds[0], 1) < 15


def test_what_a_response_asks_to_wait_is_read_or_ignored() -> None:
    def said(text: str) -> float | None:
        return retry_after(type("Response", (), {"headers": {"retry-after": text}})(), now=0.0)

    assert said("120") == 120 and said("0.5") == 0.5 and said("Thu, 01 Jan 1970 00:01:00 GMT") == 60
    assert said("Wed, 31 Dec 1969 23:59:00 GMT") == 0
    assert [said(text) for text in ("", "soon", "-5", "nan", "inf", "9" * 40)] == [None] * 6


# what is never tried again

BAD_ROWS = {
    "refused by the endpoint: seed is odd": refusal("seed is odd"),
    "refused by the endpoint: no such field": Reply(status=422, body={"detail": "no such field"}),
    "too long: This model's maximum context length is 9 tokens. However, your prompt contains 12": refusal(
        "This model's maximum context length is 9 tokens.\nHowever, your prompt contains 12"
    ),
    "too long: nothing more": Reply(status=413, body=""),
    "refused by the endpoint: its content filter ended the answer": completion("x", finish="content_filter"),
}


@pytest.mark.parametrize(("reason", "reply"), BAD_ROWS.items(), ids=BAD_ROWS)
def test_a_row_that_the_server_will_not_have_is_bad_with_its_reason(server: Server, reason: str, reply: Reply) -> None:
    server.queue = [reply]
    with pytest.raises(BadRow) as bad:
        ask(connected(server))
    assert str(bad.value) == reason and len(server.asked) == 1


def test_a_refusal_of_the_model_is_a_bad_row(server: Server) -> None:
    reply = completion("")
    reply.body["choices"][0]["message"] |= {"content": None, "refusal": "I cannot help with that."}
    server.queue = [reply]
    with pytest.raises(BadRow, match="refused by the model: I cannot help with that."):
        ask(connected(server))


def test_one_candidate_that_is_refused_leaves_its_siblings_alone(server: Server) -> None:
    together = completion("good", "bad", "fine")
    together.body["choices"][1]["finish_reason"] = "content_filter"
    server.queue = [together]
    answers = ask(connected(server), n=3)
    assert texts(answers) == ["good", "", "fine"] and [each.finish for each in answers.candidates][1] == "error"
    assert answers.candidates[1].error == "refused by the endpoint: its content filter ended the answer"

    server.say = lambda asked: refusal("no\nmore") if asked.body["seed"] == 100 else echo(asked)
    answers = ask(connected(server, unbatched=True), n=3)
    assert texts(answers) == ["", "seed 101", "seed 102"] and answers.prompt_tokens == 7
    assert [each.error for each in answers.candidates] == ["refused by the endpoint: no more", None, None]

    server.say = lambda asked: refusal("no")
    with pytest.raises(BadRow, match="^refused by the endpoint: no$"):
        ask(connected(server, unbatched=True), n=3)


def test_a_long_message_of_a_server_is_cut(server: Server) -> None:
    server.queue = [refusal("no " * 5000)]
    with pytest.raises(BadRow) as bad:
        ask(connected(server))
    assert len(str(bad.value)) < 300


@pytest.mark.parametrize(
    ("status", "remedy"), [(401, "key="), (403, "key="), (404, "look at name= and addresses="), (405, "addresses=")]
)
def test_a_setting_that_is_wrong_ends_the_work_with_a_sentence(server: Server, status: int, remedy: str) -> None:
    server.say = lambda asked: refusal("go away", status)
    with pytest.raises(Refused, match=f"model tiny: {server.address} answered {status}: go away; .*{remedy}"):
        ask(connected(server))
    assert len(server.asked) == 1


def test_a_users_turn_is_a_bad_row(server: Server) -> None:
    with pytest.raises(BadRow, match="cannot write a user's turn"):
        asyncio.run(connected(server).generate([], 1, 0, SAMPLING, "user"))
    assert not server.asked


# an endpoint that stays down


def test_a_server_that_comes_back_is_found_again(server: Server) -> None:
    with Server() as first:
        session = connected(first)

    async def while_it_restarts() -> list[Answers]:
        waiting = [asyncio.create_task(session.generate(HELLO, 1, i, SAMPLING)) for i in range(20)]
        await asyncio.sleep(1.2)
        with Server(port=first.port) as second:
            answers = await asyncio.wait_for(asyncio.gather(*waiting), 30)
            assert len(second.asked) == 20
        return answers

    assert len(asyncio.run(while_it_restarts())) == 20


def test_a_server_that_stays_away_is_said_to_be_within_the_patience() -> None:
    with Server() as gone:
        session = connected(gone, patience=2.0)
    began = time.monotonic()
    found = ask_all(session, 30)
    assert time.monotonic() - began < 6
    assert {type(each) for each in found} == {EngineAway}
    assert f"model tiny: no address answers: {gone.address} for" in str(found[0])
    assert "cannot be reached" in str(found[0]) and "Look at the server" in str(found[0])


def test_a_server_that_only_lists_its_models_is_given_up_within_the_patience(server: Server) -> None:
    """Its door is open, but whoever is in there is dead."""
    server.say = lambda asked: refusal("engine core died", 500)
    found = ask_all(connected(server, patience=2.0, attempts=50), 64)
    assert {type(each) for each in found} == {EngineAway} and "answered 500: engine core died" in str(found[0])


def test_a_server_that_fails_half_of_the_time_is_given_up_when_the_retries_are_spent(server: Server) -> None:
    server.say = lambda asked: refusal("boom", 500) if len(server.asked) % 2 else echo(asked)
    died = [each for each in ask_all(connected(server, retries=0.1), 300) if isinstance(each, EngineAway)]
    assert "130 retries for 300 requests are all that retries=0.1 allows" in str(died[0])
    assert str(died[0]).endswith("the last one answered 500: boom; look at the server, or raise retries")
    assert 130 < len(server.asked) <= 430 + 64


def test_workers_that_keep_to_their_share_of_retries_keep_the_run_to_it(server: Server) -> None:
    """No worker knows of another; what all of them send again is a share of the run, and a few for each of them."""
    server.say = lambda asked: refusal("boom", 500) if len(server.asked) % 3 else echo(asked)
    workers, requests, share = 3, 600, 0.2
    for _ in range(workers):
        found = ask_all(connected(server, retries=share, attempts=50), requests // workers)
        assert any(isinstance(each, EngineAway) for each in found)
    assert len(server.asked) - requests == share * requests + FREE * workers


def test_a_server_that_is_unavailable_for_ever_is_given_up_though_it_is_reached(server: Server) -> None:
    server.say = lambda asked: refusal("loading", 503)
    found = ask_all(connected(server, patience=2.0), 30)
    assert {type(each) for each in found} == {EngineAway} and "answered 503: loading" in str(found[0])


def test_a_wait_longer_than_the_patience_is_not_begun(server: Server) -> None:
    server.say = lambda asked: refusal("quota", 429, retry_after="3600")
    began = time.monotonic()
    (found,) = ask_all(connected(server), 1)
    assert isinstance(found, EngineAway) and "answered 429: quota" in str(found)
    assert time.monotonic() - began < 5


def test_an_address_that_fails_again_and_again_rests_and_the_other_does_its_work(server: Server) -> None:
    with Server() as broken:
        broken.say = lambda asked: refusal("boom", 500)
        session = connected(broken, server, concurrency=4)
        assert all(isinstance(each, Answers) for each in ask_all(session, 80))
        assert len(broken.asked) < 30 <= len(server.asked)


def test_a_third_of_failures_costs_no_row(server: Server) -> None:
    failing: Callable[[int], bool] = lambda number: number % 10 in (2, 5, 8)  # noqa: E731
    server.say = lambda asked: refusal("boom", 500) if failing(len(server.asked)) else echo(asked)
    found = ask_all(connected(server), 100)
    assert all(isinstance(each, Answers) for each in found)
    assert len(server.asked) > 120


# start and check


def test_start_refuses_an_address_that_nobody_answers() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        with pytest.raises(Refused, match=f"no address answers: {address} cannot be reached .*; start the server"):
            Endpoint(name="tiny", addresses=[address]).start()


def test_start_refuses_a_model_that_is_not_served_and_lists_what_is() -> None:
    with Server(models=("llama", "mistral")) as server, pytest.raises(Refused) as refused:
        connected(server)
    assert "does not serve 'tiny'; it serves llama, mistral; mend name=" in str(refused.value)


def test_start_takes_a_server_without_a_list_of_models_and_one_of_two_that_is_down(server: Server) -> None:
    with Server() as gone:
        address = gone.address
    server.models = refusal("not found", 404)
    session = Endpoint(name="tiny", addresses=[address, server.address]).start()
    assert texts(ask(session)) == ["seed 100"]


def test_start_refuses_a_wrong_key(server: Server) -> None:
    server.models = refusal("who are you", 401)
    with pytest.raises(Refused, match="answered 401: who are you; key= names the environment variable"):
        connected(server)


def test_start_works_where_an_event_loop_runs_already(server: Server) -> None:
    async def inside() -> Answers:
        return await connected(server).generate(HELLO, 1, 1, SAMPLING)

    assert texts(asyncio.run(inside())) == ["seed 1"]


WRONG: list[tuple[Mapping[str, Any], str]] = [
    ({"addresses": []}, "addresses must be a list"),
    ({"addresses": "http://a/v1"}, "addresses must be a list"),
    ({"addresses": ["localhost:8000"]}, "is no address"),
    ({"addresses": ["ftp://a/v1"]}, "is no address"),
    ({"addresses": ["http:///v1"]}, "is no address"),
    ({"addresses": ["http://a:port/v1"]}, "is no address"),
    ({"key": "NOT_SET_ANYWHERE"}, "export NOT_SET_ANYWHERE="),
    ({"head": "rewards"}, "there is no head 'rewards'; there are classify, pooling, nim"),
    ({"concurrency": 0}, "concurrency=0 must be from 1"),
    ({"attempts": 0}, "attempts=0 from 1"),
    ({"seed_bits": 64}, "seed_bits=64 from 0 to 63"),
    ({"timeout": 0.0}, "timeout must be above 0"),
    ({"patience": -1.0}, "patience must not be below"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_settings_that_cannot_work_are_refused_before_anything_is_asked(wrong: Any, sentence: str) -> None:
    right = Endpoint(name="tiny", addresses=["http://localhost:1/v1"])
    right.check()
    with pytest.raises(Refused, match=sentence):
        replace(right, **wrong).check()


def test_answers_longer_than_the_context_are_refused() -> None:
    with pytest.raises(Refused, match="leave no room for a prompt"):
        Endpoint(name="tiny", addresses=["http://localhost:1/v1"], max_model_len=512).check(answer_tokens=512)
