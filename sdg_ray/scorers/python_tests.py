"""Whether a candidate's Python code passes the tests of the reference, run in a sandbox.

    reference  ["assert add(1, 2) == 3", "assert add(0, 0) == 1"]
    response   "```python\\ndef add(a, b):\\n    return a + b\\n```"
    ->         score 0.0, parts {passed: 1, total: 2, seconds: 0.05, outcome: failed}

`cases.py` of the sandbox lists the shapes that tests may have. The tests and the code run in two processes, and the
code has no way to say that it passed: see `judge.py` there.
"""

import ast
import asyncio
import marshal
import re
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import CodeType

import pyarrow as pa

from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.sandbox import Ended, Sandbox, compiled
from sdg_ray.sandbox.cases import PARSING, Tests, read
from sdg_ray.scorers import Opinion, text_of

FENCED = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
PYTHON = ("python", "python3", "py")
SPARE_SECONDS = 1.0  # the tests' own clock goes off this much before the sandbox's
VERDICT = re.compile(r"(\d+) (\d+) ([a-z ]+)\n")


@dataclass(frozen=True, kw_only=True)
class PythonTests:
    """1 if the code passes all tests, 0 if not; no score where the reference has no tests that can be run."""

    name: str = "python_tests"
    sandbox: Sandbox = field(default_factory=Sandbox)
    at_once: int = runtime(2)

    parts = pa.struct(
        [("passed", pa.float32()), ("total", pa.float32()), ("seconds", pa.float32()), ("outcome", pa.string())]
    )

    def check(self) -> None:
        """Raise `Refused` where this machine cannot make the sandbox that is demanded."""
        if self.at_once < 1:
            raise Refused(f"scorer {self.name!r} runs at_once={self.at_once} sandboxes; it must be one or more")
        self.sandbox.check()

    def start(self) -> "Running":
        """Nothing is loaded; sandboxes are started for each answer."""
        return Running(self)


class Running:
    """Some sandboxes at once."""

    def __init__(self, scorer: PythonTests) -> None:
        self.scorer = scorer
        self.pool = ThreadPoolExecutor(scorer.at_once, thread_name_prefix="sandbox")

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """Each candidate in a sandbox of its own."""
        tests = read(reference) if reference else None
        if tests is None:
            return [Opinion(score=None) for _ in responses]
        loop = asyncio.get_running_loop()
        codes = [code_of(text_of(response)) for response in responses]
        return await asyncio.gather(*(loop.run_in_executor(self.pool, self._opinion, code, tests) for code in codes))

    def _opinion(self, code: str | None, tests: Tests) -> Opinion:
        """One candidate's."""
        if code is None:
            return opinion(0, tests.total, 0.0, "no code")
        sandbox = self.scorer.sandbox
        task = marshal.dumps(tests.task(code, max(sandbox.wall_seconds - SPARE_SECONDS, sandbox.wall_seconds / 2)))
        ended = sandbox.run(compiled("judge.py"), task, modules())
        return verdict(ended, tests)


def modules() -> dict[str, CodeType]:
    """What the judge imports."""
    return {f"sdg_ray.sandbox.{name}": compiled(f"{name}.py") for name in ("remote", "packing", "peer", "guest")}


def verdict(ended: Ended, tests: Tests) -> Opinion:
    """An opinion from what the judge wrote; a judge that was stopped or killed has passed nothing."""
    said = VERDICT.fullmatch(ended.stdout.decode(errors="replace"))
    if ended.stopped or not said:
        return opinion(0, tests.total, ended.seconds, ended.stopped or "error")
    if said[3] == "cannot run":
        return Opinion(score=None)
    return opinion(int(said[1]), int(said[2]), ended.seconds, said[3])


def opinion(passed: int, total: int, seconds: float, outcome: str) -> Opinion:
    """A score and its parts."""
    parts = {"passed": float(passed), "total": float(total), "seconds": seconds, "outcome": outcome}
    return Opinion(score=float(outcome == "passed"), parts=parts)


def code_of(text: str) -> str | None:
    """The code of an answer: its last block marked as Python, else its first block, else all of it if that is code."""
    blocks = [(found[2].lower(), found[3]) for found in FENCED.finditer(text)]
    marked = [code for language, code in blocks if language in PYTHON]
    if blocks:
        return marked[-1] if marked else blocks[0][1]
    return text if is_code(text) else None


def is_code(text: str) -> bool:
    """Whether a text without blocks is Python: it can be parsed, and is more than words that happen to be names."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
    except PARSING:
        return False
    return any(not isinstance(each, ast.Expr) or isinstance(each.value, ast.Call) for each in body)
