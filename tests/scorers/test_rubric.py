"""A judge that rates one answer: the last number in brackets from 1 to 5, or no score."""

import asyncio
import random

import pytest

from sdg_ray.errors import Refused
from sdg_ray.pocket.corpus import judging
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion
from sdg_ray.scorers.rubric import Rubric
from sdg_ray.template import choices
from tests.scorers.verdicts import Verdicts

PROMPT: Chat = [{"role": "user", "content": "What is 2 + 2?"}]


def opinion(engine: Verdicts, text: str = "4", **fields: str) -> Opinion:
    scoring = Rubric(engine=engine, **fields).start()
    return asyncio.run(scoring.score(PROMPT, [[{"role": "assistant", "content": text}]], None))[0]


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("Good: 4\nAnswer: 4 right\n[[5]]", 5.0),
        ("[[1]] would be hard. [[ 2 ]]", 2.0),
        ("[[3]], no: [[7]]", None),  # what counts is the last, and it is no rating
        ("[[0]]", None),
        ("[[3.5]]", None),
        ("[[-1]]", None),
        ("Rating: 4", None),
        ("", None),
    ],
)
def test_rating_is_the_last_number_in_brackets_and_otherwise_there_is_none(said: str, score: float | None) -> None:
    assert opinion(Verdicts(says=said)) == Opinion(score=score, tokens=10)


def test_rating_of_an_answer_that_cannot_be_read_or_was_cut_off_is_none() -> None:
    found = opinion(Verdicts(says="[[5]]"), "too long")
    assert found.score is None and found.error
    assert opinion(Verdicts(says="[[5]] is", finish="length")).score is None


def test_judge_is_asked_as_the_pocket_models_learned_it() -> None:
    engine = Verdicts(says="[[5]]")
    for rubric in (*choices("judge/rubrics"), "the answer is short and kind"):
        opinion(engine, rubric=rubric)
        text = choices("judge/rubrics").get(rubric, rubric)
        asked = judging.POINTWISE.fill(conversation="user: What is 2 + 2?", answer="4", rubric=text)
        assert engine.asked[-1] == asked


def test_ratings_that_the_pocket_corpus_teaches_are_read() -> None:
    for number in range(20):
        answer = judging.rated(random.Random(number)).turns[-1][1]
        assert opinion(Verdicts(says=answer)).score == float(answer[-3])


def test_rubric_that_says_nothing_is_refused() -> None:
    for rubric in ("helpfull", ""):
        with pytest.raises(
            Refused, match=f"'rubric' has the rubric '{rubric}'; name one of helpful, instructed, truth"
        ):
            Rubric(engine=Verdicts(), rubric=rubric).check()
    with pytest.raises(Refused, match="lacks {answer}"):
        Rubric(engine=Verdicts(), template="judge/pairwise").check()
    Rubric(engine=Verdicts(), rubric="the answer is short").check()
