"""Steps that concern the whole run: topics before the prompts, and what makes prompts needless before the answers."""

from dataclasses import replace
from pathlib import Path

import pytest

from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import Writer
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.topics import Broad
from sdg_ray.prompts.world import World
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.report.spread import spread_table
from sdg_ray.report.tally import Tally
from sdg_ray.runner import bring_all, pending
from sdg_ray.runner.local import Local
from sdg_ray.stages.respond import Respond
from sdg_ray.store import Store, open_run
from sdg_ray.unique import Unique
from tests.scripted import Scripted
from tests.scripted_writer import ListWriter
from tests.small import body, table

PHASES = (("topics",), ("prompts",), ("unique", "responses"))


def written(writer: ListWriter | None = None, shards: int | None = None, quota: int = 40) -> Recipe:
    """Questions on six topics, those left out that repeat another, and answers."""
    prompts = Prompts(
        families={"open_qa": OpenQa(quota=quota), "world": World(quota=10, kinds=("fact",))},
        writer=Writer(engine=writer or ListWriter()),
        topics={"general": Broad(quota=6)},
        rows=10,
        shards=shards,
    )
    return recipe(prompts=prompts, unique=Unique(), responses=Respond(engine=Scripted(), n=2))


def run(made: Recipe, root: Path, name: str = "first") -> Store:
    store = open_run(str(root), name, made.identities())
    assert not bring_all(made, store, Local())
    assert not pending(made, store)
    return store


def bodies(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): body(path) for path in sorted(root.rglob("*.parquet"))}


def test_phases_follow_one_another_and_every_planned_prompt_is_there(tmp_path: Path) -> None:
    made = written()
    store = run(made, tmp_path)
    assert made.phases == PHASES
    assert made.steps == ("topics", "prompts", "unique", "responses")
    assert sorted(store.done("topics")) == [0]
    rows = [row for shard in store.done("prompts") for row in table(tmp_path, "first", "prompts", shard).to_pylist()]
    assert len(rows) == made.prompts.planned == 50
    assert {row["family"]: 0 for row in rows} == {"open_qa": 0, "world": 0}
    topics = table(tmp_path, "first", "topics", 0).to_pylist()
    paths = {tuple(row["origin"]["path"]) for row in topics}
    assert len(topics) == 6
    assert {tuple(row["origin"]["path"]) for row in rows if row["family"] == "open_qa"} <= paths


@pytest.mark.parametrize(
    "lost", ["topics/shard-00000", "prompts/shard-00002", "unique/shard-00001", "responses/shard-00003"]
)
def test_lost_file_of_any_phase_comes_back_as_it_was(tmp_path: Path, lost: str) -> None:
    made = written()
    run(made, tmp_path)
    before = bodies(tmp_path)
    (tmp_path / "first" / f"{lost}.parquet").unlink()
    run(made, tmp_path)
    assert bodies(tmp_path) == before


def test_files_are_the_same_whatever_the_order_of_answers(tmp_path: Path) -> None:
    run(written(ListWriter(hurry=0.0)), tmp_path / "calm")
    run(written(ListWriter(hurry=0.01)), tmp_path / "hurried")
    assert bodies(tmp_path / "calm") == bodies(tmp_path / "hurried")


def test_prompt_that_repeats_another_is_marked_and_not_answered(tmp_path: Path) -> None:
    """All questions are the same, so one of each family's is left; what was not made is not marked anew."""
    store = run(written(ListWriter(says={"Write 2 questions": "1. Why is that so?\n2. How is that so?"})), tmp_path)
    errors, answered = {}, {}
    for shard in store.done("prompts"):
        for row in table(tmp_path, "first", "unique", shard).to_pylist():
            errors[row["prompt_id"]] = row["error"]
        for row in table(tmp_path, "first", "responses", shard).to_pylist():
            answered[row["prompt_id"]] = len(row["responses"])
    marked = [name for name, error in errors.items() if error]
    assert len([error for error in errors.values() if error and error.startswith("duplicate: of ")]) >= 4
    assert {answered[name] for name in marked} == {0}
    assert {answered[name] for name in errors.keys() - set(marked)} == {2}


def test_marks_of_a_run_that_grows_stay_as_they_were(tmp_path: Path) -> None:
    writer = ListWriter(says={"Write 2 questions": "1. Why is that so?\n2. How is that so?"})
    run(written(writer, shards=2), tmp_path)
    before = bodies(tmp_path)
    run(written(writer, shards=4), tmp_path)
    assert before.items() <= bodies(tmp_path).items()


def test_a_phase_that_is_not_complete_holds_the_next_ones_back(tmp_path: Path) -> None:
    made = written(ListWriter(fails="prose", where="broad topics"))
    store = open_run(str(tmp_path), "first", made.identities())
    failed = bring_all(made, store, Local())
    assert "none of 6 could be made: short list: 0 of 2" in failed[0]
    assert sorted(store.done("topics")) == [0] and not store.done("prompts") and not store.done("unique")


def test_another_way_to_find_repetitions_keeps_topics_and_prompts() -> None:
    made = written()
    other = replace(made, unique=Unique(similarity=0.9))
    changed = {step for step in made.steps if made.identities()[step] != other.identities()[step]}
    assert changed == {"unique", "responses"}


def test_spread_names_every_family_with_what_was_planned_made_and_used(tmp_path: Path) -> None:
    store = run(written(ListWriter(fails="prose", where="Rewrite it", every=3)), tmp_path)
    tally = Tally(store=store, steps=["prompts"])
    tally.update()
    shown = spread_table(store, tally)
    columns = {str(column.header): list(column.cells) for column in shown.columns}
    assert columns["family"] == ["open_qa", "world"]
    assert columns["planned"] == ["40", "10"]
    assert int(columns["again"][0]) > 0 and columns["again"][1] == ""
    assert 60 <= int(columns["parsed"][0].rstrip("%")) < 100
    assert "4 of 6, 2.0b" in columns["topics"][0]
