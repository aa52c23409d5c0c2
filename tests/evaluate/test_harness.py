"""lm-eval: its tasks are there, ours runs code in the sandbox, and a task of one's own is measured on a real engine."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lm_eval", reason="pip install -e '.[evaluate]' brings it")

from sdg_ray.config import build, compose
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.errors import Refused
from sdg_ray.evaluate import humaneval
from sdg_ray.evaluate.harness import Harness, figures_of
from sdg_ray.evaluate.tasks import leaves, manager
from sdg_ray.sandbox import Sandbox

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
        ({"limit": 0}, "evaluation.limit must be at least 1, not 0"),
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


def test_metrics_become_figures_with_their_errors_as_intervals() -> None:
    errors = {"exact_match_stderr,strict-match": 0.05, "acc_stderr,none": 0.0, "f1_stderr,none": "N/A"}
    values = {"exact_match,strict-match": 0.4, "acc,none": 1.0, "f1,none": 0.3}
    metrics = {"alias": "gsm8k", "sample_len": 100, **values, **errors}
    exact, sure, bare = figures_of("gsm8k", metrics)
    assert (exact.name, exact.value, exact.n) == ("gsm8k exact_match (strict-match)", 0.4, 100)
    assert (exact.low, exact.high) == pytest.approx((0.302, 0.498))
    assert (sure.name, sure.high) == ("gsm8k acc", 1.0)
    assert sure.low == pytest.approx(0.963, abs=0.001)  # an error of 0 would say that it is certain
    assert (bare.low, bare.high) == (None, None)
