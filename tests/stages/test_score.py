"""Scores: one for each candidate, null where it cannot be told, with their parts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sdg_ray.record import Chat, no_answer
from sdg_ray.scorers import Opinion
from sdg_ray.scorers.judge import Judge
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stage import checked
from sdg_ray.stages.score import Score
from tests.scorers.verdicts import Verdicts
from tests.scripted import Scripted


@dataclass(frozen=True, kw_only=True)
class Length:
    """Longer is better; empty cannot be told."""

    name: str = "length"
    parts: pa.DataType | None = None
    heard: list[Any] = field(default_factory=list)

    def check(self) -> None:
        pass

    def start(self) -> "Length":
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        return [self._one(prompt, response, reference) for response in responses]

    def _one(self, prompt: Chat, response: Chat, reference: str | None) -> Opinion:
        self.heard.append((prompt[-1]["content"], response[-1]["content"], reference))
        n = len(response[-1]["content"])
        parts: Mapping[str, float] | None = {"letters": float(n)} if self.parts is not None else None
        return Opinion(score=float(n) or None, parts=parts, tokens=n)


def candidates(*rows: list[str | None]) -> pa.Table:
    """Rows with these texts as candidates; None is one that could not be made."""
    return pa.Table.from_pylist(
        [
            {
                "family": "ab"[n % 2],
                "prompt": [{"role": "user", "content": f"prompt {n}"}],
                "reference": f"reference {n}",
                "responses": [[{"role": "assistant", "content": text or ""}] for text in row],
                "answered": [{"finish": "error" if text is None else "stop"} for text in row],
            }
            for n, row in enumerate(rows)
        ]
    )


def scored(scorer: Length, table: pa.Table, families: Sequence[str] = ()) -> pa.Table:
    stage = Score(scorer=scorer, families=families)
    made = asyncio.run(stage.open()(table))
    checked("score", stage.writes, made, table.num_rows)
    return made


def test_every_candidate_has_a_score_in_its_own_column() -> None:
    made = scored(Length(), candidates(["a", "bbb"], ["cc"]))
    assert made.column_names == ["score_length"]
    assert made["score_length"].to_pylist() == [[1.0, 3.0], [2.0]]


def test_what_cannot_be_told_is_null_and_what_was_not_made_is_not_asked_about() -> None:
    scorer = Length()
    made = scored(scorer, candidates(["a", "", None], []))
    assert made["score_length"].to_pylist() == [[1.0, None, None], []]
    assert len(scorer.heard) == 2


def test_scorer_hears_prompt_answer_and_reference_of_the_same_row() -> None:
    scorer = Length()
    scored(scorer, candidates(["a"], ["b"]))
    assert sorted(scorer.heard) == [("prompt 0", "a", "reference 0"), ("prompt 1", "b", "reference 1")]


def test_only_the_named_families_are_scored() -> None:
    scorer = Length()
    made = scored(scorer, candidates(["a"], ["b", "cc"], ["d"]), families=("b",))
    assert made["score_length"].to_pylist() == [[None], [1.0, 2.0], [None]]
    assert len(scorer.heard) == 2


def test_parts_are_kept_beside_the_score() -> None:
    scorer = Length(name="l", parts=pa.struct([("letters", pa.float32())]))
    made = scored(scorer, candidates(["a", "bbb"]))
    assert made["parts_l"].to_pylist() == [[{"letters": 1.0}, {"letters": 3.0}]]


def test_tokens_read_are_told() -> None:
    assert scored(Length(), candidates(["a", "bbb"], ["cc", None])).schema.metadata == {b"tokens_in": b"6"}


def test_scores_that_could_not_be_had_are_told_by_their_kind() -> None:
    engine = Scripted(too_long="far")
    made = asyncio.run(Score(scorer=RewardModel(engine=engine)).open()(candidates(["a", "far"], ["farther", "b"])))
    missing = [[score is None for score in row] for row in made["score_reward"].to_pylist()]
    assert missing == [[False, True], [True, False]]
    assert made.schema.metadata[b"unscored:too long"] == b"2"


def test_comparison_names_the_other_candidate_by_its_place_in_the_row() -> None:
    answered = [no_answer("m", 0, "x") | {"finish": finish} for finish in ("error", "stop", "stop")]
    responses = [[{"role": "assistant", "content": text}] for text in ("", "right", "bad")]
    row = {"family": "world", "prompt": [{"role": "user", "content": "Why?"}], "reference": None}
    row |= {"responses": responses, "answered": answered}
    made = asyncio.run(Score(scorer=Judge(engine=Verdicts())).open()(pa.Table.from_pylist([row])))
    assert made["score_judge"].to_pylist() == [[None, 1.0, 0.0]]
    parts = made["parts_judge"].to_pylist()[0]
    assert parts[0] is None and parts[1][0]["other"] == 2 and parts[2][0]["other"] == 1


class Read(Length):
    """What an answer says is its score."""

    def _one(self, prompt: Chat, response: Chat, reference: str | None) -> Opinion:
        return Opinion(score=float(response[-1]["content"]))


def test_a_score_that_is_no_finite_number_is_none_and_told() -> None:
    made = scored(Read(), candidates(["nan", "2", "-inf", "1e39"]))
    assert made["score_length"].to_pylist() == [[None, 2.0, None, None]]
    assert made.schema.metadata[b"unscored:score"] == b"3"
