"""A judge compares the candidates of a prompt two by two, each two in both orders.

    as answer A   as answer B   the candidate's verdict
    A             B             win             the judge means it, wherever it stands
    C             C             tie
    A             A             inconsistent    the judge means the first place, not the answer
    B             -             none            one of the answers had no verdict

Only what both orders agree on counts (technical report of Nemotron-4 340B, section 3.2.3). A candidate's score is the
share of its counting comparisons that it won, a tie being half a win; where none counts there is no score.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import pyarrow as pa

from sdg_ray.chance import Chance
from sdg_ray.engines import Engine, Sampling, Session
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion
from sdg_ray.scorers.asked import GREEDY, Said, said, spoken, written
from sdg_ray.template import template, worded

PLACES = ("conversation", "a", "b")
LETTER = re.compile(r"\[\[\s*([ABC])\s*\]\]")
AGREED = {("A", "B"): "win", ("B", "A"): "loss", ("C", "C"): "tie"}
WORTH = {"win": 1.0, "tie": 0.5, "loss": 0.0}  # what counts; inconsistent and none do not
COMPARISON = pa.struct(
    [
        ("other", pa.int32()),  # the candidate that this one was compared with
        ("first", pa.string()),  # the judge's letter where this one was answer A
        ("second", pa.string()),  # the judge's letter where this one was answer B
        ("verdict", pa.string()),  # win, loss, tie, inconsistent or none
    ]
)


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Which of two answers is better, in the words of a model; `most` pairs of different answers of each prompt.

    Equal answers are a tie without a question. `template` is one of this package or the path of a file.
    """

    engine: Engine
    name: str = "judge"
    template: str = worded("judge/pairwise")
    sampling: Sampling = GREEDY
    most: int = 6

    parts = pa.list_(COMPARISON)

    def check(self) -> None:
        """Raise `Refused` for a template with other places, no pairs at all, or an engine that cannot work."""
        if self.most < 1:
            raise Refused(f"scorer {self.name!r} compares most={self.most} pairs of a prompt; let it be at least 1")
        template(self.template, *PLACES)
        self.engine.check(self.sampling.max_tokens)

    def start(self) -> "Judging":
        """Load the model."""
        return Judging(self, self.engine.start())


class Judging:
    """A judge, loaded."""

    def __init__(self, judge: Judge, session: Session) -> None:
        self.judge, self.session = judge, session
        self.question = template(judge.template, *PLACES)

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """Each candidate's share of wins and its comparisons. What is asked of two texts is asked once."""
        texts, talk = [written(response) for response in responses], spoken(prompt)
        different = list(dict.fromkeys(texts))
        drawn = pairs(len(different), self.judge.most, Chance("judge", talk, *different))
        orders = [(different[i], different[j]) for pair in drawn for i, j in permutations(pair)]
        answers = dict(zip(orders, await asyncio.gather(*(self._said(talk, *order) for order in orders)), strict=True))
        tokens = {a: sum(each.tokens for (first, _), each in answers.items() if first == a) for a in different}
        errors = {text: each.error for order, each in answers.items() if each.error for text in order}
        return [
            Opinion(score=share(parts), parts=parts, tokens=tokens.pop(text, 0), error=errors.get(text))
            for text, parts in zip(texts, comparisons(texts, answers), strict=True)
        ]

    async def _said(self, talk: str, a: str, b: str) -> Said:
        question = self.question.fill(conversation=talk, a=a, b=b)
        return await said(self.session, question, self.judge.sampling, LETTER)


def pairs(n: int, most: int, chance: Chance) -> list[tuple[int, int]]:
    """All pairs of `n` things, or so many of them, drawn so that each thing is in about as many as any other."""
    order = chance.sample(range(n), n)
    starts = (*range(0, n, 2), *range(1, n, 2))  # neighbours in a ring, then those two apart, and so on
    ring = [(order[i], order[(i + apart) % n]) for apart in range(1, n // 2 + 1) for i in starts]
    return list(dict.fromkeys((min(pair), max(pair)) for pair in ring))[:most]


def comparisons(texts: Sequence[str], answers: Mapping[tuple[str, str], Said]) -> list[Any]:
    """The comparisons of each candidate, from what the judge said of two texts in either order."""
    found: list[Any] = [[] for _ in texts]
    for i, j in combinations(range(len(texts)), 2):
        a, b = texts[i], texts[j]
        if a == b:
            found[i].append(compared(j, None, None, "tie"))
            found[j].append(compared(i, None, None, "tie"))
        elif (a, b) in answers:  # else it was not drawn
            ab, ba = answers[a, b].verdict, answers[b, a].verdict
            found[i].append(compared(j, ab, ba, agreed(ab, ba)))
            found[j].append(compared(i, ba, ab, agreed(ba, ab)))
    return found


def compared(other: int, first: str | None, second: str | None, verdict: str) -> dict[str, Any]:
    """One comparison, as one of the two candidates has it in its parts."""
    return {"other": other, "first": first, "second": second, "verdict": verdict}


def agreed(first: str | None, second: str | None) -> str:
    """What two letters say of the candidate that was answer A for the first and answer B for the second."""
    if first is None or second is None:
        return "none"
    return AGREED.get((first, second), "inconsistent")


def share(parts: Sequence[Mapping[str, Any]]) -> float | None:
    """Wins and half the ties, of the comparisons that count."""
    counting = [WORTH[each["verdict"]] for each in parts if each["verdict"] in WORTH]
    return sum(counting) / len(counting) if counting else None
