"""An engine that judges by a rule, so that a test knows what a judge will say."""

import re
from dataclasses import dataclass

from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, Sampling, Values
from sdg_ray.record import Chat

SHOWN = re.compile(r"Answer A:\n(.*)\n\nAnswer B:\n(.*)\n\nSay first", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Says of two answers which has the `word`; `says` instead, where it is given, whatever it is shown.

    A question with `too long` in it cannot be read; `asked` are the questions that were.
    """

    word: str = "right"
    says: str | None = None
    finish: str = "stop"
    model: str = "verdicts"
    asked: list[str] = runtime(factory=list)

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Verdicts":
        """Nothing to load."""
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """One judgement; ten tokens were read."""
        assert n == 1 and len(chat) == 1 and sampling.temperature == 0
        question = chat[0]["content"]
        self.asked.append(question)
        if "too long" in question:
            raise BadRow("too long: as the question says")
        said = self.says if self.says is not None else by_the_word(self.word, question)
        return Answers(candidates=[Answer(text=said, finish=self.finish, tokens=3)], prompt_tokens=10)

    async def classify(self, chat: Chat) -> Values:
        """A judge writes."""
        raise AssertionError("a judge writes")


def by_the_word(word: str, question: str) -> str:
    """A judgement of two answers that does not depend on their order."""
    found = SHOWN.search(question)
    assert found, question
    a, b = (word in text for text in found.groups())
    return f"[[{'C' if a == b else 'A'}]] would be one way to put it.\n[[{'C' if a == b else 'A' if a else 'B'}]]"
