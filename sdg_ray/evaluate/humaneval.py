"""HumanEval as a task of lm-eval whose code runs in our sandbox.

lm-eval's own task runs what a model has written in a process like its caller's, with all that this may do. Here the
model is asked for the whole function; what it writes and the tests run in two processes without network or files: see
`sandbox`. The prompt is ours, so figures are to be compared among models that were measured here.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.sandbox import Sandbox
from sdg_ray.scorers.python_tests import PythonTests, code_of

NAME = "humaneval"
HUB = "openai/openai_humaneval"
ASKED = "Complete this Python function. Write the whole function, in one block of code.\n\n```python\n{{prompt}}```"


def task(data: str, sandbox: Sandbox) -> Any:
    """The task, with its problems: a dataset of the hub, or a file of JSON lines of the same shape."""
    from lm_eval.api.task import ConfigurableTask

    scoring = PythonTests(sandbox=sandbox).start()

    def passed(problem: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
        answer: Chat = [{"role": "assistant", "content": whole(problem, results[0])}]
        found = asyncio.run(scoring.score([], [answer], tests(problem)))[0]
        if found.score is None:
            raise Refused(f"humaneval: the tests of {problem['task_id']} cannot be run, whatever a model writes")
        return {"pass@1": found.score}

    where: dict[str, Any] = {"dataset_path": data}
    if data.endswith(".jsonl"):
        where = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": data}}}
    return ConfigurableTask(
        config={
            "task": NAME,
            **where,
            "test_split": "test",
            "output_type": "generate_until",
            "num_fewshot": 0,
            "doc_to_text": ASKED,
            "doc_to_target": "{{canonical_solution}}",
            "process_results": passed,
            "metric_list": [{"metric": "pass@1", "aggregation": "mean", "higher_is_better": True}],
            "generation_kwargs": {"until": [], "do_sample": False, "temperature": 0.0, "max_gen_toks": 1024},
            "metadata": {"version": 1.0},
        }
    )


def tests(problem: Mapping[str, Any]) -> str:
    """What the sandbox is to run."""
    return json.dumps({"test": problem["test"], "entry_point": problem["entry_point"]})


def whole(problem: Mapping[str, Any], answer: str) -> str:
    """The answer's code after all that the prompt has before the function: imports, and functions to be used."""
    code = code_of(answer)
    before = problem["prompt"].partition(f"def {problem['entry_point']}")[0]
    return answer if code is None else f"```python\n{before}\n{code}\n```"
