"""Right code passes, wrong code does not, what cannot be told has no score, and nothing that cheats passes."""

import asyncio
import json
from typing import Any

import pyarrow as pa
import pytest

from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.sandbox import Ended, Sandbox
from sdg_ray.scorers import Opinion
from sdg_ray.scorers.python_tests import PythonTests, code_of
from tests.scorers.python_answers import CHEATS, CODE, ONE
from tests.scorers.python_forgeries import FORGERIES

SHORT = Sandbox(wall_seconds=20.0, cpu_seconds=8)
ADD = "def add(a, b):\n    return a + b"


def fenced(code: str) -> str:
    return f"Here it is:\n```python\n{code}\n```\nIt adds."


def opinions(reference: Any, *answers: str, sandbox: Sandbox = SHORT) -> list[Opinion]:
    given = reference if isinstance(reference, str | None) else json.dumps(reference)
    scoring = PythonTests(sandbox=sandbox).start()
    return asyncio.run(scoring.score([], [[{"role": "assistant", "content": each}] for each in answers], given))


def found(code: str, reference: Any, sandbox: Sandbox = SHORT) -> tuple[float | None, str | None]:
    (opinion,) = opinions(reference, fenced(code), sandbox=sandbox)
    return opinion.score, opinion.parts and opinion.parts["outcome"]


SHAPES: dict[str, Any] = {
    "text": "assert add(1, 2) == 3\nassert add('a', 'b') == 'ab'\n",
    "list": ["assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'"],
    "tests": {"tests": ["assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'"], "solution": "not read"},
    "setup": {"setup": "import math\nthree = 3", "tests": ["assert add(1, 2) == three", "assert add(0, math.pi) > 3"]},
    "human eval": {
        "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 0) == 0",
        "entry_point": "add",
    },
    "test functions": "def test_add():\n    assert add(1, 2) == 3\n    assert add(2, 2) == 4\ntest_add()",
    "pytest": "import math\n\ndef test_one():\n    assert add(1, 2) == 3\n\ndef test_two():\n    assert add(2, 2) == 4",
    "program": {"inputs": ["1 2\n", "3 4"], "outputs": ["3\n", "7"]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_right_and_wrong_code_in_every_shape_of_tests(shape: str) -> None:
    reads = "\nif __name__ == '__main__':\n    print(add(*map(int, input().split())))"
    right, wrong, missing = ADD + reads, ADD.replace("+", "*") + reads, "print('?')"
    good, bad, none = opinions(SHAPES[shape], *map(fenced, (right, wrong, missing)))
    assert (good.score, bad.score, none.score) == (1.0, 0.0, 0.0)
    assert good.parts is not None and good.parts | {"seconds": 0} == {
        "passed": 2.0, "total": 2.0, "seconds": 0, "outcome": "passed",
    }  # fmt: skip
    assert bad.parts is not None and bad.parts["total"] == 2.0 and bad.parts["passed"] < 2.0


def test_tests_are_counted_past_one_that_fails() -> None:
    tests = ["assert add(1, 2) == 4", "assert add(1, 1) == 2", "assert add(1) == 2", "assert add(2, 2) == 4"]
    (opinion,) = opinions(tests, fenced(ADD))
    assert opinion.score == 0.0 and opinion.parts is not None
    assert (opinion.parts["passed"], opinion.parts["total"], opinion.parts["outcome"]) == (2.0, 4.0, "failed")


def test_parts_are_of_the_type_that_is_told() -> None:
    parts = [opinion.parts for opinion in opinions(SHAPES["list"], fenced(ADD), "no", fenced("("))]
    assert pa.array(parts, PythonTests.parts).to_pylist()[1]["outcome"] == "no code"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("def add(a, b): return a - b", "failed"),
        ("def add(a, b): raise ValueError('no')", "error"),
        ("def add(a, b): import rich", "error"),
        ("add = 5", "error"),
        ("def add(a, b): import distutils; return distutils.__class__('lib2to3.none')", "failed"),
        ("def add(a, b) return a", "error"),
        ("import rich\n" + ADD, "error"),
        ("def add(a, b):\n    while True: pass", "timed out"),
        ("while True: pass", "timed out"),
        ("import time\ntime.sleep(60)", "timed out"),
        ("def add(a, b): return [a] * 10**10", "out of memory"),
        (
            "import os\nfor _ in range(3):\n    os.fork()\nx = b'x' * (60 * 2**20)\nimport time; time.sleep(9)",
            "out of memory",
        ),
        ("import os\nos._exit(0)", "error"),
        ("import ctypes\nctypes.string_at(0)", "error"),
        ("def add(a, b): return add(a, b)", "error"),
    ],
)
def test_outcome_says_how_it_went(code: str, outcome: str) -> None:
    assert found(code, ["assert add(1, 2) == 3"], Sandbox(wall_seconds=6.0, memory_mib=256)) == (0.0, outcome)


