"""The recipe `genetic` as a person types it, with the pocket models: from seeds to the code stage's data."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sdg_ray.scorers.python_tests import code_of
from tests.conftest import REPOSITORY
from tests.small import rows_of, table

pytestmark = pytest.mark.engine


def job(name: str, *settings: str) -> str:
    """What a job prints; it must succeed."""
    command = [sys.executable, str(REPOSITORY / "jobs" / f"{name}.py"), *settings]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_colony_of_the_pocket_model_becomes_sft_data(tmp_path: Path) -> None:
    where = ("run=code", f"root={tmp_path}/runs")
    colony = ("children=32", "births=16")
    job("generate", "recipe=genetic", "recipe.scale=0.00004", "cluster=local", *where,
        *(f"recipe.prompts.families.genetic.{each}" for each in colony))  # fmt: skip
    steps = {
        step: rows_of(table(f"{tmp_path}/runs", "code", step, 0))
        for step in ("prompts", "unique", "responses", "python_tests", "selection")
    }
    children = [row for row in steps["prompts"] if row["error"] is None]
    assert len(children) >= 20
    assert {row["origin"]["path"][0] for row in children} == {"crossover", "mutation"}
    assert all(json.loads(row["reference"])["solution"] for row in children)

    tested = 0
    for row, answers, scores, chosen in zip(*(steps[name] for name in ("prompts", *list(steps)[2:])), strict=True):
        has_tests = "tests" in json.loads(row["reference"] or "{}")
        assert not has_tests or row["origin"]["path"][0] == "mutation"
        for answer, score, keep in zip(answers["responses"], scores["score_python_tests"], chosen["keep"], strict=True):
            assert (score is not None) == has_tests
            tested += has_tests
            assert not keep or score is None or (score == 1.0 and code_of(answer[-1]["content"]))
    assert tested >= 4

    births = job("spread", *where)
    shown = {name: re.search(rf"genetic +{name} +(\d+) +(\d+) +\d+%", births) for name in ("crossover", "mutation")}
    assert all(shown.values())
    fit = Counter(row["origin"]["path"][0] for row in children)
    assert {name: int(found[2]) for name, found in shown.items() if found} == fit

    job("export", *where, "sets=sft", "format=trl", f"to={tmp_path}/code", "validation=0")
    assert list((tmp_path / "code").rglob("*.parquet"))
