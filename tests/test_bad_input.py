"""What bad input gets, through the job as a person types it: one sentence, exit code 2, and nothing half-written."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.generate import connect, main
from sdg_ray.bucket import refuse_secrets
from sdg_ray.command import command
from sdg_ray.errors import Refused
from tests.conftest import REPOSITORY
from tests.fault_proxy import FaultProxy
from tests.small import rows_of, table, tree

SCRIPTED = (
    "~model.generator",
    "~model.reward",
    "+model.generator={_target_: tests.scripted.Scripted}",
    "+model.reward={_target_: tests.scripted.Scripted}",
)
HERE = ("cluster=local", "run=first", *SCRIPTED, "recipe.prompts.rows=4", "recipe.prompts.shards=2")
GIVEN = ("recipe=given", *HERE[:-1])


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    returncode: int
    stdout: str
    stderr: str


Generate = Callable[..., Ended]


@pytest.fixture
def generate(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Generate:
    """`python jobs/generate.py` with these settings, to its end, without the seconds that a new process takes."""

    def run(root: Path | str, *settings: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["jobs/generate.py", f"root={root}", *settings])
        with pytest.raises(SystemExit) as left:
            command(main, None)
        said = capfd.readouterr()
        assert isinstance(left.value.code, int)
        return Ended(left.value.code, said.out, said.err)

    return run


def generate_apart(root: Path | str, *settings: str) -> Ended:
    """The same, as a process of its own."""
    typed = [sys.executable, "jobs/generate.py", f"root={root}", *settings]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    job = subprocess.run(typed, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300)
    return Ended(job.returncode, job.stdout, job.stderr)


def sentence(job: Ended) -> str:
    """What a job that was refused says: one line, and nothing else."""
    said = job.stdout + job.stderr
    assert job.returncode == 2, said
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line.strip() and "logging.cc" not in line]  # Ray's own, in C++
    assert len(lines) == 1 and lines[0].startswith("refused: "), said
    return lines[0].removeprefix("refused: ")


WRONG = {
    "there is no such model": (
        (*HERE, "~model.generator", "+model.generator={_target_: sdg_ray.engines.vllm.Vllm, name: /no/such/model}"),
        "model /no/such/model is not a folder with a config.json; give its path or a name of the hub",
    ),
    "unknown key of a stage": ((*HERE, "recipe.responses.canddates=3"), "recipe.responses has no 'canddates'; it has"),
    "unknown key at the top": ((*HERE, "recpe.responses.n=3"), "there is no recpe"),
    "unknown step": ((*HERE, "recipe.respnses.n=3"), "not a step; a step has a _target_ in sdg_ray.stages"),
    "unknown recipe": (("recipe=nothing", "run=first"), "Could not find 'recipe/nothing'"),
    "wrong type": ((*HERE, "recipe.responses.n=many"), "recipe.responses.n is 'many', which is not of the type int"),
    "not a setting": ((*HERE, "nonsense"), "'nonsense' is no setting; a setting is name=value"),
    "no run name": (("cluster=local", *SCRIPTED), "run=... must be given; --help shows how"),
    "no class of that name": ((*HERE, "recipe.reward._target_=sdg_ray.stages.nothing.X"), "recipe.reward._target_"),
    "column nobody writes": (
        (*HERE, "~recipe.reward"),
        "step 'selection' reads the column 'score_reward', which no step writes; there are answered, error,",
    ),
    "no prompts": ((*HERE, "recipe.prompts.shards=0"), "rows and recipe.prompts.shards must be at least 1"),
    "no such kind of question": ((*HERE, "recipe.prompts.families.world.kinds=[riddle]"), "no kind 'riddle'; it has"),
    "no such prompt file": (
        (*GIVEN, "recipe.prompts.families.given.source=/no/such/prompts.jsonl"),
        "/no/such/prompts.jsonl cannot be read: No such file or directory",
    ),
    "no prompt file given": (GIVEN, "recipe.prompts.families.given.source=... must be given"),
    "nothing at a time": ((*HERE, "cluster.overlap=0"), "cluster.overlap must be at least 1, not 0"),
    "address of no kind": ((*HERE, "root=ftp://somewhere"), "root=ftp://somewhere is not an address"),
    "run that is no folder": ((*HERE, "run=a/b"), "run='a/b' cannot name a folder"),
    "run that is no name": ((*HERE, "run=1.10"), "run=1.1 is not of the type str | int; --help shows"),
    "root of nothing": ((*HERE, "root=null"), "root=None is not of the type str; --help shows what it can be"),
    "root that is a number": ((*HERE, "root=1"), "root=1 is not of the type str"),
    "share in percent": ((*HERE, "max_error_share=10%"), "max_error_share=10% is not of the type float"),
    "share in percent without the sign": ((*HERE, "max_error_share=10"), "max_error_share=10 is no share; give a"),
    "no share": ((*HERE, "max_error_share=null"), "max_error_share=None is not of the type float"),
    "price in words": ((*HERE, "price=abc"), "price=abc is not of the type float | None"),
    "preview of no number": ((*HERE, "preview=x"), "preview=x is not of the type int"),
    "preview of less than nothing": ((*HERE, "preview=-1"), "preview=-1 is too few"),
    "reuse of nothing": ((*HERE, "reuse=nobody"), "reuse=nobody names no run below"),
    "retry of nothing": ((*HERE, "reuse=nobody", "retry=errors"), "there is no run 'nobody' below"),
    "retry without a run": (
        (*HERE, "retry=errors"),
        "retry=errors reuse=None cannot be; retry=errors needs reuse=NAME",
    ),
    "retry of what is no error": ((*HERE, "reuse=a", "retry=all"), "retry=all reuse=a cannot be"),
}


@pytest.mark.parametrize("what", WRONG)
def test_setting_that_cannot_work_is_refused(what: str, tmp_path: Path, generate: Generate) -> None:
    settings, expected = WRONG[what]

    said = sentence(generate(tmp_path / "runs", *settings))

    assert expected in said
    assert len(said) < 400
    assert not tree(tmp_path)


def test_preview_of_seeds_that_give_many_prompts_shows_as_many_as_were_asked_for(
    tmp_path: Path, generate: Generate
) -> None:
    judge = ("~model.judge", "+model.judge={_target_: tests.scripted.Scripted}", "recipe=genetic")
    job = generate(tmp_path / "runs", "run=first", *SCRIPTED, *judge, "preview=4")
    assert job.returncode == 0, job.stdout + job.stderr
    assert len(re.findall(r"^.. genetic \w+", job.stdout, re.MULTILINE)) == 4
    assert not tree(tmp_path)


def test_run_whose_name_is_a_number_is_a_run_like_any_other(tmp_path: Path, generate: Generate) -> None:
    again = (*HERE, "run=20240132", "reuse=20240131")
    for typed in ((*HERE, "run=20240131"), again, (*HERE, "run=20240133", "reuse=20240131", "retry=errors")):
        assert generate(tmp_path, *typed).returncode == 0
    assert json.loads((tmp_path / "20240132/run.json").read_text())["steps"]["reward"]["in"] == "20240131"


def test_root_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    said = sentence(generate_apart(tmp_path / "file/runs", *HERE))

    assert said == (
        f"root={tmp_path}/file/runs cannot be written: Not a directory; choose a root that this user may write to"
    )
    assert tree(tmp_path) == {"file": b"in the way"}


def test_wrong_credentials_are_refused_without_the_secret(s3_root: str, proxy: FaultProxy, generate: Generate) -> None:
    proxy.rule = lambda method, path: "refuse 403"

    said = sentence(generate(s3_root, *HERE))

    assert said.startswith(f"root={s3_root} cannot be written: InvalidAccessKeyId; check AWS_ACCESS_KEY_ID")
    assert "no-one-may-read-this" not in said


@pytest.mark.parametrize("address", ["s3://AKID:k3y/of+us@bucket/runs", "s3://bucket/runs?k3y", "s3://bucket/runs#k3y"])
def test_credentials_in_an_address_are_refused_and_not_repeated(
    address: str, tmp_path: Path, generate: Generate
) -> None:
    given = f"recipe.prompts.families.given.source='{address}"
    for root, settings, setting in (
        (f"'{address}'", HERE, "root"),
        (f"'{address}'", (*HERE, "reuse=other"), "root"),
        (tmp_path / "runs", (*GIVEN, f"{given}/p.jsonl'"), "source"),
        (tmp_path / "runs", (*GIVEN, f"{given}'"), "source"),  # as a dataset of the hub
    ):
        said = sentence(generate(root, *settings))

        assert said.startswith(f"{setting}= holds a user, a password or a query; keep it plain")
        assert "k3y" not in said and "AKID" not in said
    assert not tree(tmp_path)


def test_container_before_the_account_is_no_credential() -> None:
    refuse_secrets("root", "abfss://runs@account.dfs.core.windows.net/demo")
    with pytest.raises(Refused, match="holds a user"):
        refuse_secrets("root", "abfss://me:k3y@account.dfs.core.windows.net/demo")


def test_value_that_cannot_be_read_is_not_repeated(generate: Generate) -> None:
    said = sentence(generate("s3://bucket/runs?X-Signature=k3y", *HERE))

    assert said.startswith("config: root=... cannot be read; a value with = or spaces in it goes into quotes")
    assert "k3y" not in said


def test_changed_recipe_in_a_run_that_exists_is_refused_and_reuse_makes_only_what_changed(
    tmp_path: Path, generate: Generate
) -> None:
    assert generate(tmp_path, *HERE).returncode == 0
    before = tree(tmp_path)

    said = sentence(generate(tmp_path, *HERE, "recipe.preferences.min_margin=1.25"))

    assert said.startswith("step 'preferences' of run 'first' changed: min_margin: 0.5 -> 1.25.")
    assert "reuse=first" in said
    assert tree(tmp_path) == before

    job = generate(tmp_path, *HERE, "recipe.preferences.min_margin=1.25", "run=second", "reuse=first")
    assert job.returncode == 0, job.stdout
    assert sorted(path.name for path in (tmp_path / "second").iterdir()) == [
        ".partial",
        "preferences",
        "report.html",
        "run.json",
    ]
    assert before.items() <= tree(tmp_path).items()


LINES = [
    b'"What is 17 + 25?"',
    b'{"prompt": "no end',
    b'{"prompt": [{"role": "assistant", "content": "Hello."}]}',
    b'{"prompt": "this is too long"}',
    b'{"prompt": "Add 1 and 2.", "reference": "3"}',
]


def test_bad_lines_and_prompts_that_are_too_long_are_error_rows_and_the_rest_is_made(
    tmp_path: Path, generate: Generate
) -> None:
    source = tmp_path / "mine.jsonl"
    source.write_bytes(b"\n".join(LINES))
    settings = (*GIVEN, f"recipe.prompts.families.given.source={source}")

    job = generate(tmp_path / "runs", *settings, "max_error_share=1")

    assert job.returncode == 0, job.stdout + job.stderr
    assert "unusable prompt 2" in job.stdout and "too long 4" in job.stdout
    rows = [row for shard in range(2) for row in rows_of(table(tmp_path / "runs", "first", "prompts", shard))]
    answered = [row for shard in range(2) for row in rows_of(table(tmp_path / "runs", "first", "responses", shard))]
    assert [bool(row["error"]) for row in rows] == [False, True, True, False, False]
    assert "mine.jsonl line 2" in rows[1]["error"] and "mine.jsonl line 3" in rows[2]["error"]
    assert [len(row["responses"]) for row in answered] == [4, 0, 0, 4, 4]
    assert {each["finish"] for each in answered[3]["answered"]} == {"error"}

    again = generate(tmp_path / "runs", *settings)
    assert again.returncode == 1
    assert "rows are errors, more than max_error_share=0.1" in again.stdout


def test_retry_makes_what_failed_again_in_a_run_of_its_own(tmp_path: Path, generate: Generate) -> None:
    source = tmp_path / "mine.jsonl"
    source.write_bytes(b"\n".join(LINES))
    settings = (*GIVEN, f"recipe.prompts.families.given.source={source}", "max_error_share=1")
    assert generate(tmp_path, *settings).returncode == 0
    before, settings = tree(tmp_path), (*settings, "reuse=first", "retry=errors")

    job = generate(tmp_path, *settings, "run=second")

    assert job.returncode == 0, job.stdout + job.stderr
    assert re.search(r"retries first: \d+ rows taken over; made again: prompts 2, responses 1, reward 1", job.stdout)
    assert json.loads((tmp_path / "second/run.json").read_text())["retries"] == "first"
    assert before.items() <= tree(tmp_path).items()

    for more, expected in {
        ("run=first",): "run 'first' exists and does not retry 'first'; choose a new run name",
        ("run=third", "recipe.preferences.min_margin=1.25"): "A retry is of the same recipe; leave out what changes it",
    }.items():
        assert expected in sentence(generate(tmp_path, *settings, *more))


def test_retry_of_a_run_without_errors_says_so_and_makes_none(tmp_path: Path, generate: Generate) -> None:
    assert generate(tmp_path, *HERE).returncode == 0

    job = generate(tmp_path, *HERE, "run=second", "reuse=first", "retry=errors")

    assert job.returncode == 0
    assert job.stdout == "nothing to ask again: run 'first' is complete and none of its rows is an error\n"
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("body", [b"", b"not Parquet at all", b"PAR1PAR1"])
def test_prompt_file_that_is_no_parquet_is_refused(body: bytes, tmp_path: Path, generate: Generate) -> None:
    source = tmp_path / "mine.parquet"
    source.write_bytes(body)

    said = sentence(generate(tmp_path / "runs", *GIVEN, f"recipe.prompts.families.given.source={source}"))

    assert "mine.parquet is not a Parquet file" in said
    assert tree(tmp_path).keys() == {"mine.parquet"}


def test_prompt_file_without_the_column_is_refused_with_the_columns_it_has(tmp_path: Path, generate: Generate) -> None:
    source = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"question": ["Why?"], "answer": ["So."]}), source)

    said = sentence(generate(tmp_path / "runs", *GIVEN, f"recipe.prompts.families.given.source={source}"))

    assert "mine.parquet has no column 'prompt'; it has question, answer" in said


def test_changed_prompt_file_is_noticed(tmp_path: Path, generate: Generate) -> None:
    source = tmp_path / "mine.jsonl"
    source.write_text(json.dumps("What is 17 + 25?"))
    settings = (*GIVEN, f"recipe.prompts.families.given.source={source}")
    assert generate(tmp_path / "runs", *settings).returncode == 0
    source.write_text(json.dumps("What is 17 + 26?"))

    said = sentence(generate(tmp_path / "runs", *settings))

    assert said.startswith("step 'prompts' of run 'first' changed: families.given.content: ")


@pytest.mark.cluster
def test_gpus_that_the_cluster_lacks_are_refused(tmp_path: Path) -> None:
    settings = ("run=first", *SCRIPTED, "cluster.pools.responses.gpus=8")

    said = sentence(generate_apart(tmp_path / "runs", *settings))

    assert said.startswith("the pools need 8 gpus and the cluster has 0; lower cluster.pools.<step>.gpus")
    assert not tree(tmp_path)


def test_cluster_that_cannot_be_joined_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**settings: object) -> None:
        raise ConnectionError("Failed to connect to Ray cluster")

    monkeypatch.setattr("ray.init", init)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(Refused, match=f"at {address} cannot be joined: Failed .*; start it with `ray start"):
            connect(address)
    with pytest.raises(Refused, match=f"at {address} cannot be joined: nobody listens there; start it with"):
        connect(address)  # Ray would wait for minutes
