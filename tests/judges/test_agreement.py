"""Whom the scorers of a run prefer, against truth: figures that can be counted by hand."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.judges.agreement import Agreement, agreement, sides
from sdg_ray.record import Chat
from sdg_ray.report.look import records
from sdg_ray.scorers import Opinion, text_of
from sdg_ray.scorers.judge import Judge
from sdg_ray.stages.score import Score
from sdg_ray.store import Store
from tests.scorers.verdicts import Verdicts
from tests.small import run_here, small_recipe


@dataclass(frozen=True, kw_only=True)
class ByWord:
    """Gives `there` to an answer with the word in it, `absent` to another, and cannot tell of one with `silent`."""

    name: str
    word: str = "yes"
    there: float = 1.0
    absent: float = 0.0
    silent: str = "perhaps perhaps"

    parts = None

    def check(self) -> None:
        pass

    def start(self) -> "ByWord":
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        return [Opinion(score=self._score(text_of(response))) for response in responses]

    def _score(self, text: str) -> float | None:
        return None if self.silent in text else self.there if self.word in text else self.absent


@dataclass(frozen=True, kw_only=True)
class Opinionated(ByWord):
    """The same as if a model said it."""

    engine: str = "none"


def made(root: Path, *scorers: ByWord | Judge) -> Store:
    stages = {scorer.name: Score(scorer=scorer) for scorer in scorers}
    return run_here(small_recipe(shards=4, rows=10, **stages), root)[0]


def measured(store: Store, *truth: str) -> dict[str, Agreement]:
    both = asyncio.run(sides(store, truth))
    return {each.name: each for each in asyncio.run(agreement(store, both))}


def test_scorer_that_knows_agrees_one_that_is_upside_down_does_not_and_chance_does_at_times(tmp_path: Path) -> None:
    judge = Judge(engine=Verdicts(word="yes"))
    store = made(tmp_path, ByWord(name="world"), Opinionated(name="upside", there=0.0, absent=5.0), judge)
    found = measured(store, "world")
    assert list(found) == ["reward", "upside", "judge", "random"]

    truths = [row["score_world"] for row in records(store, 10_000)]
    apart = sum({1.0, 0.0} <= set(row) for row in truths)
    pairs = sum(row.count(1.0) * row.count(0.0) for row in truths)
    assert 5 < apart < pairs
    assert found["upside"].own["wrong"] == apart and not found["upside"].own["right"]
    assert found["judge"].own["right"] >= pairs and not found["judge"].own["wrong"]
    assert found["random"].own["right"] and found["random"].own["wrong"]
    assert found["random"].own.total() == sum(sum(score is not None for score in row) > 1 for row in truths)

    assert found["judge"].same == {"right": pairs}
    assert found["upside"].same == {"wrong": pairs}
    assert {each.same.total() for each in found.values()} == {pairs}
    assert found["judge"].consistency and found["judge"].consistency.share == 1.0
    assert found["reward"].consistency is None


def test_judge_that_always_means_one_place_makes_no_pairs_and_is_undecided_on_all(tmp_path: Path) -> None:
    found = measured(made(tmp_path, ByWord(name="world"), Judge(engine=Verdicts(says="[[A]]"))), "world")["judge"]
    assert not found.own["right"] and not found.own["wrong"]
    assert set(found.same) == {"untold"} and found.same["untold"] > 10
    assert found.consistency and found.consistency.share == 0.0 and found.consistency.first_share == 1.0


def test_equal_scores_are_ties_and_what_only_some_were_asked_is_not_compared(tmp_path: Path) -> None:
    level = Opinionated(name="level", there=3.0, absent=3.0, silent="forty-two")
    store = made(tmp_path, ByWord(name="world"), level)
    found = measured(store, "world")
    assert set(found["level"].own) == {"tie"} and set(found["level"].same) == {"tie"}
    rows = records(store, 10_000)
    both = sum(
        right == 1.0 and wrong == 0.0 and None not in (row["score_level"][i], row["score_level"][j])
        for row in rows
        for i, right in enumerate(row["score_world"])
        for j, wrong in enumerate(row["score_world"])
    )
    assert found["reward"].same.total() == both > 0


def test_no_pair_is_made_with_a_candidate_that_truth_cannot_tell(tmp_path: Path) -> None:
    store = made(tmp_path, ByWord(name="world"), Opinionated(name="odd", word="perhaps", there=9.0, silent="nothing"))
    found = measured(store, "world")["odd"].own
    rows = [[score for score in row["score_world"] if score is not None] for row in records(store, 10_000)]
    assert any(row["score_world"] != [*scores] for row, scores in zip(records(store, 10_000), rows, strict=True))
    assert found.total() == sum(len(scores) > 1 for scores in rows)


def test_first_truth_that_can_tell_counts(tmp_path: Path) -> None:
    nothing = ByWord(name="nothing", silent="")  # every text has that in it
    world = ByWord(name="world")
    upside = ByWord(name="upside", there=0.0, absent=1.0)
    store = made(tmp_path, nothing, world, upside)
    first = measured(store, "nothing", "world", "upside")["reward"]
    assert first.own == measured(store, "world")["reward"].own
    turned = measured(store, "upside", "world")["reward"]
    assert (turned.own["right"], turned.own["wrong"]) == (first.own["wrong"], first.own["right"])


def test_only_shards_that_every_scorer_has_seen_are_counted(tmp_path: Path) -> None:
    store = made(tmp_path, ByWord(name="world"), Judge(engine=Verdicts(word="yes")))
    before = measured(store, "world")["reward"].own.total()
    (tmp_path / "first" / "judge" / "shard-00002.parquet").unlink()
    assert 0 < measured(store, "world")["reward"].own.total() < before


def test_verifiers_are_truth_and_who_asks_a_model_is_measured_unless_others_are_named(tmp_path: Path) -> None:
    store = made(tmp_path, ByWord(name="sums"), Opinionated(name="second"), ByWord(name="world"))
    both = asyncio.run(sides(store))
    assert [each.name for each in both.truth] == ["sums", "world"]
    assert [each.name for each in both.asked] == ["reward", "second"]
    named = asyncio.run(sides(store, ["world"], ["second", "sums"]))
    assert [each.name for each in named.truth] == ["world"]
    assert [each.name for each in named.asked] == ["second", "sums"]


def test_run_without_truth_or_with_nothing_else_is_refused(tmp_path: Path) -> None:
    store = made(tmp_path)
    with pytest.raises(Refused, match="run 'first' has no scorer that knows what is right; its scorers are reward"):
        measured(store)
    with pytest.raises(Refused, match="run 'first' has no scores by 'world'; its scorers are reward"):
        measured(store, "world")
    with pytest.raises(
        Refused, match="run 'first' has no reward model or judge to be compared with truth; its scorers"
    ):
        measured(store, "reward")


def test_judge_that_compares_is_no_truth(tmp_path: Path) -> None:
    store = made(tmp_path, ByWord(name="world"), Judge(engine=Verdicts(word="yes")))
    with pytest.raises(Refused, match="truth=judge compares answers, and does not say which are right"):
        measured(store, "world", "judge")
