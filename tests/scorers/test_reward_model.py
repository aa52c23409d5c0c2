"""The five attributes of a reward model and their weighted sum."""

import asyncio
import math
from dataclasses import dataclass, field

import pytest

from sdg_ray.engines import BadRow, Values
from sdg_ray.errors import Refused
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion
from sdg_ray.scorers.reward_model import ATTRIBUTES, RewardModel
from sdg_ray.stages.score import Score
from tests.small import small_recipe

PUBLISHED = (1.617, 1.648, 3.3125, 0.547, 0.516)
PROMPT: Chat = [{"role": "user", "content": "Why?"}]
ANSWER: Chat = [{"role": "assistant", "content": "So."}]


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """An engine that gives these values to everything."""

    values: tuple[float, ...] = PUBLISHED
    model: str = "fixed"

    def check(self, answer_tokens: int = 0) -> None:
        pass

    def start(self) -> "Fixed":
        return self

    async def classify(self, chat: Chat) -> Values:
        assert chat == [*PROMPT, *ANSWER]
        if not self.values:
            raise BadRow("too long: 9000 tokens")
        return Values(values=list(self.values), prompt_tokens=12)


def opinion(scorer: RewardModel) -> Opinion:
    return asyncio.run(scorer.start().score(PROMPT, [ANSWER], None))[0]


def test_published_example_of_the_340b_model() -> None:
    found = opinion(RewardModel(engine=Fixed()))
    assert found.score == pytest.approx(3.3156, abs=1e-3)
    assert found.parts == dict(zip(ATTRIBUTES, PUBLISHED, strict=True))
    assert found.tokens == 12


def test_other_weights_give_another_score_from_the_same_parts() -> None:
    found = opinion(RewardModel(engine=Fixed(), weights={"helpfulness": 1.0}))
    assert found.score == pytest.approx(1.617)
    assert set(found.parts or {}) == set(ATTRIBUTES)


def test_conversation_that_cannot_be_read_has_no_score_and_no_parts() -> None:
    found = opinion(RewardModel(engine=Fixed(values=())))
    assert found.score is found.parts is None and found.error


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1e300])
def test_a_value_that_is_no_finite_number_is_the_error_of_its_candidate(odd: float) -> None:
    found = opinion(RewardModel(engine=Fixed(values=(1.0, 2.0, odd, 1.0, 1.0)), weights={"helpfulness": 1.0}))
    assert found.score is found.parts is None
    assert found.error == f"no usable value: the model's head gave {odd}; look at its weights and dtype"


def test_weight_of_no_attribute_is_refused() -> None:
    with pytest.raises(Refused, match="scorer 'reward' weighs 'length'; the attributes are helpfulness, correct"):
        RewardModel(engine=Fixed(), weights={"length": 1.0}).check()


def test_model_with_another_number_of_outputs_is_refused() -> None:
    with pytest.raises(Refused, match="the reward model fixed has 2 outputs, not five"):
        opinion(RewardModel(engine=Fixed(values=(0.1, 0.9))))


def test_weights_are_part_of_the_recipe() -> None:
    plain = small_recipe(reward=Score(scorer=RewardModel(engine=Fixed()))).identities()
    other = small_recipe(reward=Score(scorer=RewardModel(engine=Fixed(), weights={"coherence": 1.0}))).identities()
    assert plain["reward"] != other["reward"]


@dataclass(frozen=True, kw_only=True)
class Wavering(Fixed):
    """An engine that rounds otherwise each time."""

    asked: list[str] = field(default_factory=list)

    async def classify(self, chat: Chat) -> Values:
        self.asked.append(chat[-1]["content"])
        return Values(values=[1.0 + 1e-6 * len(self.asked)] * 5, prompt_tokens=12)


def test_equal_answers_are_asked_about_once_and_have_one_score() -> None:
    engine = Wavering()
    answers: list[Chat] = [[{"role": "assistant", "content": text}] for text in ("a", "b", "a", "a")]
    found = asyncio.run(RewardModel(engine=engine).start().score(PROMPT, answers, None))
    assert sorted(engine.asked) == ["a", "b"]
    assert found[0].score == found[2].score == found[3].score != found[1].score
    assert found[0].parts == found[2].parts and [each.tokens for each in found] == [12, 12, 0, 0]
