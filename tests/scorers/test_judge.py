"""A judge's verdicts: only what both orders agree on counts, and a judge that fails scores nothing, never zero."""

import asyncio
import random
from collections import Counter

import pyarrow as pa
import pytest

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.pocket.corpus import judging
from sdg_ray.record import Chat, no_answer
from sdg_ray.scorers import Opinion
from sdg_ray.scorers.judge import COMPARISON, Judge, agreed, pairs
from sdg_ray.stages.score import Score
from tests.scorers.verdicts import Verdicts

PROMPT: Chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is 2 + 2?"}]


def says(text: str) -> Chat:
    return [{"role": "assistant", "content": text}]


def opinions(engine: Verdicts, *texts: str, most: int = 6) -> list[Opinion]:
    scoring = Judge(engine=engine, most=most).start()
    return asyncio.run(scoring.score(PROMPT, [says(text) for text in texts], None))


def verdicts(found: list[Opinion]) -> list[list[str]]:
    return [[each["verdict"] for each in opinion.parts or ()] for opinion in found]


def test_better_answer_wins_wherever_it_stands() -> None:
    good, bad = opinions(Verdicts(), "a right one", "a bad one")
    assert (good.score, bad.score) == (1.0, 0.0)
    assert good.parts == [{"other": 1, "first": "A", "second": "B", "verdict": "win"}]
    assert bad.parts == [{"other": 0, "first": "B", "second": "A", "verdict": "loss"}]
    assert [opinion.score for opinion in opinions(Verdicts(), "a bad one", "a right one")] == [0.0, 1.0]


def test_swapping_the_orders_swaps_the_verdict_and_nothing_else() -> None:
    turned = {"win": "loss", "loss": "win"}
    for first in ("A", "B", "C", None):
        for second in ("A", "B", "C", None):
            verdict = agreed(first, second)
            assert agreed(second, first) == turned.get(verdict, verdict)
    assert Counter(agreed(first, second) for first in "ABC" for second in "ABC") == {
        "win": 1, "loss": 1, "tie": 1, "inconsistent": 6
    }  # fmt: skip


def test_score_is_the_share_of_wins_with_ties_as_halves() -> None:
    found = opinions(Verdicts(), "right", "also right", "bad", "worse")
    assert [opinion.score for opinion in found] == [pytest.approx(2.5 / 3)] * 2 + [pytest.approx(0.5 / 3)] * 2
    assert verdicts(found)[0] == ["tie", "win", "win"] and verdicts(found)[3] == ["loss", "loss", "tie"]
    assert [each["other"] for each in found[2].parts or ()] == [0, 1, 3]


@pytest.mark.parametrize("letter", ["A", "B"])
def test_judge_that_always_means_one_place_has_no_verdict_and_gives_no_score(letter: str) -> None:
    found = opinions(Verdicts(says=f"[[{letter}]]"), "right", "bad", "worse")
    assert verdicts(found) == [["inconsistent"] * 2] * 3
    assert [opinion.score for opinion in found] == [None] * 3
    assert {each["first"] for opinion in found for each in opinion.parts or ()} == {letter}


@pytest.mark.parametrize("answer", ["I cannot tell.", "", "[[D]] or [A]"])
def test_answer_without_a_verdict_is_no_verdict_and_never_zero(answer: str) -> None:
    found = opinions(Verdicts(says=answer), "right", "bad")
    assert [opinion.score for opinion in found] == [None, None]
    assert found[0].parts == [{"other": 1, "first": None, "second": None, "verdict": "none"}]
    assert found[0].tokens == 10  # it was read all the same


def test_answer_that_was_cut_off_is_no_verdict() -> None:
    assert verdicts(opinions(Verdicts(says="[[A]] if", finish="length"), "right", "bad")) == [["none"], ["none"]]


def test_pair_that_cannot_be_read_is_no_verdict_and_the_others_are_judged() -> None:
    found = opinions(Verdicts(), "right", "too long", "bad")
    assert verdicts(found) == [["none", "win"], ["none", "none"], ["loss", "none"]]
    assert [opinion.score for opinion in found] == [1.0, None, 0.0]


def test_equal_answers_are_a_tie_without_a_question_and_copies_are_asked_once() -> None:
    engine = Verdicts()
    found = opinions(engine, "same", "same")
    assert not engine.asked
    assert found[0] == Opinion(score=0.5, parts=[{"other": 1, "first": None, "second": None, "verdict": "tie"}])

    found = opinions(engine, "right", "bad", "right", "bad")
    assert len(engine.asked) == len(set(engine.asked)) == 2
    assert verdicts(found)[2] == ["tie", "win", "win"]
    assert sum(opinion.tokens for opinion in found) == 20