CANNOT_BE_TOLD: dict[str, Any] = {
    "no reference": None,
    "empty": "",
    "a number": "42",
    "prose": "The function must add both numbers.",
    "does not compile": "assert add(1, 2 == 3",
    "nothing is asserted": "add(1, 2)",
    "no tests": {"tests": []},
    "tests are no texts": {"tests": [1, 2]},
    "outputs are missing": {"inputs": ["1 2"], "outputs": []},
    "inputs are no texts": {"inputs": [1], "outputs": ["1"]},
    "imports what is not there": "import numpy\nassert add(1, 2) == 3",
    "fails before the answer is asked": "three = 6 // 0\nassert add(1, 2) == three",
    "asks the answer nothing": "assert 1 + 2 == 3",
    "a null byte": "assert add(1, 2) == 3\0",
    "too deep": "assert " + "(" * 5000 + "add" + ")" * 5000,
    "a list in a list": [["assert add(1, 2) == 3"]],
}


@pytest.mark.parametrize("case", CANNOT_BE_TOLD)
def test_tests_that_cannot_be_read_or_run_give_no_score(case: str) -> None:
    assert found(ADD, CANNOT_BE_TOLD[case]) == (None, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\na = 1\n```\nor\n```python\na = 2\n```", "a = 2\n"),
        ("```\na = 1\n```\nprints\n```text\n1\n```", "a = 1\n"),
        ("```bash\npip\n```\n```py\na = 1\n```\n```\nout\n```", "a = 1\n"),
        ("```Python\na = 1\n", "a = 1\n"),
        ("~~~python\na = '```'\n~~~", "a = '```'\n"),
        ("1. So:\n   ```python\na = 1\n   ```", "a = 1\n"),
        ("a = 1", "a = 1"),
        ("print(input())", "print(input())"),
        ("Hello", None),
        ("I cannot do that.", None),
        ("", None),
    ],
)
def test_code_of_an_answer(text: str, code: str | None) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize("case", CODE)
def test_all_that_tests_ordinarily_do_with_right_code(case: str) -> None:
    code, tests = CODE[case]
    assert found(code, tests) == (1.0, "passed")


@pytest.mark.parametrize("cheat", CHEATS | FORGERIES)
def test_cheat_passes_nothing(cheat: str) -> None:
    code, tests = (CHEATS | FORGERIES)[cheat]
    score, outcome = found(code, tests)
    assert score == 0.0 and outcome in {"failed", "error", "timed out"}


def test_answer_that_stops_its_judge_is_timed_out() -> None:
    code = "import os, signal\ndef f(x): os.kill(os.getppid(), signal.SIGSTOP); return 1234567"
    assert found(code, ONE, Sandbox(wall_seconds=3.0)) == (0.0, "timed out")


@pytest.mark.parametrize("at_once", [1, 4])
def test_as_many_sandboxes_at_once_as_are_allowed(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, really = 0, 0, Sandbox.run

    def counted(*given: Any) -> Ended:
        nonlocal running, most
        running += 1
        most = max(most, running)
        ended = really(*given)
        running -= 1
        return ended

    monkeypatch.setattr(Sandbox, "run", counted)
    scoring = PythonTests(at_once=at_once, sandbox=SHORT).start()
    chats: list[Chat] = [[{"role": "assistant", "content": fenced("import time\ntime.sleep(1)\n" + ADD)}]] * 5
    asyncio.run(scoring.score([], chats, json.dumps(SHAPES["list"])))
    assert most == at_once


def test_scorer_that_cannot_run_is_refused() -> None:
    with pytest.raises(Refused, match="at_once=0"):
        PythonTests(at_once=0).check()
    with pytest.raises(Refused, match="none of limits"):
        PythonTests(sandbox=Sandbox(isolation="none")).check()
    PythonTests().check()


def test_questions_of_the_pocket_world_can_be_run() -> None:
    import random

    from sdg_ray.pocket import world

    for seed in range(3):
        asked = world.question("python", random.Random(seed), held_out=False)
        solution = json.loads(asked.reference)["solution"]
        good, bad = opinions(asked.reference, fenced(solution), fenced(solution.replace("return", "return 1, ")))
        assert (good.score, bad.score) == (1.0, 0.0)
