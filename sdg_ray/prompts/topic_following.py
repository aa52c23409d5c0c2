"""Staying on a topic: an assistant for one thing, a question about it, and a turn that leads away from it.

    system     You are an assistant for one topic: Tides. ...
    user       Why are there two tides a day?
    assistant  ...
    user       By the way, which film should I see tonight?

The answer looked for declines and leads back. Such dialogues with distractors are a part of the report's supplementary
data (section 3.2.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.prompts.family import Draft, Means, Program, Topic
from sdg_ray.record import Chat
from sdg_ray.template import template, worded


@dataclass(frozen=True, kw_only=True)
class TopicFollowing:
    """One conversation for each seed: on a topic of the list, led away to another one of it by chance."""

    quota: int | None = 2_000
    topics: str = "general"
    system: str = worded("topic_following/system")
    ask: str = worded("open_qa/questions")
    distract: str = worded("topic_following/distractors")

    seeds = None
    per_seed = 1
    needs = frozenset({"writer", "topics"})

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit."""
        template(self.system, "topic")
        template(self.ask, "n", "topic")
        template(self.distract, "n", "topic", "other")

    def open(self, means: Means) -> Program:
        """From a number to one conversation."""
        topics = means.topics[self.topics]

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            topic = topics[number % len(topics)]
            others = [each for each in topics if each.path[0] != topic.path[0]] or [
                each for each in topics if each != topic
            ]
            other = chance.choice(others or topics)
            return [await self._led_away(means.asking, topic, other, chance)]

        return make

    async def _led_away(self, asking: Asking, topic: Topic, other: Topic, chance: Chance) -> Draft:
        asked, told = template(self.ask, "n", "topic"), template(self.distract, "n", "topic", "other")
        (question,) = await asking.items(asked, 1, chance.at("question"), topic=topic.name)
        if question.text is None:
            return Draft.of(question, topic.path)
        system = template(self.system, "topic").fill(topic=topic.name)
        chat: Chat = [{"role": "system", "content": system}, {"role": "user", "content": question.text}]
        answer = await asking.answer(chat, chance.at("answer"))
        if answer.text is None:
            return Draft.of(answer, topic.path, question.text)
        (away,) = await asking.items(told, 1, chance.at("away"), topic=topic.name, other=other.name)
        return _ended(away, [*chat, {"role": "assistant", "content": answer.text}], topic, other)


def _ended(away: Made, chat: Chat, topic: Topic, other: Topic) -> Draft:
    """The conversation with the turn that leads away."""
    draft = Draft.of(away, topic.path, chat[1]["content"], item=f"away to {other.name}")
    return draft if away.text is None else Draft(prompt=[*chat, *draft.prompt], origin=draft.origin)
