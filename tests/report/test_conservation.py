"""Planned = good + left out + errors, in every step: counted from the footers, said, and seen when it does not hold."""

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from rich.console import Console

from jobs.generate import run as generate
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.recipe import Recipe
from sdg_ray.record import counts
from sdg_ray.report.conservation import Conservation
from sdg_ray.report.progress import Progress
from sdg_ray.report.table import run_table
from sdg_ray.report.tally import Tally
from sdg_ray.runner import bring_all
from sdg_ray.runner.local import Local
from sdg_ray.stages.gather import Gather
from sdg_ray.stages.respond import Respond
from sdg_ray.store import Footer, Store, open_run
from sdg_ray.unique import Unique
from tests.odd import Odd
from tests.scripted import Scripted
from tests.small import run_here, small_recipe, table

LINES = [
    '"Why is the sky blue?"', '"How do bees find their home?"', "no JSON at all", '"Name a river in Peru."',
    '"why is the sky  blue?"', '"This one is too long."', '"Who built the first kite?"', '"What do owls eat?"',
]  # fmt: skip
SAID = [
    "prompts  8 rows = 7 good + 1 errors (unusable prompt 1)",
    "unique  8 rows = 6 good + 1 left out (duplicate 1) + 1 errors (unusable prompt 1)",
    *(
        f"{step}  8 rows = 5 good + 1 left out (duplicate 1) + 2 errors (unusable prompt 1, too long 1)"
        for step in ("responses", "reward", "selection", "preferences")
    ),
]


@pytest.fixture
def made(tmp_path: Path) -> Recipe:
    """Eight lines in two shards: one is no prompt, one repeats another, one has no answer."""
    (tmp_path / "given.jsonl").write_text("\n".join(LINES))
    prompts = Prompts(families={"given": Given(source=str(tmp_path / "given.jsonl"))}, rows=4)
    return small_recipe(prompts=prompts, unique=Unique())


def law_of(made: Recipe, store: Store) -> Conservation:
    law = Conservation(made, Tally(store=store, steps=made.steps))
    law.tally.update()
    return law


def printed(show: Callable[[Console], Any]) -> tuple[str, Any]:
    """What was printed, without its layout, and what came of it."""
    out = io.StringIO()
    ended = show(Console(file=out, width=200))
    return " ".join(out.getvalue().split()), ended


def replaced(root: Path, store: Store, shard: int, change: Callable[[pa.Table], pa.Table], *without: str) -> None:
    """Put another file in the place of a shard of responses, with a footer that tells the truth but for some counts."""
    other = change(table(root, "first", "responses", shard))
    (root / f"first/responses/shard-{shard:05d}.parquet").unlink()
    known = {name: count for name, count in counts(other).items() if name not in without}
    footer = Footer(attempt="other", began=0.0, ended=1.0, counts=json.loads(json.dumps(known)))
    assert asyncio.run(store.commit("responses", shard, other, footer))


def unanswered(rows: pa.Table) -> pa.Table:
    """The same rows, the first without its answers."""
    lists = {name: [[], *rows[name].to_pylist()[1:]] for name in ("responses", "answered")}
    return pa.table({"prompt_id": rows["prompt_id"], **lists}, schema=rows.schema)


def test_every_step_says_once_what_became_of_its_rows_and_the_table_that_none_is_lost(
    made: Recipe, tmp_path: Path
) -> None:
    store = open_run(str(tmp_path), "first", made.identities())
    law = Conservation(made, Tally(store=store, steps=made.steps))

    def run(console: Console) -> None:
        with Progress(law, console, every=0.01):
            assert not bring_all(made, store, Local())

    said, _ = printed(run)
    assert [said.count(" ".join(line.split())) for line in SAID] == [1] * len(SAID)
    assert [str(law.balance(step)) for step in made.steps] == SAID
    assert not law.all_broken()

    said, ended = printed(lambda console: generate(made, store, Local(), 0.9, console))
    assert "conserved 8 5 good + 1 left out + 2 errors" in said and "not conserved" not in said
    assert ended == 0


def test_file_with_fewer_rows_than_planned_is_named_and_the_job_fails(made: Recipe, tmp_path: Path) -> None:
    store = open_run(str(tmp_path), "first", made.identities())
    assert not bring_all(made, store, Local())
    replaced(tmp_path, store, 1, lambda rows: rows.slice(1))

    said, ended = printed(lambda console: generate(made, store, Local(), 0.9, console))

    assert "not conserved: responses: shard 1 has 3 rows of 4 planned" in said and "conserved 8 5 good" not in said
    assert ended == 1


def test_good_prompt_that_was_never_answered_is_missed(made: Recipe, tmp_path: Path) -> None:
    store = open_run(str(tmp_path), "first", made.identities())
    assert not bring_all(made, store, Local())
    replaced(tmp_path, store, 0, unanswered)

    assert law_of(made, store).all_broken() == ["responses: shard 0 has 3 good prompts, and 2 were answered"]


def test_files_of_an_earlier_version_break_no_law_and_say_that_they_do_not_count(made: Recipe, tmp_path: Path) -> None:
    store = open_run(str(tmp_path), "first", made.identities())
    assert not bring_all(made, store, Local())
    replaced(tmp_path, store, 1, lambda rows: rows, "asked", "unanswered")
    law = law_of(made, store)

    assert not law.all_broken()
    assert str(law.balance("unique")) == SAID[1]
    assert "errors are not counted" in str(law.balance("responses"))
    assert (
        "conserved 8 every row is in every step; errors are not counted"
        in printed(lambda console: console.print(run_table(law, 0)))[0]
    )


def test_rows_of_pending_shards_are_no_loss(tmp_path: Path) -> None:
    made = small_recipe(responses=Odd(stage=Respond(engine=Scripted()), at=1))
    store, failed = run_here(made, tmp_path)
    law = law_of(made, store)

    assert failed and not law.all_broken() and not law.whole("responses") and law.whole("prompts")
    assert "conserved 8 8 good; 4 in pending shards" in printed(lambda console: console.print(run_table(law, 1)))[0]


def test_prompts_that_are_for_another_generator_are_left_out_of_its_own_step_alone(tmp_path: Path) -> None:
    two = {f"responses_{name}": Respond(engine=Scripted(), name=name, among=("a", "b")) for name in ("a", "b")}
    made = small_recipe(responses=Gather(names=("a", "b")), **two)
    store, failed = run_here(made, tmp_path)
    law = law_of(made, store)

    assert not failed and not law.all_broken()
    each = [law.balance(step) for step in two]
    assert sum(balance.left_out["for other generators"] for balance in each) == 12
    assert all(0 < balance.good < 12 for balance in each)
    assert str(law.balance("responses")) == "responses  12 rows = 12 good"
