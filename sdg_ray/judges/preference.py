"""What one scorer thinks of one row's candidates, taken two by two, whether it scores them or compares them.

ByScore([4.1, None, 2.0], chance).says(0, 2)    ->  1.0: the first is better; 0.5 for a tie, None where it cannot tell
ByScore([4.1, None, 2.0], chance).own()         ->  [(0, 2)]: the pairs that it would make, the better candidate first
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sdg_ray.chance import Chance
from sdg_ray.scorers.judge import WORTH

Pairs = list[tuple[int, int]]


class Preference(Protocol):
    """What one scorer thinks of one row's candidates."""

    def own(self) -> Pairs:
        """The pairs that it would make, the better candidate first, and its ties."""

    def asked(self, a: int, b: int) -> bool:
        """Whether it could have a word on these two."""

    def says(self, a: int, b: int) -> float | None:
        """1 where the first is better, 0 where the second is, a half for a tie; None where it cannot tell."""


class ByScore:
    """A reward model, a rubric, or chance: the higher score is better.

    Candidates stand in the order of their generators, so which of several equal ones is the best, or the worst, falls
    to `chance`: a scorer that rates much alike would else be credited, or charged, with that order.
    """

    def __init__(self, scores: Sequence[float | None], chance: Chance) -> None:
        self.scores, self.chance = scores, chance

    def own(self) -> Pairs:
        """The highest score against the lowest."""
        told = [(score, i) for i, score in enumerate(self.scores) if score is not None]
        if len(told) < 2:
            return []
        highest, lowest = max(told)[0], min(told)[0]
        best, worst = ([i for score, i in told if score == end] for end in (highest, lowest))
        chosen = self.chance.choice(best)
        return [(chosen, self.chance.choice([i for i in worst if i != chosen]))]

    def asked(self, a: int, b: int) -> bool:
        """Whether both have a score."""
        return self.scores[a] is not None and self.scores[b] is not None

    def says(self, a: int, b: int) -> float | None:
        """Which score is higher."""
        ours, theirs = self.scores[a], self.scores[b]
        if ours is None or theirs is None:
            return None
        return 0.5 if ours == theirs else float(ours > theirs)


class ByVerdict:
    """A judge: what it said of two candidates in both orders."""

    def __init__(self, parts: Sequence[Sequence[Mapping[str, Any]] | None]) -> None:
        self.verdicts = {(i, each["other"]): each["verdict"] for i, mine in enumerate(parts) for each in mine or ()}

    def own(self) -> Pairs:
        """All that it decided, and its ties once."""
        return [(a, b) for (a, b), said in self.verdicts.items() if said == "win" or (said == "tie" and a < b)]

    def asked(self, a: int, b: int) -> bool:
        """Whether it compared them."""
        return (a, b) in self.verdicts

    def says(self, a: int, b: int) -> float | None:
        """What counts of its verdict."""
        return WORTH.get(self.verdicts.get((a, b), ""))
