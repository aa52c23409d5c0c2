"""An engine with no model: what it says depends only on the conversation and the seed. For tests and benchmarks."""

import asyncio
import os
import random
import signal
from dataclasses import dataclass

from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, EngineDied, Sampling, Values, refuse_condemned
from sdg_ray.errors import Refused
from sdg_ray.record import Chat, hashed


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """Answers of a few words after `seconds`. What it is asked last decides whether something goes wrong:

    with `too_long` in it the row is bad, with `kill` the engine dies, with `crash` the whole process does, and with
    `breaks` it raises what no engine should.
    """

    name: str = "scripted"
    too_long: str = "too long"
    seconds: float = runtime(0.0)
    kill: str | None = runtime("kill")
    crash: str | None = runtime(None)
    breaks: str | None = runtime(None)
    log: str | None = runtime(None)  # gets a line for each start
    loads: bool = runtime(True)  # a model that cannot be loaded is refused when it is started

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Scripted":
        """Nothing to load; `log` gets a line."""
        if not self.loads:
            raise Refused(f"model {self.name} could not be loaded")
        if self.log:
            with open(self.log, "a") as log:
                log.write(f"{os.getpid()}\n")
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
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
        refuse_condemned()
        asked = chat[-1]["content"]
        if self.too_long in asked:
            raise BadRow("too long: as the prompt says")
        if self.crash and self.crash in asked:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kill and self.kill in asked:
            raise EngineDied("the engine died, as the prompt asked")
        if self.breaks and self.breaks in asked:
            raise RuntimeError("broken, as the prompt asked")
        if self.seconds:
            await asyncio.sleep(self.seconds)
