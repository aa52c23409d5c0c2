"""An engine that writes lists with no model: what it invents depends only on the conversation and the seed.

"... Answer with a numbered list of exactly 2, and nothing else."  ->  1. bado rilu semo pu ...  2. ...
"""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, EngineDied, Sampling, Values, refuse_condemned
from sdg_ray.prompts.asking import COUNTS, Asking, Writer
from sdg_ray.prompts.family import Draft, Family, Means, Topic, TopicList
from sdg_ray.record import Chat, hashed

EXACTLY = re.compile(r"exactly (\d+)")
TOPICS = [Topic(path=("Science", "Tides")), Topic(path=("Cooking",)), Topic(path=("Art", "Music", "Drums"))]


@dataclass(frozen=True, kw_only=True)
class ListWriter:
    """Writes a list of invented items where exactly so many are asked for, and else one line of invented words.

    Asks with `where` in them, and of those about one in `every`, go wrong as `fails` says: "short" (an item less),
    "prose" (no list), "cut off" (within the last item), "empty", "bad row" or "dies". `says` has answers word for word,
    by what an ask must have in it.
    """

    name: str = "list-writer"
    says: Mapping[str, str] = field(default_factory=dict)
    fails: str | None = None
    where: str = ""
    every: int = 1
    hurry: float = runtime(0.0)  # answers come in another order each time
    asked: list[Chat] = field(default_factory=list, compare=False, metadata={"runtime": True})
    seeds: list[int] = field(default_factory=list, compare=False, metadata={"runtime": True})
    sampled: list[Sampling] = field(default_factory=list, compare=False, metadata={"runtime": True})

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    @property
    def asks(self) -> list[str]:
        """The last words of each conversation so far."""
        return [chat[-1]["content"] if chat else "" for chat in self.asked]

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "ListWriter":
        """Nothing to load."""
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """One answer; the role is a part of what it depends on."""
        refuse_condemned()
        self.asked.append(list(chat))
        self.seeds.append(seed)
        self.sampled.append(sampling)
        await asyncio.sleep(random.random() * self.hurry)
        ask = chat[-1]["content"] if chat else ""
        chance = random.Random(hashed(role, seed, *(message["content"] for message in chat)))
        fails = self.fails if self.where in ask and chance.randrange(self.every) == 0 else None
        if fails == "bad row":
            raise BadRow("too long: as the test says")
        if fails == "dies":
            raise EngineDied("the writer died")
        text = next((text for part, text in self.says.items() if part in ask), None) or _text(ask, chance, sampling)
        return Answers(candidates=[_failing(text, fails)], prompt_tokens=len(ask.split()))

    async def classify(self, chat: Chat) -> Values:
        """It does not judge."""
        raise BadRow("no judge: this engine only writes")


def _text(ask: str, chance: random.Random, sampling: Sampling) -> str:
    if (number := EXACTLY.search(ask)) is None:
        return _words(chance)
    items = [_words(chance) for _ in range(int(number[1]))]
    if "structured_outputs" in sampling.more:
        return json.dumps(items)
    return "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))


def _words(chance: random.Random) -> str:
    """Eight words that nobody has said before."""
    return " ".join("".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(3)) for _ in range(8))


def _failing(text: str, fails: str | None) -> Answer:
    lines = text.splitlines()
    ways = {"short": "\n".join(lines[:-1]), "prose": "I would rather not.", "empty": "  ", "cut off": text[:-9]}
    finish = "length" if fails == "cut off" else "stop"
    return Answer(text=ways[fails] if fails else text, finish=finish, tokens=len(lines))


def asking(writer: ListWriter, **settings: Any) -> Asking:
    """A writer ready to be asked, with a count of its own."""
    COUNTS.set(Counter())
    return Writer(engine=writer, **settings).start()


def drafts(
    family: Family, number: int = 0, writer: ListWriter | None = None, topics: Sequence[Topic] = TOPICS, seed: int = 0
) -> list[Draft]:
    """What a family makes of one seed, exactly as many as it says."""
    family.check()

    async def make() -> list[Draft]:
        means = Means(model=asking(writer or ListWriter()), topics={"general": topics})
        return list(await family.open(means)(number, Chance(seed, number)))

    made = asyncio.run(make())
    assert len(made) == family.per_seed
    return made


def topics_of(topics: TopicList, size: int, writer: ListWriter | None = None, seed: int = 0) -> list[Draft]:
    """The topics of a list, exactly as many as are wanted."""
    topics.check()

    async def make() -> list[Draft]:
        return list(await topics.open(Means(model=asking(writer or ListWriter())))(size, Chance(seed)))

    made = asyncio.run(make())
    assert len(made) == size
    return made


def text_of(draft: Draft) -> str:
    """The user's last turn of a draft that is no error."""
    assert draft.error is None
    return draft.prompt[-1]["content"]


def origin_of(draft: Draft) -> Mapping[str, Any]:
    """Where a draft comes from, with all that a model leaves behind: which it was, how it was asked, and its seed."""
    assert draft.origin is not None
    assert draft.origin["model"] == "list-writer" and isinstance(draft.origin["seed"], int)
    return draft.origin
