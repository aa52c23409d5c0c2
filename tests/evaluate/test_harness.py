"""lm-eval: its tasks are there, ours runs code in the sandbox, and a task of one's own is measured on a real engine."""

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

pytest.importorskip("lm_eval", reason="pip install -e '.[evaluate]' brings it")

from jobs.evaluate import main
from sdg_ray.config import build, compose
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.weights import POCKET
from sdg_ray.errors import Refused
from sdg_ray.evaluate import Figure, figures, humaneval
from sdg_ray.evaluate.harness import Harness, figures_of
from sdg_ray.evaluate.tasks import leaves, manager
from sdg_ray.pocket import world
from sdg_ray.sandbox import Sandbox
from tests.engines.server import Reply, Server, completion, refusal

ADD = {
    "task_id": "Test/0",
    "prompt": 'import math\n\n\ndef half(x):\n    return x / 2\n\n\ndef add(a, b):\n    """The sum."""\n',
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(-1, 1) == 0\n",
    "entry_point": "add",
}


def harness(**settings: Any) -> Harness:
    """What conf/evaluation/harness.yaml says, with these settings."""
    return replace(build(compose("evaluate", ["evaluation=harness", "to=x"]).evaluation), **settings)


def test_tasks_of_the_config_are_those_of_lm_eval_and_can_be_done() -> None:
    made = harness()
    assert set(made.tasks) == {"ifeval", "gsm8k", "mmlu", "humaneval"}
    made.check()
    index = manager(None).task_index
    assert len(leaves("mmlu", index)) == 57
    assert {says["output_type"] for says in leaves("mmlu", index).values()} == {"multiple_choice"}
    served = Endpoint(name="m", addresses=["http://127.0.0.1:9/v1"])
    with pytest.raises(Refused, match="tasks.mmlu asks how likely given answers are.*mmlu_generative"):
        replace(made, engine=served).check()
    replace(made, engine=served, tasks={"ifeval": 0, "gsm8k": 5, "mmlu_generative": 5, "humaneval": 0}).check()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"tasks": {}}, "evaluation.tasks is empty"),
        ({"limit": 1}, "evaluation.limit must be at least 2, not 1"),
        ({"tasks": {"gsm8q": 5}}, "has no such task; it has .*gsm8k"),
        ({"tasks": {"mbpp": 3}}, "runs code that the model writes.*take humaneval.*container"),
        ({"tasks": {"humaneval_plus": 0}}, "runs code that the model writes"),
        ({"tasks": {"ifeval": 5}}, "ifeval=5 cannot be: ifeval shows no examples"),
        ({"tasks": {"humaneval": 1}}, "humaneval=1 cannot be"),
        ({"include": "nowhere"}, "include=nowhere is no folder"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_is_fetched(settings: dict, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        harness(**settings).check()


def test_humaneval_runs_answers_in_the_sandbox_alone(tmp_path: Path) -> None:
    data, hole = tmp_path / "problems.jsonl", tmp_path / "hole"
    data.write_text(json.dumps(ADD) + "\n")
    task = humaneval.task(str(data), Sandbox())
    assert "def add(a, b)" in task.doc_to_text(ADD)
    assert not getattr(task, "UNSAFE_CODE", False)

    def passed(code: str) -> float:
        return task.process_results(ADD, [f"Here it is:\n```python\n{code}```\n"])["pass@1"]

    assert passed("def add(a, b):\n    return math.floor(half(2 * (a + b)))\n") == 1  # what stands before it is there
    assert passed("def add(a, b):\n    return a - b\n") == 0
    assert passed(f"open({str(hole)!r}, 'w').write('out')\ndef add(a, b):\n    return a + b\n") == 0
    assert not hole.exists()
    assert passed("import os\nos._exit(0)\n") == 0
    assert task.process_results(ADD, ["I do not know."])["pass@1"] == 0
    with pytest.raises(Refused, match="the tests of Test/0 cannot be run"):
        task.process_results(ADD | {"test": "def check(candidate):"}, ["```python\ndef add(a, b): ...\n```"])


def test_only_names_tasks_of_the_config_and_others(tmp_path: Path) -> None:
    made = harness(only=["gsm8k", "arc_easy"])
    assert made.asked == {"gsm8k": 5, "arc_easy": None}
    assert made.settings() == harness(tasks={"gsm8k": 5, "arc_easy": None}).settings()
    made.check()


def test_task_that_is_through_is_not_measured_again(tmp_path: Path) -> None:
    figure = {"name": "gsm8k acc", "value": 0.5, "low": 0.4, "high": 0.6, "n": 9}
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "gsm8k.json").write_text(json.dumps({"figures": [figure]}))
    assert harness(only=["gsm8k"]).measure(str(tmp_path)) == [Figure(**figure)]


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    """A folder with two tasks of lm-eval: sums of the pocket world, to be written and to be chosen."""
    drawn = (world.question("arithmetic", random.Random(n), True) for n in range(24))
    rows = [{"question": q.messages[0][1], "answer": q.reference} for q in drawn if q.reference.isdecimal()]
    rows = [row | {"choices": [row["answer"], f"{int(row['answer']) + 7}"]} for row in rows]
    (tmp_path / "sums.data").write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(tmp_path / "sums.data")}},
              "test_split": "test", "doc_to_text": "{{question}}", "num_fewshot": 0, "tag": "sums"}  # fmt: skip
    number = {"function": "regex", "regex_pattern": "(-?[0-9]+)", "group_select": -1}
    written = {"task": "sums_written", "output_type": "generate_until", "doc_to_target": "{{answer}}",
               "generation_kwargs": {"until": ["\n\n"], "do_sample": False, "max_gen_toks": 60},
               "filter_list": [{"name": "last", "filter": [number, {"function": "take_first"}]}],
               "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}]}  # fmt: skip
    chosen = {"task": "sums_chosen", "output_type": "multiple_choice", "doc_to_target": 0,
              "doc_to_choice": "{{choices}}",
              "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]}  # fmt: skip
    for task in (written, chosen):
        (tmp_path / f"{task['task']}.yaml").write_text(json.dumps(common | task))
    summed = {"metric": "exact_match", "weight_by_size": True, "filter_list": "last"}
    group = {"group": "sums_all", "task": ["sums_written"], "aggregate_metric_list": [summed]}
    (tmp_path / "sums_all.yaml").write_text(json.dumps(group))
    return tmp_path


def test_task_without_data_is_refused_before_a_model_is_loaded(sums: Path) -> None:
    made = harness(include=str(sums), only=["sums_written"])
    made.check()
    (sums / "sums.data").unlink()
    with pytest.raises(Refused, match="evaluation.tasks.sums_written: its data could not be had"):
        made.measure(str(sums / "out"))
    (sums / "sums.data").write_text("")
    with pytest.raises(Refused, match="evaluation.tasks.sums_written: its data is empty"):
        made.measure(str(sums / "out"))


@pytest.mark.parametrize("concurrency", [64, 1])  # lm-eval has another client for one at a time
def test_model_behind_an_address_is_asked_as_a_chat_and_its_key_is_told_to_nobody(
    concurrency: int,
    sums: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MY_KEY", "no-one-may-read-this")
    rows = [json.loads(line) for line in (sums / "sums.data").read_text().splitlines()]
    known = {row["question"]: row["answer"] for row in rows[::2]}
    with Server() as server:
        server.say = lambda asked: completion(f"It is {known.get(asked.body['messages'][-1]['content'], 'unknown')}.")
        served = Endpoint(name="tiny", addresses=[server.address], key="MY_KEY", attempts=1, concurrency=concurrency)
        made = harness(engine=served, include=str(sums), only=["sums_all"])
        made.check()
        figure = made.measure(str(sums / "out"))[0]
        assert figure.name == "sums_all exact_match (last)"
        assert (figure.value, figure.n) == (pytest.approx(len(known) / len(rows)), len(rows))
        assert server.asked[0].headers["Authorization"] == "Bearer no-one-may-read-this"
        server.say = lambda asked: refusal("broken", 500)
        with pytest.raises(
            Refused, match="model tiny did not answer all of sums_all: 500.*the same command goes on"
        ) as refused:
            made.measure(str(sums / "again"))
    broken = refused.value.__context__
    held = [broken, getattr(getattr(broken, "request", None), "headers", None)]  # what loggers and debuggers print
    sent = repr(held)
    assert "Authorization" in sent
    assert "no-one" not in sent
    with pytest.raises(Refused, match="no address answers"):
        made.measure(str(sums / "away"))
    said = capfd.readouterr()
    assert "no-one" not in said.out + said.err + caplog.text
    assert not [path for path in sums.rglob("*") if path.is_file() and b"no-one" in path.read_bytes()]


def without_text(finish: str = "stop", **message: str) -> Reply:
    """A chat completion whose content is null."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}
    return Reply(body={"choices": [choice]})


@pytest.mark.parametrize("concurrency", [64, 1])
@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(body={"error": {"message": "no-one-may-read-this is spent"}}), r"answered .*\[key\] is spent"),
        (Reply(body={"choices": []}), "it answered .*choices"),
        (Reply(body="[]"), r"it answered \[\]"),
        (Reply(body="<html>"), "Expecting value|Malformed|JSON"),
        (Reply(fault="reset"), ""),
        (without_text(), "it answered .*null"),
        (without_text("length"), "its tokens were used up before the answer began.*max_gen_toks.*evaluation.include"),
    ],
)
def test_answer_that_cannot_be_read_is_no_figure_and_the_same_command_goes_on(
    reply: Reply, sentence: str, concurrency: int, sums: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "no-one-may-read-this")
    with Server() as server:
        server.say = lambda asked: completion("It is 3.")
        server.queue = [completion("It is 3."), reply]
        served = Endpoint(name="tiny", addresses=[server.address], key="MY_KEY", attempts=1, concurrency=concurrency)
        made = harness(engine=served, include=str(sums), only=["sums_written"])
        with pytest.raises(
            Refused, match=f"did not answer all of sums_written: .*{sentence}.*the same command goes on"
        ):
            made.measure(str(sums / "out"))
        assert not list((sums / "out").rglob("*"))
        assert made.measure(str(sums / "out"))[0].n > 15


@pytest.mark.parametrize("concurrency", [64, 1])
def test_answer_that_a_model_will_not_give_is_a_wrong_one(concurrency: int, sums: Path) -> None:
    with Server() as server:
        server.say = lambda asked: without_text("content_filter")
        server.queue = [without_text(refusal="I cannot do sums.")]
        served = Endpoint(name="tiny", addresses=[server.address], concurrency=concurrency)
        figure = harness(engine=served, include=str(sums), only=["sums_written"]).measure(str(sums / "out"))[0]
    assert figure.value == 0


@pytest.mark.engine
def test_tasks_are_measured_on_a_real_model_in_its_chat_template(sums: Path) -> None:
    printed, to = io.StringIO(), sums / "out"
    typed = ["on=harness", "model=pocket/instruct", f"to={to}", f"evaluation.include={sums}",
             "evaluation.only=[sums]"]  # fmt: skip
    assert main(typed, Console(width=120, file=printed)) == 0
    chosen, written = figures(to)
    assert (written.name, chosen.name) == ("sums_written exact_match (last)", "sums_chosen acc")
    assert written.low < written.value < written.high
    rows = [json.loads(line) for line in (to / "tasks" / "sums.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["task"] == "sums_written"]
    assert written.n == chosen.n == len(rows) > 15
    assert written.value == pytest.approx(sum(row["exact_match"] for row in rows) / len(rows))
    assert written.value > 0.4  # it can do sums, as the world says: this is the model that was asked for
    from transformers import AutoTokenizer

    chat = [{"role": "user", "content": rows[0]["doc"]["question"]}]
    tokenizer = AutoTokenizer.from_pretrained(POCKET / "instruct", local_files_only=True)
    asked = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert rows[0]["arguments"][0][0] == asked
    assert chosen.value > 0.5
    assert "sums_chosen acc" in printed.getvalue()


def test_metrics_become_figures_with_their_errors_as_intervals() -> None:
    errors = {"exact_match_stderr,strict-match": 0.05, "acc_stderr,none": 0.0, "f1_stderr,none": "N/A"}
    values = {"exact_match,strict-match": 0.4, "acc,none": 1.0, "f1,none": 0.3}
    metrics = {"alias": "gsm8k", "sample_len": 100, **values, **errors}
    exact, sure, bare = figures_of("gsm8k", metrics)
    assert (exact.name, exact.value, exact.n) == ("gsm8k exact_match (strict-match)", 0.4, 100)
    assert (exact.low, exact.high) == pytest.approx((0.302, 0.498))
    assert sure.name == "gsm8k acc"
    assert (sure.low, sure.high) == pytest.approx((0.963, 1.0), abs=0.001)  # an error of 0 would say that it is certain
    assert (bare.low, bare.high) == (None, None)
