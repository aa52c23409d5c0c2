"""What the rounds do, in which order, and with which data; and the loop that does it, with real processes."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from jobs.align import main
from sdg_ray.align.loop import Failed, begin, do
from sdg_ray.align.proofs import bases, code, collapse, growth, judges, preferences
from sdg_ray.align.rounds import Rounds, Task
from sdg_ray.config import CONF, build, compose
from sdg_ray.errors import Refused
from tests.conftest import REPOSITORY

TO = Path("out")


def rounds(**settings: Any) -> Rounds:
    plain: dict[str, Any] = {
        "teacher": "weak", "bases": ["early", "late"], "generate": ["recipe=rounds"], "export": ["sft=best"],
        "stages": {"sft": ["stage=sft"], "first": ["stage=rpo", "a=1"]}, "evaluate": ["on=world"],
    }  # fmt: skip
    return Rounds(**(plain | settings))


def given(task: Task) -> dict[str, str]:
    return dict(each.split("=", 1) for each in task.arguments if not each.startswith("~"))


def named(tasks: list[Task]) -> dict[str, Task]:
    return {task.name: task for task in tasks}


def test_each_student_begins_with_a_base_and_teaches_the_next_round() -> None:
    tasks = named(rounds().tasks(3, TO))
    assert [given(tasks[f"round-{i} generate"])["model.generator.name"] for i in (1, 2, 3)] == [
        "weak", "out/round-1/first", "out/round-2/first",
    ]  # fmt: skip
    assert [given(tasks[f"round-{i} sft"])["model"] for i in (1, 2, 3)] == ["early", "late", "late"]
    assert given(tasks["round-2 first"])["model"] == "out/round-2/sft"
    assert given(tasks["round-2 first"])["stages.rpo.training.seed"] == "0"
    assert given(tasks["round-3 evaluate"])["model"] == "out/round-3/first"
    assert given(tasks["round-0 evaluate"])["model"] == "weak"


def test_rounds_ask_different_questions_and_seeds_too() -> None:
    seen = {given(task)["recipe.prompts.seed"] for seed in (0, 1)
            for task in rounds(seed=seed).tasks(3, TO) if task.job == "generate"}  # fmt: skip
    assert len(seen) == 6


@pytest.mark.parametrize(("keep", "data"), [
    ("accumulate", "[out/round-1/data,out/round-2/data]"), ("replace", "[out/round-2/data]"),
])  # fmt: skip
def test_data_is_accumulated_or_replaced(keep: str, data: str) -> None:
    tasks = named(rounds(keep=keep).tasks(2, TO))
    assert given(tasks["round-2 sft"])["data"] == given(tasks["round-2 first"])["data"] == data


def test_nothing_begins_before_what_it_reads() -> None:
    tasks = rounds(judge=["data=graded.jsonl"]).tasks(2, TO)
    made: set[str] = set()
    for task in tasks:
        assert made.issuperset(task.after)
        made.add(task.name)
    by_name = named(tasks)
    assert by_name["round-2 generate"].after == ("round-1 first", "round-1 judge")
    assert given(by_name["round-2 generate"])["model.reward.name"] == "out/round-1/judge"
    assert "model.reward.name" not in given(by_name["round-1 generate"])
    assert by_name["round-1 evaluate"].after == ("round-1 first",)  # beside the next round's generation


@pytest.mark.parametrize(("settings", "says"), [
    ({"keep": "both"}, "keep=both cannot be; it is accumulate or replace"),
    ({"stages": {}}, "at least one of bases, and one of stages"),
    ({"stages": {"sft": ["a=1"]}}, "stages.sft has to begin with stage="),
])  # fmt: skip
def test_settings_that_cannot_be(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        rounds(**settings)


@pytest.mark.parametrize(("typed", "says"), [
    (["rounds=1", "beside=all"], "beside=all is not of the type int"),
    (["rounds=all"], "rounds=all does nothing; give at least 1"),
    (["data=1"], "data=1 has no files sft/train-"),
    (["data=[1,2]"], "data=2 has no files sft/train-"),
    (["data=nowhere", "replay.data=nowhere", "replay.share=2%"], "replay.share=2% cannot be: it is a share"),
])  # fmt: skip
def test_what_is_typed_of_another_kind_is_refused(typed: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=says):
        main([*typed, f"to={tmp_path}"], Console(file=io.StringIO()))


@pytest.mark.parametrize("alignment", sorted(path.stem for path in (CONF / "alignment").glob("*.yaml")))
def test_every_job_of_an_alignment_takes_its_settings(alignment: str) -> None:
    own = (
        []
        if alignment == "pocket"
        else ["align.teacher=pocket/instruct", "align.bases=[pocket/base]", "reward=pocket/reward"]
    )
    made = build(compose("rounds", ["rounds=1", f"alignment={alignment}", *own]).align)
    assert isinstance(made, Rounds)
    for task in made.tasks(2, TO):
        takes_its_settings(task)


@pytest.mark.parametrize("proof", [bases, code, collapse, growth, judges, preferences])
def test_every_job_of_a_proof_takes_its_settings_and_seeds_share_nothing(proof: ModuleType) -> None:
    tasks = {seed: proof.PROOF.tasks(seed, TO / f"seed-{seed}") for seed in (0, 1)}
    for task in tasks[0]:
        takes_its_settings(task)
    assert len({task.name for task in tasks[0]}) == len(tasks[0])
    assert all(a.name == b.name and a.arguments != b.arguments for a, b in zip(*tasks.values(), strict=True))
    assert not any("seed-0" in each for task in tasks[1] for each in (*task.arguments, str(task.made)))


def takes_its_settings(task: Task) -> None:
    typed = [each.replace("model=", "base=") if task.job == "align" and each.startswith("model=") else each
             for each in task.arguments]  # fmt: skip
    if task.job == "generate":
        assert build(compose("generate", typed).recipe).identities()
    if task.job == "align":
        cfg = compose("align", typed)
        assert f"stages.{cfg.stage}.training.seed" in given(task)
        build(cfg.stages[cfg.stage].training)


def test_reward_model_that_nobody_would_ask_is_not_trained() -> None:
    asked = ["model=pocket", "cluster=local"]
    with pytest.raises(Refused, match="align.judge trains a reward model, and recipe=rounds asks none; leave it out"):
        rounds(judge=["data=graded.jsonl"], generate=["recipe=rounds", *asked]).check()
    rounds(judge=["data=graded.jsonl"], generate=["recipe=world", *asked]).check()
    rounds(generate=["recipe=rounds", *asked]).check()


def test_other_settings_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    begin(tmp_path, rounds())
    begin(tmp_path, rounds(shown=["right"]))
    with pytest.raises(Refused, match="align.keep: 'accumulate' -> 'replace'"):
        begin(tmp_path, rounds(keep="replace"))


JOB = """
import pathlib, sys, time
made, seconds, code = pathlib.Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
with open(made.parent / "begun", "a") as begun:
    begun.write(made.name + "\\n")
