"""Endpoints that fail, answer nonsense, hang, die and come back or do not: every planned row is accounted for, once."""

import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from jobs import generate
from sdg_ray.config import build, compose
from sdg_ray.errors import Refused
from sdg_ray.recipe import Recipe
from sdg_ray.record import hashed
from sdg_ray.report.look import records
from sdg_ray.runner import bring_all, pending
from sdg_ray.store import open_run, reopen
from tests.chaos.laws import assert_lawful, assert_no_op, committed, unchanged
from tests.chaos.processes import wait_for
from tests.chaos.seed import AGAIN, chance
from tests.engines.server import Asked, Reply, Server, completion, echo, refusal

pytestmark = pytest.mark.chaos
PROMPTS, REQUESTS = 96, 96 * 3  # two candidates of each prompt are one request, and two more for their rewards
DEAD = Reply(fault="reset")


@dataclass(frozen=True)
class Run:
    """A run of given prompts, with both models behind one address."""

    root: Path
    server: Server

    def arguments(self, *more: str) -> tuple[str, ...]:
        """What is typed after `jobs/generate.py`."""
        at = f"addresses=[{self.server.address}]"
        source = self.root.parent / "questions.jsonl"
        source.write_text("".join(f'"question {i}"\n' for i in range(PROMPTS)))
        what = ("recipe=given", f"recipe.prompts.families.given.source={source}", "recipe.prompts.rows=8")
        generator = ("model@model.generator=endpoint", "model.generator.name=tiny", f"model.generator.{at}")
        reward = ("model@model.reward=endpoint_reward", "model.reward.name=tiny", f"model.reward.{at}")
        named = (f"root={self.root}", "run=first", "cluster=local", "recipe.responses.n=2")
        return (*named, *what, *generator, *reward, *more)

    def recipe(self, *more: str) -> Recipe:
        """The recipe of it."""
        made: Recipe = build(compose("generate", self.arguments(*more)).recipe)
        return made

    def job(self, *more: str) -> tuple[int, str]:
        """The job in this process: its exit code, and what it said."""
        console = Console(file=io.StringIO(), width=200)
        code = generate.main(self.arguments(*more), console)
        assert isinstance(console.file, io.StringIO)
        return code, console.file.getvalue()

    def assert_over(self, *more: str) -> dict[int, dict[str, Any]]:
        """All is done, and nothing is done twice; the rows by the number of their question."""
        assert_lawful(self.recipe(*more), self.root)
        asked, greeted = len(self.server.asked), self.server.greeted
        assert_no_op(lambda: self.job(*more)[0], self.root)
        assert (len(self.server.asked), self.server.greeted) == (asked, greeted), "it asked for what was there"
        rows = {
            number_of(row["prompt"][-1]["content"]): row for row in records(reopen(str(self.root), "first"), PROMPTS)
        }
        assert sorted(rows) == list(range(PROMPTS))
        return rows


def number_of(question: str) -> int:
    return int(question.split()[-1])


def good(asked: Asked) -> Reply:
    """What a healthy server answers, late enough to die while it is at it."""
    if asked.path != "/classify":
        return replace(echo(asked), seconds=0.02)
    text = str(asked.body["messages"])
    values = [int(hashed(text, i, bits=16), 16) / 2**14 for i in range(5)]
    return Reply(body={"data": [{"index": 0, "probs": values}], "usage": {"prompt_tokens": 9}}, seconds=0.02)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.say = good
        yield running


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_endpoint_that_fails_now_and_then_costs_no_row(server: Server, tmp_path: Path, share: float) -> None:
    run, fate = Run(tmp_path / "runs", server), chance("endpoint", share)
    faults: list[Callable[[Reply], Reply]] = [
        lambda reply: refusal("boom", 500),
        lambda reply: refusal("overloaded", 503),
        lambda reply: refusal("too many requests", 429, retry_after="0.05"),
        lambda reply: Reply(fault="reset"),
        lambda reply: replace(reply, fault="cut"),  # all the work was done
    ]
    spoilt: list[int] = []

    def failing(asked: Asked) -> Reply:
        if fate.random() >= share:
            return good(asked)
        kind = fate.randrange(len(faults))
        spoilt.append(kind)
        return faults[kind](good(asked))

    server.say = failing

    code, said = run.job()

    assert code == 0, said
    assert len(server.asked) == REQUESTS + len(spoilt), AGAIN
    assert share < 0.1 or set(spoilt) == set(range(len(faults))), AGAIN
    rows = run.assert_over()
    assert {answer["finish"] for row in rows.values() for answer in row["answered"]} == {"stop"}
    assert all(score is not None for row in rows.values() for score in row["score_reward"])


ODD = {  # by the number of the question; what is said every time
    7: Reply(body=""),
    20: Reply(body='{"choices": [{"index": 0, "mess'),
    33: Reply(body="<html>all is well</html>"),
    46: Reply(seconds=20.0),
    59: completion("", ""),
    72: completion("half an", "half an", finish="length"),
}
ONCE = (8, 21, 34)  # the first three of these, the first time that these are asked


