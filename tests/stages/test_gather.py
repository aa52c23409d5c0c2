"""Several generators: their answers side by side, in a declared order."""

import asyncio
from pathlib import Path

import pyarrow as pa
import pytest

from sdg_ray.errors import Refused
from sdg_ray.record import RESPONSES
from sdg_ray.stages.gather import Gather
from sdg_ray.stages.respond import Respond
from tests.scripted import Scripted
from tests.small import run_here, small_recipe, table


def test_candidates_stand_in_the_order_of_the_names() -> None:
    given = pa.table(
        {
            "responses_a": [[[{"role": "assistant", "content": "1"}]], []],
            "answered_a": [[{"model": "a"}], []],
            "responses_b": [[[{"role": "assistant", "content": "2"}]] * 2, [[{"role": "assistant", "content": "3"}]]],
            "answered_b": [[{"model": "b"}] * 2, [{"model": "b"}]],
        }
    )
    made = asyncio.run(Gather(names=("b", "a")).open()(given)).select(RESPONSES.names).to_pylist()
    assert [[turns[0]["content"] for turns in row["responses"]] for row in made] == [["2", "2", "1"], ["3"]]
    assert [[each["model"] for each in row["answered"]] for row in made] == [["b", "b", "a"], ["b"]]


def test_nothing_to_gather_and_a_name_twice_are_refused() -> None:
    for names in ((), ("a", "a")):
        with pytest.raises(Refused, match="name each generator once"):
            Gather(names=names).check()


def test_a_recipe_of_two_generators_counts_answers_and_tokens_once(tmp_path: Path) -> None:
    made = small_recipe(
        responses_a=Respond(engine=Scripted(), name="a", n=1),
        responses_b=Respond(engine=Scripted(), name="b", n=2, seed=1),
        responses=Gather(names=("a", "b")),
    )
    store, failed = run_here(made, tmp_path)
    assert not failed
    rows = table(tmp_path, "first", "responses", 0).to_pylist()
    assert all(len(row["responses"]) == 3 for row in rows)
    footers = {step: asyncio.run(store.footer(step, 0, store.done(step)[0])) for step in made.steps}
    assert footers["responses"].counts["answers"] == 3 * len(rows)
    assert "answers" not in footers["responses_a"].counts
    assert footers["responses"].counts["tokens_out"] == 0
    assert footers["responses_a"].counts["tokens_out"] > 0
