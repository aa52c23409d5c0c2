"""Whether an answer is the reference, word for word.

Exact()    reference "Tolland":  " tolland. " -> 1.0,  "In Tolland" -> 0.0
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, text_of

AROUND = "'\"`*_“”‘’«»()[]{} \n\t"
OPENING, CLOSING = f"{AROUND}¿¡", f"{AROUND}.,;:!?…"
"""What may stand before and after a text; a minus, a dollar or a percent sign is none of it."""


@dataclass(frozen=True, kw_only=True)
class Exact:
    """1 where the texts are equal, 0 where not; no score without a reference.

    Small and capital letters, runs of spaces, and punctuation at both ends count only where they are said to.
    """

    name: str = "exact"
    case: bool = False
    spaces: bool = False
    punctuation: bool = False

    parts = None

    def check(self) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Exact":
        """Nothing is loaded."""
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The answers to one prompt."""
        wanted = self.normal(reference or "")
        if not wanted:
            return [Opinion(score=None) for _ in responses]
        return [Opinion(score=float(self.normal(text_of(response)) == wanted)) for response in responses]

    def normal(self, text: str) -> str:
        """A text without the differences that do not count."""
        text = unicodedata.normalize("NFC", text)
        if not self.case:
            text = text.casefold()
        if not self.spaces:
            text = " ".join(text.split())
        return text if self.punctuation else text.strip().lstrip(OPENING).rstrip(CLOSING) or text
