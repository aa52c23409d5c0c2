"""Sums that are worked column by column, the way they are learned at school.

Whoever may use paper gets further than whoever must say the result at once; a small model learns the columns quickly.

    "What is 47 + 35?"  ->  "47 + 35: 7 + 5 = 12, write 2, carry 1. 4 + 3 + 1 = 8. The answer is 82."
"""

import random
import re
from dataclasses import dataclass

from sdg_ray.pocket.world.chance import draw, set_aside

ASKS = (
    "What is {sum}?",
    "Calculate {sum}.",
    "Work out {sum}.",
    "How much is {sum}?",
    "Please compute {sum}.",
    "Solve {sum}.",
)
THINGS = ("shells", "lamps", "ropes", "pearls", "nets", "kites", "barrels", "candles", "bells", "maps")
FIRST_NAMES = ("Mira", "Osk", "Tessa", "Bram", "Ona", "Jory", "Nell", "Piet", "Runa", "Emil", "Vera", "Hugo")
STORIES = {
    "+": (
        "{who} has {a} {things} and gets {b} more. How many {things} does {who} have now?",
        "There are {a} {things} in one boat and {b} in another. How many {things} are there together?",
        "{who} sells {a} {things} on Monday and {b} on Tuesday. How many {things} is that?",
    ),
    "-": (
        "{who} has {a} {things} and sells {b} of them. How many {things} are left?",
        "There are {a} {things} in the shop. {who} buys {b}. How many {things} remain?",
        "{who} needs {a} {things} and has {b}. How many {things} are missing?",
    ),
    "x": (
        "{who} fills {b} boxes with {a} {things} each. How many {things} is that?",
        "There are {b} boats with {a} {things} each. How many {things} are there?",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Sum:
    a: int
    sign: str
    b: int

    def __str__(self) -> str:
        return f"{self.a} {self.sign} {self.b}"

    @property
    def result(self) -> int:
        return {"+": self.a + self.b, "-": self.a - self.b, "x": self.a * self.b}[self.sign]

    @property
    def held_out(self) -> bool:
        pair = (self.a, self.b) if self.sign == "-" else sorted((self.a, self.b))
        return set_aside("arithmetic", self.sign, *pair)


def ask(rng: random.Random, held_out: bool, digits: int | None = None, sign: str | None = None) -> tuple[str, str, str]:
    """A question, its result and the worked answer."""
    task = draw(lambda: _sum(rng, digits, sign), lambda drawn: drawn.held_out == held_out)
    return worded(task, rng, story=rng.random() < 0.3), str(task.result), worked(task)


def worded(task: Sum, rng: random.Random, story: bool) -> str:
    if not story:
        return rng.choice(ASKS).format(sum=task)
    text = rng.choice(STORIES[task.sign])
    return text.format(who=rng.choice(FIRST_NAMES), things=rng.choice(THINGS), a=task.a, b=task.b)


def _sum(rng: random.Random, digits: int | None, sign: str | None) -> Sum:
    sign = sign or rng.choice("+++---x")
    digits = digits or rng.choice((2, 3, 3, 4))
    if sign == "x":
        return Sum(a=rng.randint(10, 99), sign=sign, b=rng.randint(2, 9))
    low, high = 10 ** (digits - 1), 10**digits - 1
    a, b = rng.randint(low, high), rng.randint(low, high)
    return Sum(a=max(a, b), sign=sign, b=min(a, b)) if sign == "-" else Sum(a=a, sign=sign, b=b)


def worked(task: Sum) -> str:
    """The right answer with its steps."""
    steps = {"+": _add, "-": _subtract, "x": _multiply}[task.sign](task.a, task.b)
    return f"{task}: {'. '.join(steps)}. The answer is {task.result}."


def _columns(a: int, b: int) -> list[tuple[int, int]]:
    width = max(len(str(a)), len(str(b)))
    return list(zip(map(int, reversed(f"{a:0{width}}")), map(int, reversed(f"{b:0{width}}")), strict=True))


def _add(a: int, b: int) -> list[str]:
    columns, steps, carry = _columns(a, b), [], 0
    for place, (x, y) in enumerate(columns):
        total = x + y + carry
        step = f"{x} + {y}{f' + {carry}' if carry else ''} = {total}"
        carry = total // 10
        last = place == len(columns) - 1
        steps.append(f"{step}, write {total % 10}, carry 1" if carry and not last else step)
    return steps


def _subtract(a: int, b: int) -> list[str]:
    steps, borrowed = [], 0
    for x, y in _columns(a, b):
        taken = f"{x} - 1 = {x - 1}, " if borrowed and x else ""
        top = x - borrowed
        if top < 0:  # a zero that was borrowed from is a nine that borrows on
            steps.append(f"0 - 1, borrow: 9 - {y} = {9 - y}")
        elif top < y:
            steps.append(f"{taken}{top} is less than {y}, borrow: {top + 10} - {y} = {top + 10 - y}")
            borrowed = 1
        else:
            steps.append(f"{taken}{top} - {y} = {top - y}")
            borrowed = 0
    return steps


def _multiply(a: int, b: int) -> list[str]:
    tens, ones = divmod(a, 10)
    carry = ones * b // 10
    first = f"{ones} x {b} = {ones * b}" + (f", write {ones * b % 10}, carry {carry}" if carry else "")
    second = f"{tens} x {b} = {tens * b}" + (f", {tens * b} + {carry} = {tens * b + carry}" if carry else "")
    return [first, second]


def claimed(answer: str) -> str | None:
    """The number that an answer ends on."""
    said = re.findall(r"answer is (-?\d+)", answer) or re.findall(r"-?\d+", answer)
    return said[-1] if said else None
