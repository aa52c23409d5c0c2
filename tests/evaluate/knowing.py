"""An engine that knows some answers by heart, for evaluations whose figures can be counted by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdg_ray.engines import Answer, Answers, BadRow, Sampling, Values
from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class Knowing:
    """Says what it knows, one answer after the other for each candidate; what it does not know is a bad row.

    An answer that ends with ... was cut off.
    """

    answers: Mapping[str, Sequence[str]]
    name: str = "knowing"

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Knowing":
        """Nothing to load."""
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """What it knows."""
        said = self.answers.get(chat[-1]["content"])
        if said is None:
            raise BadRow("unknown: it never heard of that")
        texts = [said[i % len(said)] for i in range(n)]
        made = [Answer(text=text, finish="length" if text.endswith("...") else "stop", tokens=len(text.split()))
                for text in texts]  # fmt: skip
        return Answers(candidates=made, prompt_tokens=1)

    async def classify(self, chat: Chat) -> Values:
        """As many as the answer has words."""
        words = float(len(chat[-1]["content"].split()))
        return Values(values=[words, 0.0, 0.0, 0.0, 0.0], prompt_tokens=1)
