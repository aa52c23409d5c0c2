"""RewardBench: its format, what a pair counts, and how pairs become sections and sections a score."""

import asyncio
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sdg_ray.errors import Refused
from sdg_ray.judges.benchmark import opinions
from sdg_ray.judges.reward_bench import FOUR, PRIOR, SECTIONS, Pair, Result, credit, overall, pairs, result, sections
from sdg_ray.prompts.sources import Source
from sdg_ray.scorers import Opinion, Scorer
from sdg_ray.scorers.judge import Judge
from sdg_ray.scorers.rubric import Rubric
from tests.judges.world_pairs import reward_bench_rows, written
from tests.scorers.verdicts import Verdicts

SUBSETS = [subset for name in FOUR for subset in SECTIONS[name]]


def scored(scorer: Scorer, asked: list[Pair]) -> Result:
    return result(asked, asyncio.run(opinions(scorer, [pair.question for pair in asked])))


@pytest.mark.parametrize(
    ("shares", "prior", "four", "five"),
    [  # published rows: Chat, Chat Hard, Safety, Reasoning; the prior sets; the overall scores
        ((95.8, 87.1, 91.5, 93.7), 67.4, 92.0, 89.3),  # Nemotron-4-340B-Reward
        ((97.5, 85.8, 95.1, 98.1), None, 94.1, None),  # Llama-3.1-Nemotron-70B-Reward
        ((91.3, 80.3, 93.7, 90.6), None, 89.0, None),  # Llama3-70B-SteerLM-RM
        ((95.3, 74.3, 87.2, 86.9), 70.9, 85.9, None),  # GPT-4-0125 as a judge
    ],
)
def test_overall_score_of_published_rows(
    shares: tuple[float, ...], prior: float | None, four: float, five: float | None
) -> None:
    found = dict(zip(FOUR, shares, strict=True))
    assert overall(found) == pytest.approx(four, abs=0.06)
    if five is not None:
        assert overall({**found, PRIOR: prior}) == pytest.approx(five, abs=0.05)


def test_overall_score_needs_all_four_sections() -> None:
    assert overall({name: 1.0 for name in FOUR[:3]}) is None
    assert overall({name: 1.0 for name in FOUR} | {"mine": 0.0}) == 1.0


def test_sections_are_the_published_ones() -> None:
    weights = {name: sum(subsets.values()) for name, subsets in SECTIONS.items()}
    assert weights == {"Chat": 358, "Chat Hard": 456, "Safety": 740, "Reasoning": 984 + 6 * 164, PRIOR: 4}
    assert len(SUBSETS) == 23


def test_section_is_weighted_by_the_published_counts_and_mathematics_as_much_as_code() -> None:
    found = sections({"math-prm": 1.0, "hep-cpp": 0.5, "hep-go": 0.0})
    assert found == {"Reasoning": pytest.approx((984 * 1.0 + 164 * 0.5) / (984 + 2 * 164))}
    assert sections({"mt-bench-hard": 1.0, "llmbar-natural": 0.0})["Chat Hard"] == pytest.approx(37 / 137)
    assert sections({"shp": 1.0, "summarize": 0.0}) == {PRIOR: 0.5}
    assert sections({"mine": 0.25}) == {"mine": 0.25}


@pytest.mark.parametrize(
    ("chosen", "rejected", "worth"),
    [(2.0, 1.0, 1), (1.0, 2.0, 0), (1.0, 1.0, 0.5), (None, 1.0, 0.5), (1.0, None, 0.5), (None, None, 0.5)],
)
def test_credit_is_a_half_where_nothing_is_decided(chosen: float | None, rejected: float | None, worth: float) -> None:
    assert credit(Opinion(score=chosen), Opinion(score=rejected)) == worth


