"""A reward model with five outputs, one for each attribute of HelpSteer2, on a scale of 0 to 4.

The scalar is a weighted sum of the attributes; all five are kept as parts, so other weights need no new pass. The
weights of the 340B reward model are the default: they punish length. (Model card of Nemotron-4-340B-Reward; its example
(1.617, 1.648, 3.3125, 0.547, 0.516) gives 3.3156.)
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from sdg_ray.engines import BadRow, Engine, Session
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion

ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
WEIGHTS_340B = dict(zip(ATTRIBUTES, (0.3, 0.74, 0.46, 0.47, -0.33), strict=True))


@dataclass(frozen=True, kw_only=True)
class RewardModel:
    """The five attributes of a candidate, as a reward model's raw outputs, and their weighted sum."""

    engine: Engine
    name: str = "reward"
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS_340B)

    parts = pa.struct([(attribute, pa.float32()) for attribute in ATTRIBUTES])

    def check(self) -> None:
        """Raise `Refused` for a weight of no attribute, or an engine that cannot work."""
        if unknown := sorted(set(self.weights) - set(ATTRIBUTES)):
            raise Refused(f"scorer {self.name!r} weighs {unknown[0]!r}; the attributes are {', '.join(ATTRIBUTES)}")
        self.engine.check()

    def start(self) -> "Reading":
        """Load the model."""
        return Reading(self, self.engine.start())


class Reading:
    """A reward model, loaded."""

    def __init__(self, scorer: RewardModel, session: Session) -> None:
        self.scorer, self.session = scorer, session

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The candidates' opinions, asked for at once so that their common prefix is read once.

        Equal ones are asked about once: a GPU rounds otherwise from batch to batch, and a text would beat itself.
        """
        different = {repr(response): response for response in responses}
        read = await asyncio.gather(*(self._read([*prompt, *response]) for response in different.values()))
        opinions, found = dict(zip(different, read, strict=True)), list[Opinion]()
        for response in map(repr, responses):
            found.append(opinions[response])
            opinions[response] = replace(opinions[response], tokens=0)  # were read for the first of them
        return found

    async def _read(self, chat: Chat) -> Opinion:
        """The opinion of one candidate; none where the conversation is longer than the model can read."""
        try:
            read = await self.session.classify(chat)
        except BadRow as bad:
            return Opinion(score=None, error=str(bad))
        if len(read.values) != len(ATTRIBUTES):
            raise Refused(
                f"the reward model {self.scorer.engine.model} has {len(read.values)} outputs, not five; "
                "it must be a sequence classifier with one for each attribute"
            )
        parts = dict(zip(ATTRIBUTES, read.values, strict=True))
        score = sum(weight * parts[attribute] for attribute, weight in self.scorer.weights.items())
        return Opinion(score=score, parts=parts, tokens=read.prompt_tokens)
