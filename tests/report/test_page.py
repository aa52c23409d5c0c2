"""The report as a file: what is embedded cannot get out, what is written where, and what is refused."""

import asyncio
import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import obstore
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from jobs.report import main
from sdg_ray.bucket import bucket
from sdg_ray.errors import Refused
from sdg_ray.report.figures import figures
from sdg_ray.report.page import embedded, plain, write_report
from sdg_ray.runner import bring_all
from sdg_ray.runner.local import Local
from sdg_ray.store import Footer, Store, open_run, reopen
from tests.chaos.job import dialogue_recipe
from tests.scripted import Scripted
from tests.small import run_here, small_recipe

LARGEST = 20_000_000


def embedded_in(page: str) -> dict[str, Any]:
    """The data of a page, found as a browser finds it: up to the first tag that closes the element."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script', page, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def copy(there: Store, here: Store, step: str, shard: int) -> None:
    """Commit in one run what another has."""
    table = pq.read_table(asyncio.run(there.file(step, shard)))
    assert asyncio.run(here.commit(step, shard, table, Footer(attempt=f"{step}{shard}", began=0.0, ended=1.0)))


def test_report_is_one_file_beside_the_run_and_is_replaced(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(), tmp_path)
    assert write_report(store) == f"{tmp_path}/first/report.html"
    before = Path(tmp_path, "first", "report.html").read_text()
    assert write_report(reopen(str(tmp_path), "first")) == f"{tmp_path}/first/report.html"
    assert len(before) < LARGEST and before.startswith("<!doctype html>")
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", before.split('id="data"')[0]), "nothing is loaded"
    assert "http://" not in before.replace("http://www.w3.org/2000/svg", "") and "@import" not in before


def test_report_goes_where_it_is_told_to_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_here(small_recipe(shards=1), tmp_path)
    to = tmp_path / "elsewhere" / "mine.html"
    assert main(["run=first", f"root={tmp_path}", f"to={to}"], Console()) == 0
    assert str(to) in capsys.readouterr().out and to.exists()
    assert not (tmp_path / "first" / "report.html").exists()


def test_report_of_a_run_on_object_storage_lies_beside_it(s3_root: str) -> None:
    store, _ = run_here(small_recipe(shards=1), s3_root)
    for _ in range(2):
        assert write_report(store) == f"{s3_root}/first/report.html"
    body = bytes(obstore.get(bucket(s3_root), "first/report.html").bytes()).decode()
    assert embedded_in(body)["runs"][0]["run"] == "first"


def test_run_without_shards_is_refused(tmp_path: Path) -> None:
    store = open_run(str(tmp_path), "first", small_recipe().identities())
    with pytest.raises(Refused, match="run 'first' has no shards yet"):
        write_report(store)


def test_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(shards=1), tmp_path)
    with pytest.raises(Refused, match="cannot be written"):
        write_report(store, tmp_path)


def test_run_that_is_not_named_is_refused() -> None:
    with pytest.raises(Refused, match="run=... must be given"):
        main([], Console())


@pytest.mark.parametrize(
    "text", ["</script>", "<!--<script>", "a & b", "\u2028\u2029", '"\\', "\x00\x1f", "\U0001f600", "ﷺ"]
)
def test_text_survives_embedding_and_no_character_of_markup_is_left(text: str) -> None:
    made = embedded({"text": text})
    assert json.loads(made) == {"text": text}
    assert not set("<>&\u2028\u2029") & set(made)


def test_what_json_does_not_know_is_null() -> None:
    assert plain({"a": [float("nan"), float("inf"), 1 / 3]}) == {"a": [None, None, 0.33333]}


def test_policy_names_the_hash_of_what_is_there(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(shards=1), tmp_path)
    page = Path(write_report(store)).read_text()
    for tag in ("style", "script"):
        body = page.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page.split("<style>")[0]


def test_unfinished_run_is_reported_as_far_as_it_is(tmp_path: Path) -> None:
    made = small_recipe(shards=2)
    store = open_run(str(tmp_path), "first", made.identities())
    other, _ = run_here(small_recipe(shards=2), tmp_path, "other")
    for shard in (0, 1):
        for step in ("prompts", "responses") if shard else made.steps:
            copy(other, store, step, shard)
    found = embedded_in(Path(write_report(store)).read_text())
    run = found["runs"][0]
    assert [each["step"] for each in run["unfinished"]] == ["reward", "selection", "preferences"]
    assert run["outcomes"]["answered"] == 4 and len(found["records"]) == 8


def test_run_of_prompts_alone_and_one_of_dialogues_have_reports(tmp_path: Path) -> None:
    made = small_recipe(shards=1)
    store = open_run(str(tmp_path), "alone", made.identities())
    other, _ = run_here(made, tmp_path, "other")
    copy(other, store, "prompts", 0)
    alone = embedded_in(Path(write_report(store)).read_text())
    assert alone["runs"][0]["outcomes"]["waiting"] == 4 and not alone["runs"][0]["models"]

    dialogues = run_here_with_topics(tmp_path)
    found = embedded_in(Path(write_report(dialogues)).read_text())
    candidate = next(each["candidates"][0] for each in found["records"] if each["candidates"])
    assert [turn["role"] for turn in candidate["turns"]] == ["assistant", "user", "assistant"]
    assert candidate["dialogue"]["persona"] and found["runs"][0]["pairs"] is None


def run_here_with_topics(root: Path) -> Store:
    made = dialogue_recipe(2, 0.0)
    store = open_run(str(root), "talk", made.identities())
    assert not bring_all(made, store, Local())
    return store


def test_errors_are_there_with_an_example(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(engine=Scripted(too_long="7")), tmp_path)
    errors = figures(store)["runs"][0]["errors"]
    assert [(each["where"], each["kind"], each["example"]) for each in errors] == [
        ("answer", "too long", "too long: as the prompt says")
    ]


def test_two_runs_are_drawn_over_the_same_bars(tmp_path: Path) -> None:
    one, _ = run_here(small_recipe(), tmp_path, "one")
    other, _ = run_here(small_recipe(threshold=3.0, rows=6), tmp_path, "other")
    found = embedded_in(Path(write_report(one, compare=other)).read_text())
    first, second = found["runs"]
    assert [each["edges"] for each in first["attributes"]] == [each["edges"] for each in second["attributes"]]
    assert first["attributes"][0]["threshold"] == 2.0 and second["attributes"][0]["threshold"] == 3.0
    assert {each["shard"] for each in found["records"]} <= {0, 1, 2} and len(found["records"]) == 12
