"""Answers: n to a prompt from one request, in order, each with how it was drawn."""

import asyncio
from typing import Any

import pyarrow as pa
import pytest

from sdg_ray.engines import Sampling
from sdg_ray.errors import Refused
from sdg_ray.record import PROMPT, RESPONSES, candidate_seed
from sdg_ray.stages.respond import Respond
from tests.scripted import Scripted


def prompts(*texts: str | None) -> pa.Table:
    """Prompts of one user turn; None is a slot without a prompt."""
    rows = [
        {
            "prompt_id": f"row {n}",
            "shard": 0,
            "family": "f",
            "prompt": [] if text is None else [{"role": "user", "content": text}],
            "error": "unusable prompt: x" if text is None else None,
        }
        for n, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=PROMPT)


def answered(table: pa.Table, **settings: Any) -> list[dict[str, Any]]:
    made = asyncio.run(Respond(**{"engine": Scripted()} | settings).open()(table))
    assert made.schema.equals(RESPONSES)
    return made.to_pylist()


def test_each_prompt_gets_n_candidates_in_the_order_of_their_seeds() -> None:
    rows = answered(prompts("one", "two"), n=3)
    first = candidate_seed(0, "respond", "row 1")
    assert [len(row["responses"]) for row in rows] == [3, 3]
    assert [each["seed"] for each in rows[1]["answered"]] == [first, first + 1, first + 2]
    assert {each["model"] for each in rows[1]["answered"]} == {"scripted"}
    assert all(len(turns) == 1 and turns[0]["role"] == "assistant" for turns in rows[1]["responses"])


def test_answer_of_a_row_does_not_depend_on_its_neighbours() -> None:
    together = answered(prompts("one", "two", "three"))
    assert answered(prompts("one"))[0] == together[0]
    assert answered(prompts("one", "x", "three"))[2] == together[2]


def test_more_candidates_begin_with_the_same_ones() -> None:
    assert answered(prompts("one"), n=8)[0]["responses"][:4] == answered(prompts("one"), n=4)[0]["responses"]


def test_another_seed_gives_other_answers() -> None:
    assert answered(prompts("one"), seed=1)[0]["answered"] != answered(prompts("one"))[0]["answered"]


def test_slot_without_a_prompt_costs_nothing() -> None:
    rows = answered(prompts("one", None, "two"))
    assert rows[1] == {"responses": [], "answered": []}
    assert len(rows[2]["responses"]) == 4


def test_prompt_that_cannot_be_answered_is_n_errors_with_the_reason() -> None:
    good, bad = answered(prompts("one", "far too long for you"), n=2)
    assert bad["responses"] == [[{"role": "assistant", "content": ""}]] * 2
    assert [(each["finish"], each["tokens"], each["error"]) for each in bad["answered"]] == [
        ("error", 0, "too long: as the prompt says")
    ] * 2
    assert {each["error"] for each in good["answered"]} == {None}


def test_engine_that_breaks_breaks_the_shard() -> None:
    with pytest.raises(RuntimeError):
        answered(prompts("one", "two"), engine=Scripted(breaks="two"))


def test_no_candidate_or_an_engine_that_cannot_work_is_refused() -> None:
    with pytest.raises(Refused, match="n must be at least 1, not 0"):
        Respond(engine=Scripted(), n=0).check()
    asked = []

    class Picky(Scripted):
        def check(self, answer_tokens: int = 0) -> None:
            asked.append(answer_tokens)

    Respond(engine=Picky(), sampling=Sampling(max_tokens=77)).check()
    assert asked == [77]


def test_a_named_generator_has_columns_of_its_own() -> None:
    made = asyncio.run(Respond(engine=Scripted(), name="late").open()(prompts("one", None)))
    plain = asyncio.run(Respond(engine=Scripted()).open()(prompts("one", None)))
    assert made.column_names == ["responses_late", "answered_late"]
    assert [column.to_pylist() for column in made.columns] == [column.to_pylist() for column in plain.columns]


def test_each_prompt_is_answered_by_as_many_generators_as_are_drawn() -> None:
    names, table = ("a", "b", "c"), prompts(*map(str, range(60)))
    made = {
        name: asyncio.run(Respond(engine=Scripted(), name=name, among=names, take=2).open()(table)) for name in names
    }
    answered_by = [[name for name in names if made[name][f"responses_{name}"][row].as_py()] for row in range(60)]
    assert all(len(each) == 2 for each in answered_by)
    assert {tuple(each) for each in answered_by} == {("a", "b"), ("a", "c"), ("b", "c")}


def test_generator_that_is_not_among_those_drawn_from_is_refused() -> None:
    with pytest.raises(Refused, match="generator 'x' is one of take=1 among a, b: that cannot be"):
        Respond(engine=Scripted(), name="x", among=("a", "b")).check()
    with pytest.raises(Refused, match="take=3 among a, b"):
        Respond(engine=Scripted(), name="a", among=("a", "b"), take=3).check()
