"""The promises of the store, the same on a folder, in memory and on S3, and what goes wrong on each."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.dataset
import pytest

from sdg_ray import bucket as buckets
from sdg_ray.bucket import HURRIED, Unusable, bucket
from sdg_ray.errors import Refused
from sdg_ray.store import Footer, Store, encoded, open_run, reopen
from tests.conftest import REPOSITORY
from tests.fault_proxy import FaultProxy
from tests.small import checksums, small_recipe, tree

TRIES = 1 + int(HURRIED["max_retries"])  # how often one request is sent where nobody is patient
SHARD = re.compile(r"shard-\d{5}\.parquet")
ONE_STEP = {"answers": {"is": "tests.Step", "n": 4}}


def done(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def opened(root: str, run: str = "first") -> Store:
    return open_run(root, run, ONE_STEP)


def rows(text: str = "yes") -> pa.Table:
    return pa.table({"prompt_id": ["a", "b", "c"], "answer": [text, None, "no"]})


def footer(attempt: str, **counts: Any) -> Footer:
    return Footer(attempt=attempt, began=1.5, ended=2.5, counts=counts)


def committed(store: Store, shard: int = 0, attempt: str = "mine", text: str = "yes") -> bool:
    return done(store.commit("answers", shard, rows(text), footer(attempt)))


# what holds everywhere


def test_commit_makes_a_file_that_is_listed_and_reads_as_written(any_root: str) -> None:
    store = opened(any_root)
    assert store.done("answers") == {}
    assert not done(store.has("answers", 7))

    assert done(store.commit("answers", 7, rows(), footer("mine", rows=3, errors={"too long": 1})))

    assert done(store.has("answers", 7))
    assert list(store.done("answers")) == [7]
    assert done(store.read("answers", 7, ["prompt_id", "answer"])).equals(rows())
    assert done(store.read("answers", 7, ["answer"])).column_names == ["answer"]
    assert done(store.footer("answers", 7)) == footer("mine", rows=3, errors={"too long": 1})
    assert done(store.footer("answers", 7, store.done("answers")[7])).attempt == "mine"


def test_commit_of_a_committed_shard_leaves_the_first_and_says_so(any_root: str) -> None:
    store = opened(any_root)
    assert committed(store, attempt="winner", text="yes")

    assert not committed(store, attempt="loser", text="changed")

    assert done(store.footer("answers", 0)).attempt == "winner"
    assert done(store.read("answers", 0, ["answer"]))["answer"][0].as_py() == "yes"


def test_racing_commits_have_one_winner(any_root: str) -> None:
    store = opened(any_root)

    async def race() -> list[bool]:
        tries = (store.commit("answers", 3, rows(str(i)), footer(str(i))) for i in range(16))
        return await asyncio.gather(*tries)

    won = done(race())

    assert sum(won) == 1
    assert done(store.footer("answers", 3)).attempt == str(won.index(True))
    assert done(store.read("answers", 3, ["answer"]))["answer"][0].as_py() == str(won.index(True))


def test_footer_longer_than_the_tail_is_read_whole(any_root: str) -> None:
    store = opened(any_root)
    many = {f"reason {n}": n for n in range(5000)}
    done(store.commit("answers", 0, rows(), footer("mine", errors=many)))

    assert done(store.footer("answers", 0)).counts["errors"] == many


def test_step_whose_name_starts_like_another_is_listed_alone(any_root: str) -> None:
    store = open_run(any_root, "first", {"score": {"is": "s"}, "score_more": {"is": "s"}})
    done(store.commit("score_more", 1, rows(), footer("mine")))

    assert store.done("score") == {}
    assert list(store.done("score_more")) == [1]


def test_more_than_99999_shards_are_listed(any_root: str) -> None:
    store = opened(any_root)
    committed(store, shard=123456)

    assert list(store.done("answers")) == [123456]


def test_listing_of_more_than_a_page_is_whole(any_root: str) -> None:
    store = opened(any_root)
    for shard in range(60):
        obstore.put(bucket(any_root), store.path("answers", shard), b"PAR1")

    assert store.done("answers") == dict.fromkeys(range(60), 4)


# what a run is


def test_same_recipe_opens_the_same_run_again(any_root: str) -> None:
    recipe = small_recipe()
    first = open_run(any_root, "first", recipe.identities())
    assert open_run(any_root, "first", recipe.identities()) == first
    assert reopen(any_root, "first") == first


def test_changed_recipe_is_refused_by_field_with_both_values_and_the_way_out(any_root: str) -> None:
    open_run(any_root, "first", small_recipe(threshold=3.0).identities())

    with pytest.raises(Refused) as refused:
        open_run(any_root, "first", small_recipe(threshold=3.5).identities())

    said = str(refused.value)
    assert said.startswith("step 'selection' of run 'first' changed: filters.reward.threshold: 3.0 -> 3.5.")
    assert "reuse=first" in said
    assert "\n" not in said


def test_step_that_was_added_or_left_out_is_refused_by_name(any_root: str) -> None:
    both = {"answers": {"is": "a"}, "scores": {"is": "s"}}
    open_run(any_root, "first", both)

    with pytest.raises(Refused, match="has a step 'scores' that this recipe lacks"):
        open_run(any_root, "first", {"answers": {"is": "a"}})
    with pytest.raises(Refused) as refused:
        open_run(any_root, "first", both | {"more": {"is": "m"}})
    assert str(refused.value) == (
        "run 'first' has no step 'more', which this recipe has. "
        "Choose a new run name; with reuse=first it keeps every step that did not change"
    )


def test_reuse_reads_what_is_the_same_where_it_is_through_a_chain_of_runs(any_root: str) -> None:
    open_run(any_root, "first", small_recipe().identities())
    second = open_run(any_root, "second", small_recipe(threshold=1.0).identities(), reuse="first")
    third = open_run(any_root, "third", small_recipe(threshold=1.0, min_margin=1.0).identities(), reuse="second")

    upstream = {"prompts": "first", "responses": "first", "reward": "first"}
    assert second.homes == upstream | {"selection": "second", "preferences": "second"}
    assert third.homes == upstream | {"selection": "second", "preferences": "third"}
    assert third.path("reward", 17) == "first/reward/shard-00017.parquet"


def test_reuse_is_remembered_when_the_run_is_opened_without_it(any_root: str) -> None:
    changed = small_recipe(threshold=1.0).identities()
    open_run(any_root, "first", small_recipe().identities())
    second = open_run(any_root, "second", changed, reuse="first")

    assert open_run(any_root, "second", changed) == second


def test_reuse_that_a_run_was_not_begun_with_is_refused_and_the_same_command_is_not(any_root: str) -> None:
    changed = small_recipe(threshold=1.0).identities()
    open_run(any_root, "first", small_recipe().identities())
    second = open_run(any_root, "second", changed, reuse="first")
    open_run(any_root, "third", changed)

    assert open_run(any_root, "second", changed, reuse="first") == second
    assert open_run(any_root, "second", changed, reuse="second") == second
    with pytest.raises(Refused, match="run 'third' exists and was not begun with reuse=first; leave that out"):
        open_run(any_root, "third", changed, reuse="first")
    with pytest.raises(Refused, match="run 'second' exists and was not begun with reuse=third"):
        open_run(any_root, "second", changed, reuse="third")


def test_more_shards_are_no_change(any_root: str) -> None:
    open_run(any_root, "first", small_recipe(shards=3).identities())
    open_run(any_root, "first", small_recipe(shards=300).identities())


def test_reuse_of_no_run_is_refused(any_root: str) -> None:
    with pytest.raises(Refused, match="reuse=nobody names no run"):
        open_run(any_root, "first", ONE_STEP, reuse="nobody")


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "a\n"])
def test_run_name_that_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot name a folder"):
        open_run(str(tmp_path), name, ONE_STEP)
    assert not tree(tmp_path)


def test_run_that_is_not_there_is_refused(any_root: str) -> None:
    opened(any_root)
    with pytest.raises(Refused, match="no run 'second'"):
        reopen(any_root, "second")


# a folder


def test_leftovers_of_a_killed_writer_are_seen_by_no_reader(tmp_path: Path) -> None:
    store = opened(str(tmp_path))
    committed(store)
    partial = tmp_path / "first/answers/.partial"
    partial.mkdir(exist_ok=True)
    (partial / "shard-00001.parquet.0123abcd").write_bytes(b"PAR1 half a file")
    (partial / "shard-00001.parquet.0123abcd#1").write_bytes(b"PAR1")

    assert pyarrow.dataset.dataset(tmp_path / "first/answers").to_table().num_rows == 3
    assert list(store.done("answers")) == [0]
    assert committed(store, shard=1)


WRITER = """
import asyncio, os, sys
import pyarrow as pa
from sdg_ray.store import Footer, open_run
store = open_run(sys.argv[1], "first", {"answers": {"is": "s"}})
big = pa.table({"prompt_id": [str(n) for n in range(2000)], "answer": [os.urandom(400).hex() for n in range(2000)]})
print("ready", flush=True)
for shard in range(10_000):
    asyncio.run(store.commit("answers", shard, big, Footer(attempt=sys.argv[2], began=0, ended=0)))
