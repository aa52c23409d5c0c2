"""The key of an endpoint is in the environment and in the request, and nowhere else, whatever goes wrong."""

import asyncio
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sdg_ray.config import identity
from sdg_ray.engines import Sampling
from sdg_ray.engines.endpoint import Connected, Endpoint
from sdg_ray.engines.keys import hidden, secret
from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.recipe import recipe
from sdg_ray.runner import bring_all
from sdg_ray.runner.local import Local
from sdg_ray.stages.respond import Respond
from sdg_ray.store import open_run
from tests.engines.server import Asked, Reply, Server, completion, echo, refusal

KEY = 'sk-Th1s/is"the+key'
VARIABLE = "KEY_OF_THIS_TEST"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The key in the environment; and afterwards in no log, however much is logged."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(VARIABLE, KEY)
    yield
    logged = "\n".join(record.getMessage() for record in caplog.get_records("call"))
    assert "sk-Th1s" not in logged


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def endpoint(server: Server) -> Endpoint:
    return Endpoint(
        name="tiny", addresses=[server.address], key=VARIABLE, attempts=1, retries=0.0, timeout=1.0, patience=1.0
    )


def ask(session: Connected) -> None:
    asyncio.run(session.generate([{"role": "user", "content": "Hello"}], 1, 0, Sampling()))


def everything_said(error: BaseException) -> str:
    """All texts of an exception and of what it came from, hidden or not."""
    said, seen = ["".join(traceback.format_exception(error))], [error]
    while seen:
        each = seen.pop()
        said += [str(each), repr(each), repr(each.args), repr(vars(each))]
        seen += [below for below in (each.__cause__, each.__context__) if below is not None]
    return "\n".join(said)


FAILURES = {
    "400": refusal(f"no such field; you sent Authorization: Bearer {KEY}"),
    "400 with the key where it is cut": refusal("x" * 190 + KEY),
    "401": refusal(f"Incorrect API key provided: {KEY}", 401),
    "404": refusal(f"nothing for {KEY}", 404),
    "422 without a form": Reply(status=422, body=f"<pre>{KEY}</pre>"),
    "429": refusal(f"quota of {KEY} is spent", 429, retry_after="600"),
    "500": refusal(f"key {KEY} broke me", 500),
    "503": refusal(f"{KEY}", 503),
    "empty": Reply(body=""),
    "no JSON": Reply(body=f"your key is {KEY}"),
    "odd finish with the key written otherwise": Reply(
        body=json.dumps(completion("x", finish=KEY).body).replace("/", "\\/").replace('\\"', "\\u0022")
    ),
    "odd finish": completion("x", finish=KEY),
    "refusal": Reply(body={"choices": [{"message": {"refusal": f"not for {KEY}"}, "finish_reason": "stop"}]}),
    "reset": Reply(fault="reset"),
    "cut": Reply(fault="cut", body=KEY * 500),
    "time-out": Reply(seconds=3.0),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_failure_tells_the_key(server: Server, name: str, caplog: pytest.LogCaptureFixture) -> None:
    session = endpoint(server).start()
    server.say = lambda asked: FAILURES[name]
    with pytest.raises(Exception) as failed:  # noqa: B017
        ask(session)
    said = everything_said(failed.value)
    assert "HTTP Request: POST" in caplog.text or name in ("reset", "time-out")  # the libraries do log
    assert len(str(failed.value)) > 10 and KEY not in said and "sk-Th1s" not in said
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [401, 403, 500])
def test_no_failure_at_the_start_tells_the_key(server: Server, status: int) -> None:
    server.models = refusal(f"wrong key {KEY}", status)
    with pytest.raises(Refused, match="wrong key \\[key\\]") as failed:
        endpoint(server).start()
    assert "sk-Th1s" not in everything_said(failed.value)


def test_a_server_that_is_gone_does_not_tell_the_key(server: Server) -> None:
    with Server() as gone:
        session = endpoint(gone).start()
    with pytest.raises(Exception) as failed:  # noqa: B017
        ask(session)
    assert "sk-Th1s" not in everything_said(failed.value)


