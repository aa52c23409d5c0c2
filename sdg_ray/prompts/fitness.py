"""Whether a new instruction is fit to stay: a coder solves it, a sandbox runs the solution, a judge has the last word.

    "Write first_3(text) ..."  ->  def first_3(text): return text[:3]  ->  ran: passed 3 of 3  ->  judge: Yes

What the judge is asked is a template; its verdict is the last word that it puts in a box: \\boxed{Yes} or [[Yes]], or,
as models that write LaTeX do, \\boxed{\\text{Yes}}. That the solution is also executed is an addition to the published
method, which goes by the judge alone.
"""

import ast
import asyncio
import builtins
import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.prompts.asking import RAW, Asking
from sdg_ray.record import Chat
from sdg_ray.sandbox.cases import PARSING, read
from sdg_ray.scorers.python_tests import PythonTests, code_of
from sdg_ray.template import Template

BOXED = re.compile(r"\\boxed\{\s*(?:\\\w+\{\s*)?([^{}\s]+?)[.!]?\s*\}|\[\[\s*([^\[\]\s]+?)[.!]?\s*\]\]")
CALL = re.compile(r"\b([A-Za-z_]\w*)\(")
OWN = {*dir(builtins), "main"}  # calls that an instruction mentions without asking for them


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of a solution: the reference it leaves, what it did and what the judge says; or what is wrong."""

    reference: str | None = None
    ran: str | None = None
    judge: str | None = None
    error: str | None = None


class Fitness:
    """A coder, a judge with its question, and a sandbox if solutions are executed."""

    def __init__(
        self, coder: Asking, judge: Asking, question: Template, passing: Sequence[str], tests: PythonTests | None
    ) -> None:
        self.coder, self.judge, self.question = coder, judge, question
        self.passing = {word.casefold() for word in passing}
        self.tests, self.running = tests, tests.start() if tests else None

    async def of(self, instruction: str, inherited: str | None, chance: Chance) -> Finding:
        """What becomes of an instruction; `inherited` are tests that its solution may have to pass."""
        asked: Chat = [{"role": "user", "content": instruction}]
        solved = await self.coder.answer(asked, chance.at("coder"))
        if solved.text is None:
            return Finding(error=solved.error)
        code = code_of(solved.text)
        if code is None:
            return Finding(error=f"no code: the solution is {solved.text[:RAW]!r}")
        tried = await self._tried(instruction, code, inherited)
        return tried if tried.error else await self._judged(instruction, solved.text, tried, chance.at("judge"))

    async def _tried(self, instruction: str, code: str, inherited: str | None) -> Finding:
        """The solution executed: with the tests it inherits, else to see that it runs and defines what was asked."""
        if self.running is None:
            return Finding(reference=kept(code))
        found = defined(code)
        asked = [name for name in CALL.findall(instruction) if name not in OWN]
        if asked and not found & set(asked):
            return Finding(error=f"not defined: {asked[0]}")
        if inherited and still_fits(inherited, found):
            tested = await self._tested(code, inherited)
            if tested is not None:
                return tested
        return await self._run(code)

    async def _tested(self, code: str, inherited: str) -> Finding | None:
        """With its tests; None where they cannot tell."""
        assert self.running is not None
        answer: Chat = [{"role": "assistant", "content": f"```python\n{code}\n```"}]
        (opinion,) = await self.running.score([], [answer], inherited)
        if opinion.score is None:
            return None
        parts: Any = opinion.parts
        ran = f"passed {parts['passed']:g} of {parts['total']:g}"
        if opinion.score < 1:
            return Finding(error=f"tests: {ran}, {parts['outcome']}")
        return Finding(reference=kept(code, inherited), ran=ran)

    async def _run(self, code: str) -> Finding:
        """Without tests: it has to come to its end."""
        assert self.running is not None and self.tests is not None
        loop = asyncio.get_running_loop()
        ended = await loop.run_in_executor(self.running.pool, self.tests.sandbox.run, code)
        if ended.stopped or ended.exit:
            last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
            return Finding(error=f"does not run: {ended.stopped or ' '.join(last)[:RAW] or f'exit {ended.exit}'}")
        return Finding(reference=kept(code), ran="ran")

    async def _judged(self, instruction: str, solution: str, tried: Finding, chance: Chance) -> Finding:
        """What the judge says, as the last thing that is asked, for it costs most."""
        said = await self.judge.text(self.question, chance, instruction=instruction, solution=solution)
        if said.text is None:
            return Finding(error=said.error)
        words = [boxed or bracketed for boxed, bracketed in BOXED.findall(said.text)]
        if not words:
            return Finding(error=f"no verdict: the judge says {said.text[:RAW]!r}")
        if words[-1].casefold() not in self.passing:
            return Finding(error=f"unfit: the judge says {said.text[-RAW:]!r}")
        return replace(tried, judge=words[-1])


def defined(code: str) -> set[str]:
    """The names that code makes at its top; none if it is no Python."""
    try:
        with warnings.catch_warnings(action="ignore"):
            body = ast.parse(code).body
    except PARSING:
        return set()
    named = (each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
    assigned = (node.id for each in body for node in ast.walk(each) if isinstance(each, ast.Assign)
                and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))  # fmt: skip
    return {*named, *assigned}


def still_fits(reference: str, found: set[str]) -> bool:
    """Whether the tests of a reference ask only for names that are there: then they are about this function still."""
    tests = read(reference)
    return tests is not None and set(tests.names) <= found | set(dir(builtins))


def kept(code: str, tests: str | None = None) -> str:
    """The reference of a pair: its solution, and the tests that the solution has passed."""
    return json.dumps({**_shaped(tests), "solution": code})


def _shaped(tests: str | None) -> dict[str, Any]:
    """Tests in the shape of an object, which has room for a solution beside them."""
    if tests is None:
        return {}
    try:
        found = json.loads(tests)
    except (ValueError, RecursionError):
        found = tests
    return found if isinstance(found, dict) else {"tests": found}
