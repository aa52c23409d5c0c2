r"""How many answers per second the scorers by truth look at, on one core.

    python jobs/bench/verifiers.py                20,000 answers of each sort
    python jobs/bench/verifiers.py answers=4000   fewer

    answers=20000   how many answers, in prompts of four
    seed=0          of the answers, all of which are made up

Half of the mathematical answers are as those to GSM8K, a worked solution with a number at its end, and half as those
to MATH: a box with a number (six in ten), a fraction, a root, a polynomial, a point, an interval or a set, written as
in the reference, written otherwise, or wrong. A check of an instruction is one instruction on one answer, strictly and,
where the answer does not follow everything, loosely. Counted is the time of the processor, so that others at work do
not matter.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray import instructions
from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, Scorer
from sdg_ray.scorers.instructions import Instructions
from sdg_ray.scorers.math_answer import MathAnswer

CANDIDATES = 4
TARGET = "aimed at: 2,000 mathematical answers and 5,000 checks of instructions per second"
STEPS = (
    "First we look at what is given: there are {a} in one and {b} in the other.",
    "Together that is {a} + {b} = {c}.",
    "Each of them costs ${a}, so {b} of them cost {a} * {b} = ${d}.",
    "We subtract what was there before, {c} - {b} = {a}.",
    "Because half of them were sold, only {a} are left at the end of the day.",
)
SENTENCES = (
    "The moon pulls on the sea, and so the water rises twice a day.",
    "Sailors know the rhythm of the tide by heart.",
    "* Boats leave the harbour only at high water.",
    "In spring the difference is larger than in autumn.",
    "Nobody on the island would ever forget it!",
    "",
)
Row = tuple[str, list[str]]


def main(arguments: Sequence[str], console: Console) -> int:
    """Make up answers, score them, and count."""
    options = typed(arguments, answers=20_000, seed=0)
    if options["answers"] < CANDIDATES:
        raise Refused(f"answers=... must be {CANDIDATES} or more")
    rng, prompts = random.Random(options["seed"]), options["answers"] // CANDIDATES
    table = Table(title=f"{prompts * CANDIDATES:,} answers of each sort, one core", box=box.SIMPLE_HEAD)
    for name in ("scorer", "answers like", "right", "answers/s", "checks/s"):
        table.add_column(name, justify="left" if name in ("scorer", "answers like") else "right")
    makers = {"GSM8K": school, "MATH": contest}
    rows = {like: [make(rng) for _ in range(prompts)] for like, make in makers.items()}
    rows["half of each"] = [rows[("GSM8K", "MATH")[number % 2]][number] for number in range(prompts)]
    for like, each in rows.items():
        opinions, seconds = timed(MathAnswer(), each)
        table.add_row("math_answer", like, right(opinions), f"{len(opinions) / seconds:,.0f}", "")
    opinions, seconds = timed(Instructions(), [instructed(rng) for _ in range(prompts)])
    checks = sum(len(opinion.parts["followed"]) for opinion in opinions if isinstance(opinion.parts, dict))
    table.add_row(
        "instructions", "IFEval", right(opinions), f"{len(opinions) / seconds:,.0f}", f"{checks / seconds:,.0f}"
    )
    console.print(table)
    console.print(TARGET, highlight=False)
    return 0


def timed(scorer: Scorer, rows: Sequence[Row]) -> tuple[list[Opinion], float]:
    """The opinions of all answers, and the seconds of the processor that they took; loading is not counted."""
    scoring = scorer.start()

    async def score(some: Sequence[Row]) -> list[Opinion]:
        found: list[Opinion] = []
        for reference, texts in some:
            responses: list[Chat] = [[{"role": "assistant", "content": text}] for text in texts]
            found += await scoring.score([], responses, reference)
        return found

    asyncio.run(score(rows[:20]))
    began = time.process_time()
    found = asyncio.run(score(rows))
    return found, time.process_time() - began


def right(opinions: Sequence[Opinion]) -> str:
    """The share of ones."""
    return f"{sum(opinion.score == 1 for opinion in opinions) / len(opinions):.2f}"


def worked(rng: random.Random) -> str:
    """A few steps with numbers in them."""
    a, b = rng.randint(2, 90), rng.randint(2, 90)
    steps = rng.choices(STEPS, k=rng.randint(4, 9))
    return "\n".join(step.format(a=a, b=b, c=a + b, d=a * b) for step in steps)


def school(rng: random.Random) -> Row:
    """A number, and four solutions that end on one."""
    value = rng.choice((rng.randint(1, 100), rng.randint(100, 2_000), rng.randint(1_000, 90_000)))
    ends = ("#### {}", "The answer is {}.", "\\boxed{{{}}}", "So it is ${} in total.", "**Answer: {} hours**")
    found = []
    for _ in range(CANDIDATES):
        said = value if rng.random() < 0.6 else value + rng.randint(1, 9)
        found.append(f"{worked(rng)}\n{rng.choice(ends).format(f'{said:,}' if rng.random() < 0.5 else said)}")
    return str(value), found


def contest(rng: random.Random) -> Row:
    """An answer as in MATH, and four boxes."""
    if rng.random() < 0.6:
        value = rng.randint(-20, 400)
        wrong = [str(value + rng.randint(1, 9)) for _ in range(2)]
        reference, others = str(value), [f"{value}.0", *wrong]
    else:
        reference, *others = rng.choice(FORMS)(rng.randint(2, 9), rng.randint(2, 9), rng.randint(2, 9))
    boxes = [reference if rng.random() < 0.5 else rng.choice(others) for _ in range(CANDIDATES)]
    return reference, [f"{worked(rng)}\nTherefore the answer is $\\boxed{{{each}}}$." for each in boxes]


def _form(reference: str, *others: str) -> Callable[..., Sequence[str]]:
    """A reference, and other answers, of three numbers a, b and c."""
    return lambda a, b, c: [each % {"a": a, "b": b, "c": c, "d": a * c, "e": b * c} for each in (reference, *others)]


FORMS = (
    _form(r"\frac{%(a)d}{%(b)d}", r"\dfrac{%(d)d}{%(e)d}", "%(a)d/%(b)d", r"\frac{%(b)d}{%(c)d}"),
    _form(r"%(a)d\sqrt{%(b)d}", r"\sqrt{%(b)d}\cdot %(a)d", r"%(b)d\sqrt{%(a)d}"),
    _form(r"\frac{%(a)d\pi}{%(b)d}", r"\frac{%(d)d}{%(e)d}\pi", r"%(a)d\pi"),
    _form(r"(%(a)d, %(b)d)", r"\left(\frac{%(d)d}{%(c)d}, %(b)d\right)", r"(%(b)d, %(a)d)"),
    _form(r"[%(a)d, \infty)", r"x \ge %(a)d", r"(%(a)d, \infty)"),
    _form(r"\{%(a)d, %(b)d\}", r"\{%(b)d, %(a)d\}", r"\{%(a)d, %(c)d\}"),
    _form(r"x^2 + %(a)dx + %(b)d", r"%(b)d + %(a)dx + x^2", r"x^2 + %(b)dx + %(a)d"),
    _form(r"y = %(a)dx - %(b)d", r"%(a)dx - %(b)d", r"y = %(b)dx - %(a)d"),
    _form(r"%(a)d%%", r"%(a)d\%%", r"%(b)d\%%"),
)


def instructed(rng: random.Random) -> Row:
    """Up to three instructions, and four answers of about 800 letters."""
    asked: list[Any] = instructions.draw(rng, rng.randint(1, 3), "Why do the tides follow the moon around the earth?")
    return instructions.reference(asked), ["\n".join(rng.choices(SENTENCES, k=20)) for _ in range(CANDIDATES)]


if __name__ == "__main__":
    command(main, __doc__)
