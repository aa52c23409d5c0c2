"""Small Python functions, each with its one expected form and a few tests.

    "Write a Python function add_7(x) that returns x plus 7."
    ->  ```python
        def add_7(x):
            return x + 7
        ```

No answer is ever executed here: an answer is right when its syntax tree equals that of the expected form. The tests
travel in the reference, for a sandbox to run: {"solution": "def add_7...", "tests": ["assert add_7(1) == 8"]}.
"""

import ast
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from sdg_ray.pocket.world.chance import draw, set_aside

ASKS = (
    "Write a Python function {call} that returns {what}.",
    "Define a Python function {call} that returns {what}.",
    "I need a Python function {call}. It returns {what}.",
    "In Python, write {call} so that it returns {what}.",
)
FENCED = re.compile(r"```(?:python)?\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Pattern:
    level: str
    topic: str
    name: str
    argument: str
    what: str
    code: str
    tests: tuple[tuple[object, Callable[[int], object]], ...]


def _numbers(name: str, what: str, code: str, result: Callable[[int, int], object], level: str = "beginner") -> Pattern:
    tests = tuple((x, lambda n, x=x: result(x, n)) for x in (0, 5, 12))
    return Pattern(level=level, topic="numbers", name=name, argument="x", what=what, code=code, tests=tests)


def _lists(name: str, what: str, code: str, result: Callable[[list[int], int], object], level: str) -> Pattern:
    tests = tuple(
        (items, lambda n, items=items: result(list(items), n)) for items in ([], [4, 1, 9, 16], [2, 30, 2, 7])
    )
    return Pattern(level=level, topic="lists", name=name, argument="items", what=what, code=code, tests=tests)


def _texts(name: str, what: str, code: str, result: Callable[[str, int], object]) -> Pattern:
    tests = tuple((text, lambda n, text=text: result(text, n)) for text in ("", "lantern", "salt heron"))
    return Pattern(level="beginner", topic="strings", name=name, argument="text", what=what, code=code, tests=tests)


PATTERNS = (
    _numbers("add_{n}", "x plus {n}", "return x + {n}", lambda x, n: x + n),
    _numbers("subtract_{n}", "x minus {n}", "return x - {n}", lambda x, n: x - n),
    _numbers("times_{n}", "x times {n}", "return x * {n}", lambda x, n: x * n),
    _numbers("remainder_{n}", "the remainder of x divided by {n}", "return x % {n}", lambda x, n: x % n),
    _numbers("above_{n}", "whether x is larger than {n}", "return x > {n}", lambda x, n: x > n),
    _numbers("below_{n}", "whether x is smaller than {n}", "return x < {n}", lambda x, n: x < n),
    _numbers("divides_{n}", "whether x can be divided by {n}", "return x % {n} == 0", lambda x, n: x % n == 0),
    _numbers("at_least_{n}", "the larger of x and {n}", "return max(x, {n})", max),
    _numbers("at_most_{n}", "the smaller of x and {n}", "return min(x, {n})", min),
    _texts("first_{n}", "the first {n} letters of text", "return text[:{n}]", lambda text, n: text[:n]),
    _texts("repeat_{n}", "text repeated {n} times", "return text * {n}", lambda text, n: text * n),
    _texts("longer_{n}", "whether text is longer than {n}", "return len(text) > {n}", lambda text, n: len(text) > n),
    _lists("sum_plus_{n}", "the sum of items plus {n}", "return sum(items) + {n}",
    lambda a, n: sum(a) + n, "intermediate"),
    _lists("count_{n}", "how often {n} is in items", "return items.count({n})", lambda a, n: a.count(n),
    "intermediate"),
    _lists("has_{n}", "whether {n} is in items", "return {n} in items", lambda a, n: n in a, "intermediate"),
    _lists("keep_above_{n}", "the items larger than {n}", "return [x for x in items if x > {n}]",
           lambda a, n: [x for x in a if x > n], "advanced"),
    _lists("all_times_{n}", "every item times {n}", "return [x * {n} for x in items]",
           lambda a, n: [x * n for x in a], "advanced"),
    _lists("sum_above_{n}", "the sum of the items larger than {n}", "return sum(x for x in items if x > {n})",
           lambda a, n: sum(x for x in a if x > n), "advanced"),
)  # fmt: skip


def ask(rng: random.Random, held_out: bool, level: str | None = None, topic: str | None = None) -> tuple[str, str, str]:
    """A question, its reference and the expected answer."""
    fitting = [p for p in PATTERNS if level in (None, p.level) and topic in (None, p.topic)]
    pattern, n = draw(
        lambda: (rng.choice(fitting), rng.randint(2, 30)),
        lambda drawn: set_aside("python", drawn[0].name, drawn[1]) == held_out,
    )
    name, call = pattern.name.format(n=n), f"{pattern.name.format(n=n)}({pattern.argument})"
    code = f"def {call}:\n    {pattern.code.format(n=n)}"
    tests = [f"assert {name}({given!r}) == {result(n)!r}" for given, result in pattern.tests]
    text = rng.choice(ASKS).format(call=call, what=pattern.what.format(n=n))
    return text, json.dumps({"solution": code, "tests": tests}), f"```python\n{code}\n```"


def right(reference: str, answer: str) -> bool:
    fenced = FENCED.search(answer)
    tree = _tree(fenced[1] if fenced else answer)
    return tree is not None and tree == _tree(json.loads(reference)["solution"])


def _tree(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