def test_only_answer_is_compared_with_nothing() -> None:
    assert opinions(Verdicts(), "alone") == [Opinion(score=None, parts=[])]


def test_no_more_pairs_than_asked_for_drawn_evenly_and_the_same_every_time() -> None:
    texts = [f"answer {number}" for number in range(8)]
    engine = Verdicts()
    found = opinions(engine, *texts, most=8)
    assert len(engine.asked) == len(set(engine.asked)) == 16
    assert [len(opinion.parts or ()) for opinion in found] == [2] * 8
    assert opinions(Verdicts(), *texts, most=8) == found


@pytest.mark.parametrize(("n", "most"), [(2, 1), (3, 2), (5, 4), (8, 6), (9, 20), (4, 6), (7, 99), (1, 3), (0, 3)])
def test_pairs_are_different_pairs_in_which_nobody_stands_much_more_often(n: int, most: int) -> None:
    for name in range(20):
        drawn = pairs(n, most, Chance(name))
        assert len(set(drawn)) == len(drawn) == min(most, n * (n - 1) // 2)
        assert all(a < b for a, b in drawn)
        often = [sum(each in pair for pair in drawn) for each in range(n)]
        assert max(often, default=0) - min(often, default=0) <= 2
    assert n < 4 or most >= 6 or len({tuple(pairs(n, most, Chance(name))) for name in range(20)}) > 1


def test_judge_is_asked_as_the_pocket_models_learned_it() -> None:
    engine = Verdicts()
    opinions(engine, "It is 4.\nSure.", "It is {5}.")
    turns = tuple((message["role"], message["content"]) for message in PROMPT)
    talk = judging.spoken(turns)
    asked = judging.PAIRWISE.fill(conversation=talk, a="It is 4.\nSure.", b="It is {5}.")
    turned = judging.PAIRWISE.fill(conversation=talk, a="It is {5}.", b="It is 4.\nSure.")
    assert sorted(engine.asked) == sorted([asked, turned])


def test_verdicts_that_the_pocket_corpus_teaches_are_read() -> None:
    for number in range(20):
        answer = judging.compared(random.Random(number)).turns[-1][1]
        found = opinions(Verdicts(says=answer), "one", "other")
        assert (found[0].parts or [])[0]["first"] == answer[-3]


def test_rest_of_a_dialogue_is_shown_with_all_its_turns() -> None:
    engine = Verdicts()
    rest: Chat = [*says("4"), {"role": "user", "content": "Sure?"}, *says("right")]
    asyncio.run(Judge(engine=engine).start().score(PROMPT, [rest, says("5")], None))
    assert "Answer A:\nassistant: 4\nuser: Sure?\nassistant: right\n\nAnswer B:\n5\n" in engine.asked[0]


def test_columns_have_scores_and_comparisons() -> None:
    stage = Score(scorer=Judge(engine=Verdicts()))
    assert stage.writes.field("parts_judge").type == pa.list_(pa.list_(COMPARISON))
    answered = [no_answer("m", 0, "") | {"finish": "stop"}] * 2
    row = {"family": "world", "prompt": PROMPT, "reference": None, "responses": [says("right"), says("bad")]}
    table = pa.Table.from_pylist([row | {"answered": answered}, row | {"responses": [], "answered": []}])
    made = asyncio.run(stage.open()(table))
    assert made.schema.equals(stage.writes)
    assert made["score_judge"].to_pylist() == [[1.0, 0.0], []]
    assert made["parts_judge"].to_pylist()[0][1] == [{"other": 0, "first": "B", "second": "A", "verdict": "loss"}]
    assert made.schema.metadata[b"tokens_in"] == b"20"


def test_judge_that_cannot_work_is_refused(tmp_path) -> None:
    own = tmp_path / "mine.txt"
    own.write_text("{a} or {b}?")
    with pytest.raises(Refused, match=r"mine.txt lacks \{conversation\}; its places must be \{a\} \{b\}"):
        Judge(engine=Verdicts(), template=str(own)).check()
    with pytest.raises(Refused, match="scorer 'judge' compares most=0 pairs of a prompt; let it be at least 1"):
        Judge(engine=Verdicts(), most=0).check()
    Judge(engine=Verdicts()).check()