"""


def test_files_are_whole_or_absent_while_they_are_written_and_after_their_writer_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "first/answers"
    command = [sys.executable, "-c", WRITER, str(tmp_path), "mine"]
    writer = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)
    assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
    seen: set[str] = set()
    folder.mkdir(parents=True, exist_ok=True)
    while len(seen) < 120:
        assert writer.poll() is None
        seen.update(name for name in os.listdir(folder) if not name.startswith("."))
    before = checksums(tmp_path)
    writer.send_signal(signal.SIGKILL)
    writer.wait()

    assert not [name for name in seen if not SHARD.fullmatch(name)], "a reader of the folder can meet half a file"
    assert before.items() <= checksums(tmp_path).items()
    found = pyarrow.dataset.dataset(folder)
    assert len(found.files) >= 120
    assert found.to_table().num_rows == 2000 * len(found.files)


def test_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: dict[int, list[str]] = {}

    def fsync(descriptor: int) -> None:
        if "/shard-" in os.readlink(f"/proc/self/fd/{descriptor}"):
            flushed[os.fstat(descriptor).st_ino] = [path.name for path in tmp_path.rglob("shard-*.parquet")]

    monkeypatch.setattr(os, "fsync", fsync)
    for shard in (0, 1):
        committed(opened(str(tmp_path), run="größe"), shard=shard)
    shards = sorted(tmp_path.rglob("shard-*.parquet"))
    assert flushed == {shards[0].stat().st_ino: [], shards[1].stat().st_ino: [shards[0].name]}


def test_run_and_its_notes_are_on_the_disk_before_they_have_their_names_and_leftovers_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[list[str]] = []
    monkeypatch.setattr(os, "fsync", lambda _: named.append([path.name for path in tmp_path.rglob("*.json")]))
    store = opened(str(tmp_path))
    store.note("answers", "shard-00000.mine.0000", {"shard": 0})
    assert named == [[], ["run.json"]]

    (tmp_path / "first/attempts/answers/.partial/shard-00000.mine.0001.json.0123abcd").write_bytes(b"")
    assert {name: body["shard"] for name, body in store.notes("answers").items()} == {"shard-00000.mine.0000": 0}


def test_note_that_is_there_already_is_not_written_again(any_root: str) -> None:
    store = opened(any_root)
    store.note("answers", "shard-00000.mine.0000", {"shard": 0})
    with pytest.raises(Unusable):
        store.note("answers", "shard-00000.mine.0000", {"shard": 1})
    assert store.notes("answers")["shard-00000.mine.0000"]["shard"] == 0


@pytest.mark.parametrize("left", [b"", b'{"shard": 0, "ite', b"\0\0\0", b"[1]"])
def test_damaged_note_says_nothing(any_root: str, left: bytes) -> None:
    store = opened(any_root)
    obstore.put(bucket(any_root), "first/attempts/answers/shard-00000.mine.0000.json", left)
    assert store.notes("answers") == {"shard-00000.mine.0000": {}}


LEAVER = """
import asyncio, sys
import pyarrow as pa
from sdg_ray.store import Footer, open_run
store = open_run(sys.argv[1], "first", {"answers": {"is": "s"}})
rows = pa.table({"prompt_id": ["a"]})
asyncio.run(store.commit("answers", int(sys.argv[2]), rows, Footer(attempt="mine", began=0, ended=0)))
"""


def test_process_that_ends_after_a_commit_ends_well(tmp_path: Path) -> None:
    for few in range(2):
        commands = [[sys.executable, "-c", LEAVER, str(tmp_path), str(4 * few + number)] for number in range(4)]
        leavers = [subprocess.Popen(command, cwd=REPOSITORY) for command in commands]
        assert [leaver.wait(120) for leaver in leavers] == [0] * 4


def test_root_below_a_file_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    before = tree(tmp_path)

    with pytest.raises(Refused, match="cannot be written: .*choose a root that this user may write to"):
        opened(str(tmp_path / "file/runs"))

    assert tree(tmp_path) == before


def test_run_whose_folder_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "first").write_text("in the way")
    with pytest.raises(Refused, match="cannot be written") as refused:
        opened(str(tmp_path))
    assert "\n" not in str(refused.value)


def test_damaged_run_json_is_refused(tmp_path: Path) -> None:
    opened(str(tmp_path))
    (tmp_path / "first/run.json").write_text('{"steps": {"answ')
    with pytest.raises(Refused, match="run.json"):
        opened(str(tmp_path))


def test_run_json_can_be_read_by_a_person(tmp_path: Path) -> None:
    opened(str(tmp_path))
    steps = json.loads((tmp_path / "first/run.json").read_text())["steps"]
    assert steps == {"answers": {"is": {"is": "tests.Step", "n": 4}, "in": "first"}}


# S3


def test_slow_store_is_waited_for(s3_root: str, proxy: FaultProxy) -> None:
    store = opened(s3_root)
    proxy.times(1, "delay 0.5")
    assert committed(store)
    assert proxy.done["delay 0.5"] == 1


@pytest.mark.parametrize("fault", ["refuse 503", "refuse 500", "reset before"])
def test_commit_outlasts_a_fault_before_the_write(s3_root: str, proxy: FaultProxy, fault: str) -> None:
    store = opened(s3_root)
    proxy.times(2, fault)

    assert committed(store)

    assert proxy.done[fault] == 2
    assert done(store.read("answers", 0, ["prompt_id"])).num_rows == 3


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work gives up after as few tries as whoever opens a run."""
    monkeypatch.setattr(buckets, "PATIENT", HURRIED)