print("at work on", made.name, flush=True)
time.sleep(seconds)
if code:
    sys.exit(code)
made.write_text("")
with open(made.parent / "begun", "a") as begun:
    begun.write("end of " + made.name + "\\n")
"""


def jobs(folder: Path) -> Path:
    (folder / "jobs").mkdir()
    (folder / "jobs" / "any.py").write_text(JOB)
    return folder / "jobs"


def task(folder: Path, name: str, *after: str, seconds: float = 0.0, code: int = 0) -> Task:
    made = folder / name
    return Task(name=name, job="any", arguments=(str(made), str(seconds), str(code)), after=after, made=made)


def done(tasks: list[Task], folder: Path, where: Path, beside: int = 1) -> str:
    said = Console(file=io.StringIO(), width=100)
    do(tasks, jobs=where, logs=folder / "logs", beside=beside, console=said)
    assert isinstance(said.file, io.StringIO)
    return said.file.getvalue()


def begun(folder: Path) -> list[str]:
    return (folder / "begun").read_text().split("\n")[:-1]


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    where, tasks = jobs(tmp_path), [task(tmp_path, "a"), task(tmp_path, "b", "a")]
    done(tasks, tmp_path, where)
    (tmp_path / "b").unlink()
    done(tasks, tmp_path, where)
    assert begun(tmp_path) == ["a", "end of a", "b", "end of b", "b", "end of b"]


def test_jobs_run_beside_each_other_but_after_what_they_read(tmp_path: Path) -> None:
    tasks = [task(tmp_path, "a", seconds=1.0), task(tmp_path, "b", "a"), task(tmp_path, "c", seconds=1.0)]
    done(tasks, tmp_path, jobs(tmp_path), beside=2)
    seen = begun(tmp_path)
    assert set(seen[:2]) == {"a", "c"}
    assert seen.index("end of a") < seen.index("b")


def test_job_that_fails_ends_those_beside_it_and_is_named(tmp_path: Path) -> None:
    tasks = [task(tmp_path, "bad", code=2), task(tmp_path, "long", seconds=60)]
    began = time.monotonic()
    with pytest.raises(Failed, match=r"(?s)^bad failed with exit code 2; .*at work on bad$"):
        done(tasks, tmp_path, jobs(tmp_path), beside=2)
    assert time.monotonic() - began < 30
    assert not (tmp_path / "long").exists()


def elsewhere(folder: Path, where: Path) -> subprocess.Popen[bytes]:
    """A loop in another process, at work on a task of three seconds."""
    program = (
        "from pathlib import Path; from tests.align.test_rounds import done, task;"
        f"here = Path({str(folder)!r}); done([task(here, 'long', seconds=3)], here, Path({str(where)!r}))"
    )
    loop = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY)
    until = time.monotonic() + 60
    while not (folder / "begun").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return loop


def test_jobs_end_with_the_loop_that_is_killed(tmp_path: Path) -> None:
    loop = elsewhere(tmp_path, jobs(tmp_path))
    os.kill(loop.pid, signal.SIGKILL)
    loop.wait()
    time.sleep(4)
    assert begun(tmp_path) == ["long"]
    assert not (tmp_path / "long").exists()


def test_two_do_not_do_the_same(tmp_path: Path) -> None:
    where = jobs(tmp_path)
    first = elsewhere(tmp_path, where)
    with pytest.raises(Refused, match="somebody else is at work in"):
        done([task(tmp_path, "b")], tmp_path, where)
    assert first.wait(60) == 0
    done([task(tmp_path, "b")], tmp_path, where)


def test_no_jobs_at_a_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="beside=0 does nothing"):
        done([task(tmp_path, "a")], tmp_path, jobs(tmp_path), beside=0)


def test_logs_have_the_commands(tmp_path: Path) -> None:
    done([task(tmp_path, "a")], tmp_path, jobs(tmp_path))
    first, *said = (tmp_path / "logs" / "a.log").read_text().split("\n")
    assert first.startswith("$ ") and first.endswith(f"any.py {tmp_path}/a 0.0 0")
    assert said[0] == "at work on a"
