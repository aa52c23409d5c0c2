"""Figures of a run, against what is counted by hand."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.evaluate.judged import Judged
from sdg_ray.evaluate.world import World
from sdg_ray.pocket.world.formats import followed
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.prompts.world import World as Questions
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.scorers.world import World as Knows
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from tests.evaluate.knowing import Knowing
from tests.small import run_here

PROMPTS = Prompts(families={"world": Questions(kinds=("fact", "arithmetic", "format"))}, rows=12, shards=2)


def rows() -> list[dict]:
    make = PROMPTS.open()
    return [row for shard in range(2) for row in asyncio.run(make(shard)).to_pylist()]


def of(answers: Mapping[str, Sequence[str]], **scorers: Score) -> Recipe:
    return recipe(prompts=PROMPTS, responses=Respond(engine=Knowing(answers=answers), n=2), **scorers)


def asked(row: dict) -> str:
    return row["prompt"][-1]["content"]


def test_world_counts_what_is_right_in_all_and_by_kind(tmp_path: Path) -> None:
    said = {"fact": ["{}", "nobody knows..."], "arithmetic": ["{}"], "format": ["Yes", "No"]}
    answers = {asked(row): [text.format(row["reference"]) for text in said[row["origin"]["path"][0]]] for row in rows()}
    made = of(answers, world=Score(scorer=Knows()))
    store, failed = run_here(made, tmp_path)
    assert not failed
    found = {figure.name: figure for figure in World(recipe=made).figures(store)}
    assert list(found) == ["right", "right: fact", "right: arithmetic", "right: format", "form", "finished", "tokens",
                           "distinct-2"]  # fmt: skip
    expected = {"right": 0.5, "right: fact": 0.5, "right: arithmetic": 1.0, "right: format": 0.0, "finished": 5 / 6}
    assert {name: found[name].value for name in expected} == pytest.approx(expected)
    assert (found["right"].n, found["right: fact"].n) == (48, 16)
    forms = [
        followed(row["reference"], text)
        for row in rows()
        if row["origin"]["path"] == ["format"]
        for text in ("Yes", "No")
    ]
    assert found["form"].value == pytest.approx(sum(forms) / len(forms))
    assert 0 < found["form"].value < 1
    assert found["tokens"].value == pytest.approx(sum(len(text.split()) for row in rows() for text in
                                                      (answers[asked(row)] * 2)[:2]) / 48)  # fmt: skip


def test_prompt_that_is_there_twice_is_one_prompt(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('"Why?"\n"Why?"\n')
    prompts = Prompts(families={"given": Given(source=str(tmp_path / "mine.jsonl"))})
    answers = Respond(engine=Knowing(answers={"Why?": ["so", "so be it"]}), n=2)
    made = recipe(prompts=prompts, responses=answers, reward=Score(scorer=RewardModel(engine=Knowing(answers={}))))
    store, failed = run_here(made, tmp_path / "runs")
    assert not failed
    figure = Judged(recipe=made).figures(store)[0]
    assert (figure.n, figure.low) == (4, None)  # four answers, and nothing that shows how much prompts differ


def test_answer_that_failed_is_none(tmp_path: Path) -> None:
    first = rows()[0]
    made = of({asked(first): [first["reference"], "?"]}, world=Score(scorer=Knows()))
    store, _ = run_here(made, tmp_path)
    right = World(recipe=made).figures(store)[0]
    assert (right.value, right.n) == (0.5, 2)
    store, _ = run_here(of({}, world=Score(scorer=Knows())), tmp_path, "none")
    with pytest.raises(Refused, match="no answer at all"):
        World(recipe=made).figures(store)


def test_judged_is_the_mean_of_each_score(tmp_path: Path) -> None:
    answers = {asked(row): ["one", "one two three"] for row in rows()}
    weights = {"helpfulness": 1.0, "correctness": 0.0, "coherence": 0.0, "complexity": 0.0, "verbosity": 0.0}
    made = of(answers, reward=Score(scorer=RewardModel(engine=Knowing(answers={}), weights=weights)))
    store, failed = run_here(made, tmp_path)
    assert not failed
    reward, *others = Judged(recipe=made).figures(store)
    assert (reward.name, reward.value, reward.n) == ("reward", pytest.approx(2.0), 48)
    assert [figure.name for figure in others] == ["finished", "tokens", "distinct-2"]


def test_evaluation_without_its_scorer_is_refused() -> None:
    with pytest.raises(Refused, match="evaluation.scorer=world is none"):
        World(recipe=of({})).check()
    with pytest.raises(Refused, match="scores nothing"):
        Judged(recipe=of({})).check()