@pytest.mark.parametrize("times", [1, TRIES])
@pytest.mark.usefixtures("impatient")
def test_write_whose_answer_was_lost_is_known_as_ours(s3_root: str, proxy: FaultProxy, times: int) -> None:
    store = opened(s3_root)
    proxy.times(times, "reset after")

    assert committed(store, attempt="mine")

    assert proxy.done["reset after"] == times
    assert done(store.footer("answers", 0)).attempt == "mine"


def test_lost_answer_about_a_rivals_file_is_known_as_the_rivals(s3_root: str, proxy: FaultProxy) -> None:
    store = opened(s3_root)
    committed(store, attempt="rival")
    proxy.times(1, "reset after")

    assert not committed(store, attempt="mine")

    assert done(store.footer("answers", 0)).attempt == "rival"


@pytest.mark.usefixtures("impatient")
def test_rival_who_writes_after_our_tries_were_lost_wins(s3_root: str, s3_port: int, proxy: FaultProxy) -> None:
    store, tries = opened(s3_root), []

    def rule(method: str, path: str) -> str | None:
        if method != "PUT":
            return None
        tries.append(path)
        if len(tries) <= TRIES:
            return "reset before"
        _put_directly(s3_port, s3_root, store.path("answers", 0), encoded(rows(), footer("rival")))
        return None

    proxy.rule = rule

    assert not committed(store, attempt="mine")

    assert len(tries) == TRIES + 1
    assert done(store.footer("answers", 0)).attempt == "rival"