def test_bodies_that_are_none_and_a_server_that_hangs_end_as_those_rows_errors(server: Server, tmp_path: Path) -> None:
    run, times, lock = Run(tmp_path / "runs", server), Counter[int](), threading.Lock()

    def odd(asked: Asked) -> Reply:
        if asked.path == "/classify":
            return good(asked)
        number = number_of(asked.body["messages"][-1]["content"])
        with lock:
            times[number] += 1
        if number in ONCE and times[number] == 1:
            return ODD[number - 1]
        if number == 85:
            one = completion("fine", "not that")
            one.body["choices"][1]["finish_reason"] = "content_filter"
            return one
        return ODD.get(number) or good(asked)

    server.say = odd
    bounds = ("model.generator.attempts=2", "model.generator.timeout=3")

    code, said = run.job(*bounds)

    assert code == 0, said
    rows = run.assert_over(*bounds)
    errors = {n: [each["error"] for each in row["answered"] if each["error"]] for n, row in rows.items()}
    tried = f"no answer: asked 2 times, the last time {server.address}"
    assert {n: reasons for n, reasons in errors.items() if reasons} == {
        7: [f"{tried} answered with an empty body"] * 2,
        20: [f"{tried} answered with what is no JSON"] * 2,
        33: [f"{tried} answered with what is no JSON"] * 2,
        46: [f"{tried} did not answer in time"] * 2,
        85: ["refused by the endpoint: its content filter ended the answer"],
    }
    assert rows[85]["responses"][0][0]["content"] == "fine" and rows[85]["score_reward"][0] is not None
    assert [rows[n]["reason"] for n in (59, 72)] == [["finished: empty"] * 2, ["finished: cut off"] * 2]
    assert all(times[n] == 2 for n in (7, 20, 33, 46, *ONCE)) and times[59] == times[72] == times[85] == 1


def test_endpoint_that_dies_and_comes_back_costs_no_row(server: Server, tmp_path: Path) -> None:
    run = Run(tmp_path / "runs", server)
    job = beside(run.job)
    wait_for(lambda: len(server.asked) > REQUESTS // 3, 120)
    die(server)
    time.sleep(1.5)
    with Server(port=server.port) as again:
        again.say = good
        code, said = job.result(60)
        assert code == 0, said
        assert 0 < len(again.asked) < REQUESTS
        rows = replace(run, server=again).assert_over()
    assert not [each for row in rows.values() for each in row["answered"] if each["error"]]


def test_endpoint_that_dies_for_good_is_said_to_be_away_and_the_same_command_finishes_later(
    server: Server, tmp_path: Path
) -> None:
    run, bounds = Run(tmp_path / "runs", server), ("model.generator.patience=1", "model.reward.patience=1")
    job = beside(run.job, *bounds)
    wait_for(lambda: any(asked.path == "/classify" for asked in server.asked), 120)
    die(server)
    began = time.monotonic()
    code, said = job.result(60)
    assert code == 1 and time.monotonic() - began < 20
    named = [line for line in said.splitlines() if line.startswith("pending: shard ")]
    made = run.recipe(*bounds)
    missing = pending(made, reopen(str(run.root), "first"))
    assert len(missing) > 2 and len(named) == min(10, len(missing)), said
    for line in named:
        assert f"model tiny: no address answers: {server.address} for " in line and "Look at the server" in line
    with pytest.raises(Refused, match=f"no address answers: {server.address} cannot be reached"):
        run.job(*bounds)

    before = committed(run.root)
    with Server(port=server.port) as again:
        again.say = good
        code, said = run.job(*bounds)
        assert code == 0, said
        unchanged({path: body for path, body in before.items() if "report" not in path}, committed(run.root))
        assert len(again.asked) < REQUESTS
        replace(run, server=again).assert_over(*bounds)


@pytest.mark.cluster
def test_endpoint_that_dies_for_good_ends_no_worker_on_ray(cluster: None, server: Server, tmp_path: Path) -> None:
    run = Run(tmp_path / "runs", server)
    bounds = ("cluster=endpoints_only", "model.generator.patience=1", "model.reward.patience=1")
    made, where = run.recipe(*bounds), build(compose("generate", run.arguments(*bounds)).cluster)
    store = open_run(str(run.root), "first", made.identities())
    server.say = lambda asked: replace(good(asked), seconds=0.3)
    job = beside(bring_all, made, store, where)
    wait_for(lambda: any(asked.path == "/classify" for asked in server.asked), 120)
    die(server)
    failed = job.result(90)
    assert set(failed) == set(pending(made, store)) != set()
    for reason in failed.values():
        assert f"model tiny: no address answers: {server.address} for " in reason
    assert not list(run.root.rglob("attempts/*/*")), "a worker noted that its engine died"

    before = committed(run.root)
    with Server(port=server.port) as again:
        again.say = good
        assert bring_all(made, store, where) == {}
        unchanged(before, committed(run.root))
        assert_lawful(made, run.root)
        asked = len(again.asked)
        assert asked < REQUESTS and bring_all(made, store, where) == {} and len(again.asked) == asked


def beside(job: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """What a job comes to, while this thread goes on; one that hangs keeps nothing from ending."""
    found = Future[Any]()

    def run() -> None:
        try:
            found.set_result(job(*arguments))
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return found


def die(server: Server) -> None:
    """Nobody is at the server's port any more, and whoever was connected is dropped."""
    server.say = lambda asked: DEAD
    server.http.shutdown()
    server.http.server_close()