def test_key_is_in_no_file_of_a_run_nor_in_what_travels(server: Server, tmp_path: Path) -> None:
    """A run with good rows, rows that the server will not have, and a shard that ends with a wrong key."""
    (tmp_path / "asks.jsonl").write_text("".join(f'"question {i}"\n' for i in range(12)))

    def mixed(asked: Asked) -> Reply:
        number = int(asked.body["messages"][-1]["content"].split()[-1])
        wrong = {
            2: completion(f"it is {KEY}"),
            3: refusal(f"bad {KEY}"),
            4: Reply(body=KEY),
            11: refusal(f"key {KEY} is wrong", 401),
        }
        return wrong.get(number) or echo(asked)

    server.say = mixed
    given = Given(source=str(tmp_path / "asks.jsonl"))
    made = recipe(
        prompts=Prompts(families={"given": given}, rows=3, shards=4),
        responses=Respond(engine=endpoint(server), n=2, sampling=Sampling(max_tokens=8)),
    )
    store = open_run(str(tmp_path / "runs"), "keyed", made.identities())
    failed = bring_all(made, store, Local())
    assert len(failed) == 1 and "key [key] is wrong" in str(failed)
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    columns = [str(pq.read_table(path).to_pylist()) for path in files if path.suffix == ".parquet"]  # files compress
    assert len(columns) == 7 and "it is [key]" in str(columns) and "refused by the endpoint: bad [key]" in str(columns)
    texts = [path.read_bytes().decode(errors="replace") for path in files] + columns
    for written in (*texts, str(pickle.dumps(made)), repr(made), repr(failed)):
        assert "sk-Th1s" not in written
    assert VARIABLE not in str(identity(made.stages["responses"]))


def test_addresses_with_a_user_a_password_or_a_query_are_refused_without_repeating_them(server: Server) -> None:
    for address in (f"http://me:{'pass'}word@host/v1", "http://host/v1?api-key=password", "http://host/v1#password"):
        with pytest.raises(Refused, match="an address holds a user, a password or a query") as refused:
            replace(endpoint(server), addresses=[address]).check()
        assert "password@" not in str(refused.value) and "=password" not in str(refused.value)


def test_a_key_where_the_name_of_a_variable_belongs_is_refused_without_repeating_it(server: Server) -> None:
    for wrong in (KEY, "0123456789abcdef", "abcdef0123456789"):
        with pytest.raises(Refused, match="must be the name of an environment variable") as refused:
            replace(endpoint(server), key=wrong).check()
        assert wrong not in str(refused.value) and wrong not in repr(replace(endpoint(server), key=wrong))


def test_a_variable_that_holds_no_bare_key_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (f"{KEY}\n", f"Bearer {KEY}", "schlüssel"):
        monkeypatch.setenv(VARIABLE, wrong)
        with pytest.raises(Refused, match="must be the bare key") as refused:
            secret(VARIABLE)
        assert wrong.strip() not in str(refused.value)


def test_without_a_key_none_of_the_environment_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    ask(replace(endpoint(server), key=None).start())
    assert KEY not in str(server.asked[0].headers)


def test_hiding_leaves_other_words_alone() -> None:
    assert hidden("key abc12345\n is  wrong", "abc12345") == "key [key] is wrong"
    assert hidden("none of it", "none") == "none of it"  # where there is no key


@pytest.mark.parametrize(
    ("short", "text"), [("EMPTY", "The list is EMPTY."), ("x", "x = 1 at index 0"), ("1234567", "1234567")]
)
def test_a_key_that_is_a_word_and_no_secret_leaves_answers_as_they_are(
    server: Server, short: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, short)
    server.say = lambda asked: completion(text)
    session = replace(endpoint(server), timeout=60.0).start()
    answers = asyncio.run(session.generate([{"role": "user", "content": "Hello"}], 1, 0, Sampling()))
    assert [each.text for each in answers.candidates] == [text]