def test_conflict_with_a_rival_who_is_just_writing_is_no_sign_that_anything_is_there(
    s3_root: str, proxy: FaultProxy
) -> None:
    conflict = "refuse 409 ConditionalRequestConflict"
    proxy.times(1, conflict, part="run.json")
    store = opened(s3_root)
    proxy.times(2, conflict)

    assert committed(store)

    assert proxy.done[conflict] == 3
    proxy.times(9, conflict)
    with pytest.raises(Unusable, match="ConditionalRequestConflict; another job is just writing there"):
        committed(store, shard=1)


def test_reads_and_listings_outlast_faults(s3_root: str, proxy: FaultProxy) -> None:
    store = opened(s3_root)
    committed(store)
    for fault in ("refuse 503", "reset before"):
        proxy.times(2, fault, "GET", "")
        assert list(store.done("answers")) == [0]
        proxy.times(2, fault, "GET", "")
        assert done(store.read("answers", 0, ["answer"])).num_rows == 3
        proxy.times(2, fault, "HEAD", "")
        assert done(store.has("answers", 0))
        assert proxy.done[fault] == 6


def test_wrong_credentials_are_refused_in_one_sentence_without_the_secret(s3_root: str, proxy: FaultProxy) -> None:
    proxy.rule = lambda method, path: "refuse 403"

    with pytest.raises(Refused) as refused:
        opened(s3_root)

    said = str(refused.value)
    assert said.startswith(f"root={s3_root} cannot be written: InvalidAccessKeyId; check AWS_ACCESS_KEY_ID")
    assert "no-one-may-read-this" not in said
    assert "\n" not in said


def test_bucket_that_is_not_there_is_refused(proxy: FaultProxy) -> None:
    with pytest.raises(Refused, match="NoSuchBucket") as refused:
        opened("s3://no-such-bucket/runs")
    assert "\n" not in str(refused.value) and "http" not in str(refused.value)


def test_address_of_no_known_kind_is_refused() -> None:
    with pytest.raises(Refused, match="root=ftp://somewhere/runs is not an address that can be opened"):
        opened("ftp://somewhere/runs")


def _put_directly(port: int, root: str, path: str, body: bytes) -> None:
    import boto3

    name, prefix = root.removeprefix("s3://").split("/")
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1")
    client.put_object(Bucket=name, Key=f"{prefix}/{path}", Body=body)
