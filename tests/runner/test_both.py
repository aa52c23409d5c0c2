"""What a runner promises; where it matters, in this process and on a Ray cluster."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.recipe import Recipe
from sdg_ray.runner import pending
from sdg_ray.runner.local import Local
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.store import Store, open_run
from tests.odd import Odd
from tests.scripted import Scripted
from tests.small import STEPS, assert_complete, checksums, rows_of, run_here, small_recipe, table

Failed = Mapping[int, str]


both = pytest.mark.parametrize("go", ["local", pytest.param("ray", marks=pytest.mark.cluster)], indirect=True)
local = pytest.mark.parametrize("go", ["local"], indirect=True)  # what happens to a shard is the same code in both


@pytest.fixture
def go(request: pytest.FixtureRequest, tmp_path: Path):
    """Runs what is pending of a recipe in the run `first`: the store, and why shards failed."""
    runner = Local()
    if request.param == "ray":
        from sdg_ray.runner.ray import Cluster

        request.getfixturevalue("cluster")
        runner = Cluster()

    def run(made: Recipe, name: str = "first", reuse: str | None = None) -> tuple[Store, Failed]:
        store = open_run(str(tmp_path), name, made.identities(), reuse)
        return store, runner.run(made, store, pending(made, store))

    return run


@local
def test_every_planned_prompt_goes_through_every_step_once(go, tmp_path: Path) -> None:
    made = small_recipe(shards=3, rows=4)

    store, failed = go(made)

    assert not failed
    assert pending(made, store) == {}
    assert_complete(made, tmp_path)
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == sorted([*STEPS, ".partial", "run.json"])


@both
def test_lost_file_comes_back_and_the_others_are_left_alone(go, tmp_path: Path) -> None:
    made = small_recipe(shards=3)
    run_here(made, tmp_path)
    before = checksums(tmp_path)
    lost = table(tmp_path, "first", "responses", 1)
    (tmp_path / "first/responses/shard-00001.parquet").unlink()

    store, failed = go(made)

    assert not failed
    assert table(tmp_path, "first", "responses", 1).equals(lost)
    assert {name for name, was in before.items() if checksums(tmp_path)[name] != was} <= {
        "first/responses/shard-00001.parquet"
    }
    assert before.keys() == checksums(tmp_path).keys()


@both
def test_run_grows_and_keeps_what_it_has(go, tmp_path: Path) -> None:
    run_here(small_recipe(shards=2), tmp_path)
    before = checksums(tmp_path)
    grown = small_recipe(shards=4)

    store, failed = go(grown)

    assert not failed
    assert before.items() <= checksums(tmp_path).items()
    assert_complete(grown, tmp_path)


@local
def test_only_what_changed_is_made_in_a_run_that_reuses_another(go, tmp_path: Path) -> None:
    go(small_recipe())

    store, failed = go(small_recipe(min_margin=1.0), name="second", reuse="first")

    assert not failed
    assert sorted(path.name for path in (tmp_path / "second").iterdir()) == [".partial", "preferences", "run.json"]
    margins = [pair["margin"] for row in rows_of(table(tmp_path, "second", "preferences", 0)) for pair in row["pairs"]]
    assert margins and min(margins) > 1.0


@both
def test_step_that_is_there_is_not_opened(go, tmp_path: Path) -> None:
    run_here(small_recipe(), tmp_path)
    for file in (tmp_path / "first/preferences").iterdir():
        file.unlink() if file.is_file() else None
    unloadable = small_recipe(engine=Scripted(loads=False))

    store, failed = go(unloadable)

    assert not failed
    assert_complete(unloadable, tmp_path)


ODD = {
    "drops a row": "responses made 3 rows of 4: mark rows, never drop or add them",
    "repeats a row": "responses made 5 rows of 4",
    "adds a column": "responses wrote the columns ['responses', 'answered', 'more'], but its schema says",
    "raises": "responses: ZeroDivisionError: something unforeseen",
}


@local
@pytest.mark.parametrize("how", ODD)
def test_shard_that_a_stage_spoils_stays_pending_by_name_and_the_others_finish(how: str, go, tmp_path: Path) -> None:
    store, failed = go(small_recipe(responses=Odd(stage=Respond(engine=Scripted()), at=1, how=how)))

    assert failed.keys() == {1}
    assert failed[1].startswith("responses: ") and ODD[how] in failed[1] and "\n" not in failed[1]
    mended = small_recipe(responses=Odd(stage=Respond(engine=Scripted())))
    assert pending(mended, store) == {1: list(STEPS[1:])}

    store, failed = go(mended)

    assert not failed
    assert_complete(mended, tmp_path)


@both
def test_shard_whose_engine_breaks_is_named_and_the_others_finish(go, tmp_path: Path) -> None:
    made = given_recipe(tmp_path, {5: "please break"}, Scripted(breaks="please break"))

    store, failed = go(made)

    assert failed == {1: "responses: RuntimeError: broken, as the prompt asked"}
    assert list(pending(made, store)) == [1]


@local
def test_row_that_cannot_be_answered_is_an_error_and_its_neighbours_are_not(go, tmp_path: Path) -> None:
    store, failed = go(given_recipe(tmp_path, {5: "this is too long"}, Scripted()))

    assert not failed
    rows = rows_of(table(tmp_path, "first", "responses", 1))
    assert [answer["finish"] for answer in rows[1]["answered"]] == ["error"] * 4
    assert {answer["error"] for answer in rows[1]["answered"]} == {"too long: as the prompt says"}
    assert rows_of(table(tmp_path, "first", "reward", 1))[1]["score_reward"] == [None] * 4
    assert rows_of(table(tmp_path, "first", "selection", 1))[1]["reason"] == ["finished: no answer"] * 4
    assert rows_of(table(tmp_path, "first", "preferences", 1))[1]["pairs"] == []
    assert all(answer["finish"] != "error" for row in (rows[0], *rows[2:]) for answer in row["answered"])
    assert asyncio.run(store.footer("responses", 1)).counts["errors"] == {"too long": 4}


@local
def test_answer_that_cannot_be_scored_has_a_null_and_is_never_rejected_or_chosen(go, tmp_path: Path) -> None:
    unread = Score(scorer=RewardModel(engine=Scripted(too_long="perhaps")))

    go(small_recipe(reward=unread))

    found = 0
    for shard in range(3):
        files = [rows_of(table(tmp_path, "first", step, shard)) for step in STEPS]
        for row in ({**a, **b, **c, **d, **e} for a, b, c, d, e in zip(*files, strict=True)):
            texts = [turns[-1]["content"] for turns in row["responses"]]
            unreadable = {i for i, text in enumerate(texts) if "perhaps" in text}
            found += len(unreadable)
            assert {i for i, score in enumerate(row["score_reward"]) if score is None} == unreadable
            assert {i for i, parts in enumerate(row["parts_reward"]) if parts is None} == unreadable
            assert not any(row["keep"][i] for i in unreadable)
            assert not unreadable & {i for pair in row["pairs"] for i in (pair["chosen"], pair["rejected"])}
    assert found


def given_recipe(folder: Path, odd: Mapping[int, str], engine: Scripted, lines: int = 12) -> Recipe:
    """Given prompts in shards of four, with other text at some lines."""
    texts = [json.dumps({"prompt": odd.get(n, f"question {n}")}) for n in range(lines)]
    (folder / "given.jsonl").write_text("\n".join(texts))
    prompts = Prompts(families={"given": Given(source=str(folder / "given.jsonl"))}, rows=4)
    return small_recipe(prompts=prompts, engine=engine)
