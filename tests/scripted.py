"""An engine with no model: what it says depends only on the conversation and the seed. For tests and benchmarks."""

import asyncio
import os
import random
from dataclasses import dataclass

from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, EngineDied, Sampling, Values
from sdg_ray.record import Chat, hashed


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """Answers of a few words after `seconds`; prompts with `too long` in them are bad rows, `kill` ends the engine."""

    name: str = "scripted"
    seconds: float = runtime(0.0)

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Scripted":
        """Nothing to load."""
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling) -> Answers:
        """`n` candidates; every tenth or so is cut off."""
        await self._read(chat)
        chances = [random.Random(hashed(chat[-1]["content"], seed + i)) for i in range(n)]
        made = [
            Answer(
                text=" ".join(chance.choices(("yes", "no", "perhaps", "forty-two"), k=chance.randint(1, 6))),
                finish="length" if chance.random() < 0.1 else "stop",
                tokens=chance.randint(1, 6),
            )
            for chance in chances
        ]
        return Answers(candidates=made, prompt_tokens=len(chat[-1]["content"].split()))

    async def classify(self, chat: Chat) -> Values:
        """Five values from 0 to 4."""
        await self._read(chat)
        chance = random.Random(hashed(*(message["content"] for message in chat)))
        return Values(values=[chance.uniform(0, 4) for _ in range(5)], prompt_tokens=len(chat))

    async def _read(self, chat: Chat) -> None:
        asked = chat[-1]["content"]
        if "too long" in asked:
            raise BadRow("too long: as the prompt says")
        if "kill" in asked:
            raise EngineDied("the engine died, as the prompt asked")
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if os.environ.get("SCRIPTED_RAISES", "") in asked and os.environ.get("SCRIPTED_RAISES"):
            raise RuntimeError("broken, as the test asked")