def test_scorers_of_each_sort_on_pairs_of_the_pocket_world(tmp_path: Path) -> None:
    rows = reward_bench_rows(69, SUBSETS)
    asked = pairs(Source(at=written(tmp_path / "pairs.jsonl", rows)))
    assert [pair.subset for pair in asked] == [row["subset"] for row in rows]
    right = [row | {"chosen": f"right {row['chosen']}", "rejected": f"bad {row['rejected']}"} for row in rows]
    marked = pairs(Source(at=written(tmp_path / "marked.jsonl", right)))

    knows = scored(Judge(engine=Verdicts()), marked)
    assert knows.overall == knows.all == 1.0 and knows.untold == knows.ties == 0
    assert set(knows.sections) == set(FOUR)
    assert knows.consistency and knows.consistency.share == 1.0

    biased = scored(Judge(engine=Verdicts(says="[[A]]")), marked)
    assert biased.overall == biased.all == 0.5 and biased.untold == 69 and biased.ties == 0
    assert biased.consistency and biased.consistency.share == 0.0

    level = scored(Rubric(engine=Verdicts(says="[[3]]")), marked)
    assert level.all == 0.5 and level.ties == 69 and level.untold == 0 and level.consistency is None


def test_one_subset_that_fails_costs_its_section_what_it_weighs(tmp_path: Path) -> None:
    rows = [
        {"prompt": "Why?", "chosen": "right", "rejected": "bad", "subset": subset} for subset in SUBSETS for _ in "ab"
    ]
    for row in rows:
        if row["subset"] == "xstest-should-refuse":
            row["chosen"], row["rejected"] = row["rejected"], row["chosen"]
    random.Random(0).shuffle(rows)
    found = scored(Judge(engine=Verdicts()), pairs(Source(at=written(tmp_path / "pairs.jsonl", rows))))
    assert found.sections["Safety"] == pytest.approx(1 - 250 / 740)
    assert found.overall == pytest.approx((3 + 1 - 250 / 740) / 4) and found.with_prior is None
    assert found.all == pytest.approx(22 / 23)


def test_chats_and_parquet_are_read_as_texts_and_lines_are(tmp_path: Path) -> None:
    row = {"prompt": "Why?", "chosen": "right", "rejected": "bad", "subset": "mine", "id": 1}
    said = [{"role": "assistant", "content": "right"}]
    asked = [{"role": "user", "content": "Why?"}]
    rows = [row, row | {"prompt": asked, "chosen": said, "rejected": [{"role": "assistant", "content": "bad"}]}]
    texts, chats = pairs(Source(at=written(tmp_path / "pairs.jsonl", rows)))
    assert texts == chats == Pair(prompt=asked, chosen=said, rejected=texts.rejected, subset="mine")
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "pairs.parquet")
    assert pairs(Source(at=str(tmp_path / "pairs.parquet"))) == [texts]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rejected": None}, "pairs.jsonl line 2 has no 'rejected'; each row needs prompt, chosen, rejected, subset"),
        ({"prompt": 7}, "pairs.jsonl line 2 is int, neither text nor a list of messages"),
        ({"prompt": [{"role": "assistant", "content": "So."}]}, "pairs.jsonl line 2 does not end with a user turn"),
        ({"chosen": [{"content": "So."}]}, "pairs.jsonl line 2 has a message without role and content"),
        ({"chosen": 7}, "pairs.jsonl line 2 is int, neither text nor a list of messages"),
        ({"chosen": []}, "pairs.jsonl line 2 has an answer that does not end with an assistant's turn"),
    ],
)
def test_row_that_is_not_what_it_must_be_is_refused_with_its_line(tmp_path: Path, change: dict, says: str) -> None:
    row = {"prompt": "Why?", "chosen": "right", "rejected": "bad", "subset": "mine"}
    with pytest.raises(Refused, match=f"^{says}$"):
        pairs(Source(at=written(tmp_path / "pairs.jsonl", [row, row | change])))


def test_file_that_is_no_benchmark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no column 'chosen'; it has prompt, response"):
        pairs(Source(at=written(tmp_path / "other.jsonl", [{"prompt": "Why?", "response": "So."}])))
    (tmp_path / "broken.jsonl").write_text('{"prompt": "Why?", "chosen": "a", "rejected": "b", "subset": "c"}\n{"pro\n')
    with pytest.raises(Refused, match="broken.jsonl line 2 is not JSON"):
        pairs(Source(at=str(tmp_path / "broken.jsonl")))
    with pytest.raises(Refused, match="nothing.jsonl cannot be read"):
        pairs(Source(at=str(tmp_path / "nothing.jsonl")))
