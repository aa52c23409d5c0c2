"""Who only uses endpoints has no torch, vLLM or transformers: all jobs of such a run work where there are none."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.engines.server import Asked, Reply, Server, echo

GIVEN = """
import importlib, json, pathlib, sys
for name in ("torch", "vllm", "transformers", "tokenizers", "safetensors", "datasets", "huggingface_hub"):
    sys.modules[name] = None  # importing it fails
from rich.console import Console
from sdg_ray.errors import Refused
for path in sorted(pathlib.Path("jobs").glob("*.py")):
    importlib.import_module(f"jobs.{path.stem}")
for job, *arguments in json.loads(sys.argv[1]):
    code = importlib.import_module(f"jobs.{job}").main(arguments, Console(width=120))
    assert code == 0, f"{job} ended with {code}"
for said, job, *arguments in json.loads(sys.argv[2]):
    try:
        importlib.import_module(f"jobs.{job}").main(arguments, Console(width=120))
    except Refused as refused:
        assert said in str(refused), refused
    else:
        raise AssertionError(f"{job} {arguments} was not refused")
"""


def judged(asked: Asked) -> Reply:
    """Candidates for who asks for them, five values for who asks for a reward."""
    if asked.path != "/classify":
        return echo(asked)
    values = [len(str(asked.body["messages"])) % (i + 2) for i in range(5)]
    return Reply(body={"data": [{"index": 0, "probs": values}], "usage": {"prompt_tokens": 9}})


def test_run_of_endpoints_needs_nothing_that_loads_a_model(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("".join(f'"question {i}"\n' for i in range(12)))
    with Server() as server:
        server.say = judged
        at = f"addresses=[{server.address}]"
        run = ("run=mine", f"root={tmp_path / 'runs'}")
        settings = (
            "recipe=given",
            f"recipe.prompts.families.given.source={tmp_path / 'mine.jsonl'}",
            "recipe.prompts.rows=4",
            "recipe.selection.filters.reward.threshold=-9.0",
            *("model@model.generator=endpoint", "model.generator.name=tiny", f"model.generator.{at}"),
            *("model@model.reward=endpoint_reward", "model.reward.name=tiny", f"model.reward.{at}"),
        )
        jobs = [
            ("generate", *run, *settings, "cluster=local"),
            ("generate", "run=a", *settings, "preview=2"),
            ("plan", *settings, "throughput.other.reads=9000", "throughput.other.writes=900"),
            ("look", *run, "n=2"),
            ("report", *run),
            ("spread", *run),
            ("export", *run, "format=trl", f"to={tmp_path / 'out'}"),
        ]
        hub = ("recipe.prompts.families.given.source=owner/name", "cluster=local", "run=b", run[1])
        refused = [
            ("datasets is not installed; `pip install -e '.[hub]'` brings it", "generate", *settings, *hub),
            (
                "vllm is not installed; `pip install -e '.[gpu]'` brings it",
                "generate",
                "run=c",
                run[1],
                "cluster=local",
            ),
        ]
        line = [sys.executable, "-c", GIVEN, json.dumps(jobs), json.dumps(refused)]
        job = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert job.returncode == 0, job.stdout[-3000:] + job.stderr[-3000:]
    assert (tmp_path / "out" / "README.md").exists() and (tmp_path / "runs" / "mine" / "report.html").exists()
