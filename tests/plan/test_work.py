"""Requests and tokens of each step, counted by hand."""

from dataclasses import replace
from typing import Any

import pytest

from sdg_ray.engines import Sampling
from sdg_ray.errors import Refused
from sdg_ray.plan.figures import Figures, Model, Tokens, figures_of
from sdg_ray.plan.work import work_of
from sdg_ray.plan.writing import Calls
from sdg_ray.recipe import Recipe
from sdg_ray.scorers.judge import Judge
from sdg_ray.scorers.rubric import Rubric
from sdg_ray.stages.converse import Converse
from sdg_ray.stages.gather import Gather
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from tests.scripted import Scripted
from tests.small import small_recipe

TOKENS = Tokens(prompt=40, answer=60, user=10, ask=20, item=15, topic=5, document=200, verdict=30)
MODEL = Model(models=["*"], reads=1000, writes=100, start=5, wide=2, tokens=TOKENS, source="made up")
FIGURES: Figures = {"any": MODEL}


def calls(recipe: Recipe, step: str) -> tuple[float, float, float]:
    found = work_of(recipe, FIGURES)[step].calls
    return found.requests, found.tokens_in, found.tokens_out


def test_candidates_are_one_request_and_each_is_read_by_the_reward_model() -> None:
    recipe = small_recipe(shards=5, rows=2)  # 10 prompts, n=4
    assert calls(recipe, "responses") == (10, 10 * 40, 10 * 4 * 60)
    assert calls(recipe, "reward") == (40, 40 * (40 + 60), 0)
    assert list(work_of(recipe, FIGURES)) == ["responses", "reward"]  # no writer, and no model elsewhere


def test_answers_are_no_longer_than_max_tokens() -> None:
    short = Respond(engine=Scripted(), n=2, sampling=Sampling(max_tokens=25))
    recipe = small_recipe(shards=5, rows=2, responses=short)
    assert calls(recipe, "responses") == (10, 400, 10 * 2 * 25)
    assert calls(recipe, "reward") == (20, 20 * (40 + 25), 0)


def test_generators_answer_their_share() -> None:
    names = ("a", "b", "c")
    steps: dict[str, Any] = {
        f"responses_{name}": Respond(engine=Scripted(), n=3, name=name, among=names, take=2) for name in names
    }
    recipe = small_recipe(shards=30, rows=1, **steps, responses=Gather(names=names))
    assert calls(recipe, "responses_b") == (20, 20 * 40, 20 * 3 * 60)
    assert calls(recipe, "reward")[0] == pytest.approx(30 * 2 * 3)


@pytest.mark.parametrize(("n", "most", "pairs"), [(4, 6, 6), (4, 3, 3), (2, 6, 1), (1, 6, 0)])
def test_judge_compares_pairs_in_both_orders(n: int, most: int, pairs: int) -> None:
    judge = Score(scorer=Judge(engine=Scripted(), most=most))
    recipe = small_recipe(shards=10, rows=1, responses=Respond(engine=Scripted(), n=n), judge=judge)
    asked = 10 * 2 * pairs
    assert calls(recipe, "judge") == (asked, asked * (20 + 40 + 2 * 60), asked * 30)


def test_rubric_rates_each_answer_of_its_families() -> None:
    rubric = Score(scorer=Rubric(engine=Scripted()))
    recipe = small_recipe(shards=10, rows=1, rubric=rubric)
    assert calls(recipe, "rubric") == (40, 40 * (20 + 40 + 60), 40 * 30)
    other = small_recipe(shards=10, rows=1, rubric=replace(rubric, families=("other",)))
    assert calls(other, "rubric") == (0, 0, 0)


def test_dialogue_reads_what_was_said_again_at_each_turn() -> None:
    recipe = small_recipe(shards=10, rows=1, responses=Converse(assistant=Scripted(), turns=2))
    # prompt 40, answer 60; the user reads 20 + 100 and says 10; the assistant reads 110
    assert calls(recipe, "responses") == (10 * 3, 10 * (40 + 120 + 110), 10 * (60 + 10 + 60))
    assert calls(recipe, "reward") == (10, 10 * (40 + 60 + 10 + 60), 0)


def test_first_pattern_that_fits_counts_and_a_model_without_speed_is_refused() -> None:
    unknown = replace(MODEL, reads=None)
    known: Figures = {"big": replace(MODEL, models=["*340b*"]), "other": unknown}
    assert figures_of(known, "NVIDIA/Nemotron-4-340B-Instruct") is known["big"]
    with pytest.raises(Refused, match="throughput.other.reads=... throughput.other.writes=..."):
        figures_of(known, "small")
    with pytest.raises(Refused, match="no entry of conf/throughput.yaml fits the model small"):
        figures_of({"big": known["big"]}, "small")


def test_calls_add_up() -> None:
    one = Calls(requests=1, tokens_in=2, tokens_out=3)
    assert one + one * 2 == one * 3
