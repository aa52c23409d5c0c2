"""HelpSteer2: its format, and how near a reward model's attributes come to the labels."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from sdg_ray.engines import Answers, BadRow, Sampling, Values
from sdg_ray.errors import Refused
from sdg_ray.judges.benchmark import opinions
from sdg_ray.judges.help_steer import Fit, fits, gives_attributes, graded, turns
from sdg_ray.prompts.sources import Source
from sdg_ray.record import Chat, hashed
from sdg_ray.scorers.judge import Judge
from sdg_ray.scorers.reward_model import ATTRIBUTES, RewardModel
from tests.judges.world_pairs import help_steer_rows, written
from tests.scorers.verdicts import Verdicts

ROW = {"prompt": "Why?", "response": "So.", **dict.fromkeys(ATTRIBUTES, 2)}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A reward model that knows the labels of some answers, and is off by some noise and a shift."""

    labels: dict[str, tuple[float, ...]]
    noise: float = 0.0
    shift: float = 0.0
    model: str = "labelled"

    def check(self, answer_tokens: int = 0) -> None:
        pass

    def start(self) -> "Labelled":
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        raise AssertionError("a reward model reads")

    async def classify(self, chat: Chat) -> Values:
        text = chat[-1]["content"]
        if text not in self.labels:
            raise BadRow("too long: it is not known")
        chance = random.Random(hashed(text))
        values = [label + self.shift + chance.gauss(0, self.noise) for label in self.labels[text]]
        return Values(values=values, prompt_tokens=5)


def measured(rows: list[dict], path: Path, **how: float) -> dict[str, Fit]:
    labels = {row["response"]: tuple(row[name] for name in ATTRIBUTES) for row in rows}
    asked = graded(Source(at=written(path, rows)))
    said = asyncio.run(opinions(RewardModel(engine=Labelled(labels=labels, **how)), [each.question for each in asked]))
    found, unread = fits(asked, said)
    assert unread == 0
    return {fit.attribute: fit for fit in found}


@pytest.fixture
def rows() -> list[dict]:
    """Answers that differ, so that each has labels of its own."""
    return list({row["response"]: row for row in help_steer_rows(120)}.values())


def test_model_that_is_right_has_no_error_and_a_shift_does_not_change_the_correlation(
    rows: list[dict], tmp_path: Path
) -> None:
    right = measured(rows, tmp_path / "rows.jsonl")
    shifted = measured(rows, tmp_path / "rows.jsonl", shift=0.5)
    assert list(right) == list(ATTRIBUTES)
    for name in ATTRIBUTES:
        assert right[name].pearson == pytest.approx(1.0) and right[name].error == pytest.approx(0.0)
        assert shifted[name].pearson == pytest.approx(1.0) and shifted[name].error == pytest.approx(0.25)
        assert shifted[name].value_mean - shifted[name].label_mean == pytest.approx(0.5)


def test_noise_costs_correlation(rows: list[dict], tmp_path: Path) -> None:
    noisy = measured(rows, tmp_path / "rows.jsonl", noise=1.0)
    assert 0.3 < noisy["helpfulness"].pearson < 0.98
    assert 0.5 < noisy["helpfulness"].error < 2.0


def test_labels_that_are_all_the_same_have_no_correlation_and_what_is_not_read_is_counted(tmp_path: Path) -> None:
    found = measured([ROW, ROW | {"response": "Thus."}], tmp_path / "rows.jsonl", noise=1.0)
    assert found["coherence"].pearson is None and found["coherence"].error > 0
    asked = graded(Source(at=written(tmp_path / "rows.jsonl", [ROW])))
    said = asyncio.run(opinions(RewardModel(engine=Labelled(labels={})), [each.question for each in asked]))
    found, unread = fits(asked, said)
    assert unread == 1 and {fit.error for fit in found} == {None}


def test_prompt_of_several_turns_is_read_as_a_conversation() -> None:
    text = "Name one.\n\n<extra_id_1>Assistant\nFarholm.\nIt is green.\n<extra_id_1>User\nAnother?"
    assert turns(text) == [
        {"role": "user", "content": "Name one.\n"},
        {"role": "assistant", "content": "Farholm.\nIt is green."},
        {"role": "user", "content": "Another?"},
    ]
    assert turns("Why?") == [{"role": "user", "content": "Why?"}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"verbosity": None}, "rows.jsonl line 2 has no 'verbosity'; each row needs prompt, response, helpfulness, "),
        ({"verbosity": 5}, "rows.jsonl line 2 has verbosity 5, not a number from 0 to 4"),
        ({"coherence": "high"}, "rows.jsonl line 2 has coherence 'high', not a number from 0 to 4"),
        ({"prompt": "Why?\n<extra_id_1>Assistant\nSo."}, "rows.jsonl line 2 does not end with a user turn"),
    ],
)
def test_row_that_is_not_what_it_must_be_is_refused_with_its_line(tmp_path: Path, change: dict, says: str) -> None:
    with pytest.raises(Refused, match=says):
        graded(Source(at=written(tmp_path / "rows.jsonl", [ROW, ROW | change])))


def test_only_scorers_with_the_five_attributes_can_be_compared() -> None:
    assert gives_attributes(RewardModel(engine=Labelled(labels={})))
    assert not gives_attributes(Judge(engine=Verdicts()))
