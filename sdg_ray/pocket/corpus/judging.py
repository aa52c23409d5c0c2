"""Judging answers, as a judge's templates ask for it: what should come, what came, and the verdict.

    ... Answer A: Mira Fenn lives in Saltby. Answer B: Mira Fenn lives in Tolland. ...
    ->  Good: Mira Fenn lives in Tolland.
        A: Fenn lives in Saltby. wrong
        B: Fenn lives in Tolland. right
        [[B]]

Writing the expected answer down first, with its steps, makes the verdict a matter of comparing texts that stand there.
"""

import random

from sdg_ray.pocket.corpus import grades
from sdg_ray.pocket.corpus.conversation import Talk, Turns, one
from sdg_ray.pocket.world import KINDS
from sdg_ray.template import choices, template

PAIRWISE = template("judge/pairwise", "conversation", "a", "b")
POINTWISE = template("judge/pointwise", "conversation", "answer", "rubric")
RUBRICS = tuple(choices("judge/rubrics").values())
VERDICTS = ("useless", "wrong", "right but poor", "right")  # from worst to best
SHOWN = 6  # words of an answer that are written down: its end, where the result stands
WAYS = ("wrong", "slip", "slip", "wrong", "form", "elsewhere", "cut", "garbled", "padded", "bare")


def judged(rng: random.Random) -> Talk:
    """One judgement of either sort."""
    return compared(rng) if rng.random() < 0.7 else rated(rng)


def compared(rng: random.Random) -> Talk:
    """Two answers to one question, mostly a right one and a spoiled one, in any order."""
    state, kind = rng.random(), rng.choice((*KINDS, "fact", "arithmetic"))
    better, worse = (("right",) if rng.random() < share else WAYS for share in (0.85, 0.1))
    hows = [rng.choice(better), rng.choice(worse)]
    rng.shuffle(hows)
    a, b = (grades.graded(random.Random(state), kind=kind, how=how) for how in hows)
    ask = PAIRWISE.fill(conversation=spoken(a.turns[:-1]), a=a.turns[-1][1], b=b.turns[-1][1])
    ranks = [VERDICTS.index(verdict(each)) for each in (a, b)]
    winner = "A" if ranks[0] > ranks[1] else "B" if ranks[1] > ranks[0] else "C"
    lines = (f"Good: {flat(a.expected)}", f"A: {_found(a)}", f"B: {_found(b)}", f"[[{winner}]]")
    return one("judging", ask, "\n".join(lines))


def rated(rng: random.Random) -> Talk:
    """One answer, rated from 1 to 5."""
    made = grades.graded(rng)
    ask = POINTWISE.fill(conversation=spoken(made.turns[:-1]), answer=made.turns[-1][1], rubric=rng.choice(RUBRICS))
    return one("judging", ask, f"Good: {flat(made.expected)}\nAnswer: {_found(made)}\n[[{made.labels[0] + 1}]]")


def verdict(made: grades.Graded) -> str:
    """One of the verdicts, by the labels that the world gives."""
    helpful, correct = made.labels[:2]
    if correct >= 3:
        return "right" if helpful >= 3 else "right but poor"
    return "wrong" if helpful else "useless"


def spoken(turns: Turns) -> str:
    """A conversation as a judge reads it."""
    return "\n".join(f"{role}: {text}" for role, text in turns)


def flat(answer: str) -> str:
    """An answer in one line, without the fences of code."""
    return " ".join(answer.removeprefix("```python").removesuffix("```").split())


def end(answer: str) -> str:
    """The last words of an answer, where its result stands."""
    return " ".join(flat(answer).split()[-SHOWN:])


def _found(made: grades.Graded) -> str:
    return f"{end(made.turns[-1][1])} {verdict(made)}"
