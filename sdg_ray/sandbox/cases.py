"""The tests that a reference holds, in the shapes they are published in, made ready to be run by `judge.py`.

    assert add(1, 2) == 3 ...                                 Python, a test for each assert
    ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]        the same as a JSON list, or {"tests": [...], "setup": ...}
    {"test": "def check(candidate): ...", "entry_point": "add"}                     as HumanEval has them
    def test_add(): assert add(1, 2) == 3                     functions as pytest runs them
    {"inputs": ["1 2\\n"], "outputs": ["3\\n"]}                 a program that reads and writes

Asserts are numbered and counted: a failed one does not end the tests, so that it is known how many hold.
"""

import ast
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from sdg_ray.sandbox.judge import FAILED, PASSED

PARSING = (SyntaxError, ValueError, RecursionError, MemoryError)  # what Python raises for text that is no code


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of the tests, compiled; and the number of the test, if it is one assert."""

    code: CodeType
    test: int | None


@dataclass(frozen=True, kw_only=True)
class Tests:
    """What to run: statements that use some names of the answer, or inputs and outputs of a program."""

    total: int
    counted: int = 0  # of the asserts, those that are numbered
    statements: Sequence[Statement] = ()
    names: Sequence[str] = ()
    entry: str | None = None
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()

    def task(self, code: str, seconds: float) -> dict[str, Any]:
        """What the judge reads, for one answer's code."""
        task: dict[str, Any] = {"code": code, "seconds": seconds, "total": self.total}
        if self.inputs:
            return task | {"inputs": list(self.inputs), "outputs": list(self.outputs)}
        statements = [(each.code, each.test) for each in self.statements]
        return task | {
            "statements": statements,
            "names": list(self.names),
            "entry": self.entry,
            "counted": self.counted,
        }


def read(reference: str) -> Tests | None:
    """The tests of a reference; None if there are none that can be read, or they do not compile."""
    try:
        found = json.loads(reference)
    except (ValueError, RecursionError):
        found = reference
    try:
        return _of(found)
    except PARSING:
        return None


def _of(found: Any) -> Tests | None:
    """The tests in one of the shapes."""
    if isinstance(found, Mapping):
        if "inputs" in found and "outputs" in found:
            return _program(found["inputs"], found["outputs"])
        setup, entry = found.get("setup") or "", found.get("entry_point")
        call = f"\ncheck({entry})" if isinstance(entry, str) and entry.isidentifier() else ""
        return _python([setup, found.get("tests") or _text(found.get("test")) + call], entry if call else None)
    return _python([found], None)


def _program(inputs: Any, outputs: Any) -> Tests | None:
    """A program's tests: as many outputs as inputs, all of them texts."""
    if not _texts(inputs) or not _texts(outputs) or len(inputs) != len(outputs) or not inputs:
        return None
    return Tests(total=len(inputs), inputs=inputs, outputs=outputs)


def _python(parts: Sequence[Any], entry: str | None) -> Tests | None:
    """Tests in Python; None if nothing is asserted in them."""
    flat = [text for part in parts for text in (part if isinstance(part, list) else [part])]
    if not _texts(flat):
        return None
    source = "\n".join(flat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that are none
        tree = ast.parse(source)
        if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
            return None
        tree.body += _calls(tree)
        counting = Counting()
        statements = [_statement(counting, node) for node in tree.body]
    count = counting.count
    return Tests(total=max(1, count), counted=count, statements=statements, names=_wanted(tree), entry=entry)


def _calls(tree: ast.Module) -> list[ast.stmt]:
    """Calls of the functions `test_...` that are not called in the tests themselves: elsewhere pytest does it."""
    called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test")]
    names = [each.name for each in found if each.name not in called and not each.args.args]
    return ast.parse("".join(f"{name}()\n" for name in names)).body


def _wanted(tree: ast.AST) -> list[str]:
    """The names that the tests use and do not make themselves."""
    used, made = set[str](), {PASSED, FAILED}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return sorted(used - made)


def _statement(counting: "Counting", node: ast.stmt) -> Statement:
    """A top-level statement, with its asserts numbered."""
    test = counting.count if isinstance(node, ast.Assert) else None
    module = ast.Module(body=[counting.visit(node)], type_ignores=[])
    return Statement(code=compile(ast.fix_missing_locations(module), "<tests>", "exec", dont_inherit=True), test=test)


class Counting(ast.NodeTransformer):
    """`assert a` becomes `passed(n) if a else failed(n)`, but where a test itself waits for what is raised."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """A numbered assert."""
        number, self.count = self.count, self.count + 1
        says = [self._call(name, number) for name in (PASSED, FAILED)]
        return ast.copy_location(ast.If(test=node.test, body=[says[0]], orelse=[says[1]]), node)

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """Left as it is."""
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        """Left as it is."""
        return node

    def _call(self, name: str, number: int) -> ast.stmt:
        function = ast.Name(id=name, ctx=ast.Load())
        return ast.Expr(value=ast.Call(func=function, args=[ast.Constant(value=number)], keywords=[]))


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _texts(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(each, str) for each in found)
