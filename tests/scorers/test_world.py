"""Truth of the pocket world: the kind of a question is found, and the world's own verdict is the score."""

import asyncio
import random

import pytest

from sdg_ray.pocket.world import KINDS, Question, kind_of, question, right
from sdg_ray.scorers.world import World
from tests.scorers.scoring import columns, scores


def drawn(kind: str, count: int = 1000) -> list[Question]:
    rng = random.Random(5)
    return [question(kind, rng, held_out) for held_out in (True, False) for _ in range(count)]


def scored(one: Question, *answers: str) -> list[float | None]:
    prompt = [{"role": role, "content": content} for role, content in one.messages]
    responses = [[{"role": "assistant", "content": answer}] for answer in answers]
    found = asyncio.run(World().start().score(prompt, responses, one.reference))
    return [opinion.score for opinion in found]


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_every_question_is_found(kind: str) -> None:
    for one in drawn(kind):
        assert kind_of([content for _, content in one.messages], one.reference) == kind, one


@pytest.mark.parametrize("kind", KINDS)
def test_score_is_the_verdict_of_the_world(kind: str) -> None:
    questions = drawn(kind, count=40)
    for one, other in zip(questions, questions[1:], strict=False):
        expected = float(right(kind, one.reference, other.answer))
        assert scored(one, one.answer, other.answer, "") == [1.0, expected, 0.0]


@pytest.mark.parametrize(
    ("prompt", "reference"),
    [
        ("Natalia sold clips to 48 of her friends. How many?", "72"),
        ("Which option?", "B"),
        ("Where is Rome?", "Italy"),
        ("Write about tides.", '{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}'),
        ("Well?", '{"tool": "get_tide", "tools": []}'),
        ("Well?", "[" * 100_000),
        ("Well?", None),
        ("Well?", ""),
    ],
)
def test_question_of_no_world_has_no_score(prompt: str, reference: str | None) -> None:
    assert scores(World(), reference, "72", prompt=prompt) == [None]


def test_python_of_an_answer_is_never_run() -> None:
    one = next(each for each in drawn("python", count=1))
    assert scored(one, "```python\nraise SystemExit\n```", "(" * 100_000, one.answer) == [0.0, 0.0, 1.0]


def test_columns() -> None:
    assert columns(World(), "Kirrin", "In Kirrin.", "In Saltby.") == {"score_world": [1.0, 0.0]}
