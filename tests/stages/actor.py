"""An engine that plays a dialogue's parts, and dialogues held with it: for the tests of `converse`.

one()   ->  the turns WHOLE, how they were made, and what is said of the dialogue
"""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, EngineDied, Sampling
from sdg_ray.errors import Refused
from sdg_ray.record import PROMPT, Chat
from sdg_ray.stages.converse import Converse

ANSWERS = ("It is far.", "By ferry, in an hour.", "No, but there are two mills.")
QUESTIONS = ("How do I get there?", "Thank you! That's helpful. Does anybody live there?")
COLD = Sampling(temperature=0.0)
WARM = {"sampling": Sampling(), "user_sampling": Sampling()}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Says its lines in turn: an answer, or a question where it is told to write the user's turn.

    A line CUT is cut off and a line BAD cannot be said; where it is warm, the seed is a part of what it says.
    """

    name: str = "actor"
    answers: tuple[str, ...] = ANSWERS
    questions: tuple[str, ...] = QUESTIONS
    hurry: float = runtime(0.0)
    heard: list[Chat] = field(default_factory=list, compare=False, metadata={"runtime": True})
    started: list[str] = field(default_factory=list, compare=False, metadata={"runtime": True})

    @property
    def model(self) -> str:
        return self.name

    def check(self, answer_tokens: int = 0) -> None:
        if answer_tokens > 2000:
            raise Refused(f"{self.name} has no room for {answer_tokens} tokens")

    def start(self) -> "Actor":
        self.started.append(self.name)
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        assert n == 1 or sampling.temperature, "an engine gives one greedy answer"
        self.heard.append(chat)
        await asyncio.sleep(random.random() * self.hurry)
        plays_user = chat[0]["content"].startswith("Here is a conversation")
        lines = self.questions if plays_user else self.answers
        said = chat[0]["content"].count("\n\nAssistant:") - 1 if plays_user else _count(chat, "assistant")
        text = lines[said % len(lines)]
        if text == "DEAD":
            raise EngineDied("the engine died")
        if text == "BAD":
            raise BadRow("too long: as the line says")
        warm = f" {seed % 1000}" if sampling.temperature and text else ""
        return Answers(
            candidates=[Answer(text=text + warm, finish="length" if text.startswith("CUT") else "stop", tokens=2)],
            prompt_tokens=len(chat),
        )


def _count(chat: Chat, role: str) -> int:
    return sum(message["role"] == role for message in chat)


def prompts(*texts: str | None) -> pa.Table:
    """Prompts of one user turn; a text with | has an answer and a second turn; None is a slot without a prompt."""
    return pa.Table.from_pylist([_prompt(n, text) for n, text in enumerate(texts)], schema=PROMPT)


def _prompt(number: int, text: str | None) -> dict[str, Any]:
    turns = text.split("|") if text is not None else []
    chat = [{"role": ("user", "assistant")[n % 2], "content": turn} for n, turn in enumerate(turns)]
    error = "unusable prompt: x" if text is None else None
    return {"prompt_id": f"row {number}", "shard": 0, "family": "f", "prompt": chat, "error": error}


def held(table: pa.Table, **settings: Any) -> pa.Table:
    """The dialogues from the prompts of a table."""
    return asyncio.run(stage(**settings).open()(table))


def stage(**settings: Any) -> Converse:
    """The stage with an actor in both parts, greedy."""
    return Converse(**{"assistant": Actor(), "user_sampling": COLD} | settings)


def one(**settings: Any) -> tuple[list[tuple[str, str]], dict[str, Any], dict[str, Any]]:
    """The only dialogue from the prompt "Where is Farholm?": its turns, how it was made, and what it is."""
    (row,) = held(prompts("Where is Farholm?"), **settings).to_pylist()
    (turns,), (answered,), (dialogue,) = row["responses"], row["answered"], row["dialogues"]
    return [(turn["role"], turn["content"]) for turn in turns], answered, dialogue


WHOLE = [
    ("assistant", "It is far."),
    ("user", "How do I get there?"),
    ("assistant", "By ferry, in an hour."),
    ("user", "Does anybody live there?"),
    ("assistant", "No, but there are two mills."),
]
