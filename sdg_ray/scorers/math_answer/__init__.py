r"""Whether the final answer of a response is that of the reference: GSM8K, MATH and what is like them.

    MathAnswer()    reference "1200": "In total she pays $1,200." -> 1.0, "#### 120" -> 0.0
                    reference r"\frac{3}{4}": r"\boxed{0.75}" -> 1.0; reference r"\int": None, it cannot be read

Numbers are compared as they are; for everything else answers are read by a grammar of its own (`formula`), worked out
with mpmath where they are not exact, and compared at points where the letters have some value. Libraries that parse
LaTeX into sympy were tried and left: they took 16 ms for an answer, hung at `9^{9^{9^9}}`, and can evaluate text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa

from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, text_of
from sdg_ray.scorers.math_answer.extract import candidates
from sdg_ray.scorers.math_answer.number import Unreadable
from sdg_ray.scorers.math_answer.read import plain, read
from sdg_ray.scorers.math_answer.same import same
from sdg_ray.scorers.math_answer.tree import Answer, Words

PLAIN = re.compile(r"\s*\\?\$?\s*([-−]?)\s*\\?\$?(\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.(\d{1,18}))?\s*\.?\s*")


@dataclass(frozen=True, kw_only=True)
class MathAnswer:
    """1 where the final answer is equivalent to the reference, 0 where it is not or there is none.

    No score where the reference cannot be read. The part `answer` is what was taken for the final answer.
    """

    name: str = "math_answer"

    parts = pa.struct([("answer", pa.string())])

    def check(self) -> None:
        """Nothing can be wrong."""

    def start(self) -> "MathAnswer":
        """Nothing is loaded."""
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The answers of one prompt, against a reference that is read once."""
        wanted = Wanted.of(reference)
        if wanted is None:
            return [Opinion(score=None) for _ in responses]
        return [wanted.opinion(text_of(response)) for response in responses]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A reference, read: as a number where it is one, else as a formula."""

    text: str
    number: Fraction | None
    answer: Answer

    @classmethod
    def of(cls, reference: str | None) -> "Wanted | None":
        """What a reference asks for; None where that cannot be read."""
        text = next(candidates(reference), "") if reference and _is_solution(reference) else reference or ""
        try:
            answer = read(text)
            return cls(text=text, number=plain_number(text), answer=answer) if same(answer, answer) else None
        except Unreadable:
            return None

    def opinion(self, response: str) -> Opinion:
        """Whether the final answer of a response is this."""
        found = ""
        for found in candidates(response):
            verdict = self._right(found)
            if verdict is not None:
                return Opinion(score=float(verdict), parts={"answer": found})
        return Opinion(score=0.0, parts={"answer": found or None})

    def _right(self, found: str) -> bool | None:
        """Whether this is the answer; None where it is nothing that can be compared with it."""
        if found.strip() == self.text.strip():
            return True
        if self.number is not None and (number := plain_number(found)) is not None:
            return number == self.number
        if isinstance(self.answer, Words) and plain(found) == self.answer.text:
            return True
        try:
            answer = read(found)
            if isinstance(answer, Words) and not isinstance(self.answer, Words):
                return True if answer.text == plain(self.text) else None
            return same(self.answer, answer)
        except Unreadable:
            return None


def _is_solution(reference: str) -> bool:
    """Whether a reference is a whole solution, not only its answer."""
    return "####" in reference or "\\boxed" in reference


def plain_number(text: str) -> Fraction | None:
    """The number that a text is; None for one that is anything more than sign, digits and dots."""
    match = PLAIN.fullmatch(text)
    if match is None:
        return None
    sign, whole, decimals = match.groups()
    value = Fraction(int(whole.replace(",", "") + (decimals or "")), 10 ** len(decimals or ""))
    return -value if sign else value
