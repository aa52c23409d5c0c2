"""Sources: rows of files, objects and datasets, with what they are called, and one sentence for what cannot be read."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdg_ray.bucket import bucket
from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.rows import Stream, Table
from tests.conftest import REPOSITORY

PAGES = [{"id": f"p{n}", "text": f"Page {n}.", "words": n} for n in range(10)]


def jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def parquet(path: Path, rows: Sequence[Mapping[str, Any]], group: int = 3) -> str:
    pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=group)
    return str(path)


@pytest.fixture(params=["lines", "table", "object", "folder", "stream", "stream of tables"])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """The same rows as a file, an object in a bucket, a dataset in a folder, or a stream of one."""
    if request.param == "lines":
        return Source(at=jsonl(tmp_path / "pages.jsonl", PAGES))
    if request.param in ("folder", "stream"):
        jsonl(tmp_path / "pages" / "train.jsonl", PAGES)
        return Source(at=str(tmp_path / "pages"), take=len(PAGES) if request.param == "stream" else None)
    if request.param == "stream of tables":
        (tmp_path / "pages").mkdir()
        parquet(tmp_path / "pages" / "train-0.parquet", PAGES[:4])
        parquet(tmp_path / "pages" / "train-1.parquet", PAGES[4:])
        return Source(at=str(tmp_path / "pages"), take=len(PAGES))
    at = parquet(tmp_path / "pages.parquet", PAGES)
    if request.param == "object":
        root = request.getfixturevalue("s3_root")
        obstore.put(bucket(root), "pages.parquet", Path(at))
        at = f"{root}/pages.parquet"
    return Source(at=at)


def test_rows_are_there_in_any_order_with_the_columns_asked_for(pages: Source) -> None:
    rows = pages.rows("text")
    assert len(rows) == 10
    assert set(rows.columns) == {"id", "text", "words"}
    for number in (7, 0, 9, 3, 3):
        assert (rows[number]["id"], rows[number]["text"]) == (f"p{number}", f"Page {number}.")


def test_columns_that_are_not_there_are_refused_by_name(pages: Source) -> None:
    pages.check("text", ("title", "words"))
    with pytest.raises(Refused, match="has no column 'title'; it has id, text, words"):
        pages.check("text", "title")
    with pytest.raises(Refused, match="has no column 'title'"):
        pages.check(("title", "subject"))


def test_source_travels_without_its_rows_and_is_read_again(pages: Source) -> None:
    pages.rows("text")
    travels = pickle.dumps(pages)
    assert len(travels) < 500
    assert pickle.loads(travels).rows("text")[9]["text"] == "Page 9."


@pytest.mark.parametrize("kind", ["lines", "table"])
def test_only_so_many_rows_are_taken(kind: str, tmp_path: Path) -> None:
    at = jsonl(tmp_path / "p.jsonl", PAGES) if kind == "lines" else parquet(tmp_path / "p.parquet", PAGES)
    assert [len(Source(at=at, take=take).rows("text")) for take in (4, 10, 99)] == [4, 10, 10]
    with pytest.raises(Refused, match="take must be at least 1, not 0"):
        Source(at=at, take=0)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 40), group=st.integers(1, 12), asked=st.lists(st.integers(0, 39), max_size=9))
def test_parquet_rows_are_found_whatever_the_row_groups(
    size: int, group: int, asked: list[int], tmp_path: Path
) -> None:
    at = parquet(tmp_path / "p.parquet", [{"text": str(n)} for n in range(size)], group)
    rows = Source(at=at).rows("text")
    assert [rows[n % size]["text"] for n in asked] == [str(n % size) for n in asked]


def test_one_row_group_of_parquet_is_in_memory_at_a_time(tmp_path: Path) -> None:
    large = [{"text": "word " * 2000, "other": "x" * 9000} for _ in range(200)]
    rows = Source(at=parquet(tmp_path / "p.parquet", large, 10)).rows("text")
    assert isinstance(rows, Table)
    for number in range(200):
        assert len(rows[number]["text"]) == 10_000
        assert rows.held.num_rows == 10 and rows.held.column_names == ["text"]


def test_stream_reads_no_further_than_it_is_asked_and_reads_nothing_twice() -> None:
    read = list[int]()

    def endless() -> Any:
        while True:
            read.append(len(read))
            yield {"text": f"Page {len(read)}.", "url": "u"}

    rows = Stream(endless(), ("text",), most=1_000)
    assert (len(rows), rows[4], rows[2]) == (1_000, {"text": "Page 5."}, {"text": "Page 3."})
    assert read == [0, 1, 2, 3, 4]


class Dropped:
    """Ten rows, of which the connection breaks off at the fourth when they are read for the first time."""

    passes = 0

    def __iter__(self) -> Iterator[dict[str, str]]:
        self.passes += 1
        for number in range(10):
            if self.passes == 1 and number == 3:
                raise ConnectionResetError("reset by peer")
            yield {"text": f"Page {number}."}


def test_process_can_end_in_the_middle_of_a_stream(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    said = [os.urandom(400).hex() for _ in range(16_000)]  # as much as is read ahead, where something reads ahead
    talks = [{"id": str(n), "talk": [{"role": "user", "content": each}]} for n, each in enumerate(said)]
    parquet(tmp_path / "pages" / "train.parquet", talks, 1000)
    code = (
        f"from sdg_ray.prompts.sources import Source; Source(at={str(tmp_path / 'pages')!r}, take=9_000).check('talk')"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, "Exception" in ended.stderr) == (0, False)


def test_stream_that_breaks_off_fails_and_is_read_on_at_the_next_attempt() -> None:
    source = Dropped()
    rows = Stream(source, ("text",), most=10)
    with pytest.raises(ConnectionResetError):
        rows[5]
    assert [rows[number]["text"] for number in range(10)] == [f"Page {number}." for number in range(10)]
    assert source.passes == 2


def test_stream_that_ends_too_soon_gives_error_rows(tmp_path: Path) -> None:
    jsonl(tmp_path / "pages" / "train.jsonl", PAGES)
    short = Source(at=str(tmp_path / "pages"), take=12)
    made = [short.draft(short.rows("text"), n, lambda row: Draft(prompt=[])) for n in (9, 10, 11)]
    wrong = "unusable prompt: pages line 11: is not there: the source has 10 rows, not 12; lower take"
    assert [draft.error for draft in made[:2]] == [None, wrong]


def test_origin_names_the_row_its_address_and_its_own_licence_first(tmp_path: Path) -> None:
    at = jsonl(
        tmp_path / "p.jsonl",
        [
            {"text": "a"},
            {"id": 7, "url": "http://a/b", "license": "MIT"},
            {"conversation_id": "c\ud800", "licence": ""},
        ],
    )
    found, rows = Source(at=at, licence="CC0-1.0"), Source(at=at).rows()
    assert [found.origin(n, rows[n]) for n in range(3)] == [
        {"source": at, "item": "1", "path": [], "licence": "CC0-1.0"},
        {"source": at, "item": "7 http://a/b", "path": [], "licence": "MIT"},
        {"source": at, "item": "c?", "path": [], "licence": "CC0-1.0"},
    ]


def test_changed_content_is_noticed_wherever_it_lies(tmp_path: Path) -> None:
    for write, name in ((jsonl, "p.jsonl"), (parquet, "p.parquet")):
        here = identity(Source(at=write(tmp_path / name, PAGES)))
        (tmp_path / "there").mkdir(exist_ok=True)
        assert identity(Source(at=write(tmp_path / "there" / name, PAGES))) == here
        assert identity(Source(at=write(tmp_path / name, [*PAGES[:9], {**PAGES[9], "words": 8}]))) != here


def test_worker_that_finds_another_file_refuses(tmp_path: Path) -> None:
    planned = Source(at=jsonl(tmp_path / "p.jsonl", PAGES))
    jsonl(tmp_path / "p.jsonl", PAGES[:9])
    with pytest.raises(Refused, match="p.jsonl has changed since the run was planned"):
        planned.rows("text")


@pytest.mark.parametrize("name", ["p.jsonl", "p.parquet", "pages/train.jsonl"])
def test_source_without_a_row_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    at = tmp_path / name
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), at)
    else:
        at.write_text("")
    with pytest.raises(Refused, match="is empty"):
        Source(at=str(at if at.parent == tmp_path else at.parent)).check("text")


@pytest.mark.parametrize(
    ("at", "body", "sentence"),
    [
        ("none.jsonl", None, r"none.jsonl cannot be read: No such file or directory; give its path"),
        ("none.parquet", None, r"none.parquet cannot be read: No such file"),
        ("no.parquet", b"PAR1 and no more", "no.parquet is not a Parquet file that can be read"),
        ("nowhere/nothing", None, "is no file, and http://127.0.0.1:9 is out of reach"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(
    at: str, body: bytes | None, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    if body is not None:
        (tmp_path / at).write_bytes(body)
    with pytest.raises(Refused, match=sentence) as refused:
        Source(at=str(tmp_path / at)).check("text")
    assert "\n" not in str(refused.value)


def test_object_that_is_not_there_is_refused(s3_root: str) -> None:
    with pytest.raises(Refused, match="none.parquet cannot be read"):
        Source(at=f"{s3_root}/none.parquet")


def test_dataset_that_is_a_program_is_refused_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "pages.py").write_text(f"open({os.fspath(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(Refused, match="no dataset: "):
        Source(at=str(tmp_path / "pages")).check("text")
    assert not (tmp_path / "ran").exists()


def test_broken_line_of_a_stream_is_refused_or_named(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "train.jsonl").write_text('{"text": bad}\n')
    with pytest.raises(Refused, match="no dataset: "):
        Source(at=str(tmp_path / "pages"), take=5).check("text")


def test_hub_dataset_is_known_by_its_name_before_it_is_read() -> None:
    first, second = (identity(Source(at=at, config="en", take=9)) for at in ("allenai/c4", "allenai/c5"))
    assert first != second
    assert first == identity(Source(at="allenai/c4", config="en", take=9))
