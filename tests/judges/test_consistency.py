"""How often a judge says the same in both orders, counted from its comparisons."""

import asyncio
from itertools import permutations

import pyarrow as pa
import pytest

from sdg_ray.judges.consistency import consistency, seen_among, seen_in
from sdg_ray.record import Chat
from sdg_ray.scorers.judge import Judge, agreed
from tests.scorers.verdicts import Verdicts

LETTERS = {  # the judge's letter with the first of two candidates as answer A, and with the second as answer A
    (0, 1): ("A", "B"),  # means 0
    (0, 2): ("A", "A"),  # means the first place
    (0, 3): ("C", "C"),
    (1, 2): ("B", "A"),  # means 2
    (1, 3): ("A", None),
    (2, 3): ("A", "C"),
}


def parts() -> list[list[dict]]:
    found: list[list[dict]] = [[], [], [], []]
    for pair, letters in LETTERS.items():
        for (me, other), (first, second) in zip(permutations(pair), (letters, letters[::-1]), strict=True):
            verdict = agreed(first, second)
            found[me].append({"other": other, "first": first, "second": second, "verdict": verdict})
    return found


def test_every_comparison_is_counted_once_and_every_letter_once() -> None:
    found = consistency(seen_among(each for mine in parts() for each in mine))
    assert (found.comparisons, found.consistent, found.ties, found.silent) == (6, 3, 1, 1)
    assert found.share == 3 / 5
    letters = [letter for pair in LETTERS.values() for letter in pair]
    assert (found.for_first, found.for_second) == (letters.count("A"), letters.count("B")) == (6, 2)
    assert found.first_share == 6 / 8


def test_column_of_a_run_counts_as_its_rows_do() -> None:
    chunks = [[parts(), [], None], [[None, []], parts()]]
    column = pa.chunked_array([pa.array(chunk, pa.list_(Judge.parts)) for chunk in chunks])
    once = consistency(seen_among(each for mine in parts() for each in mine))
    assert consistency(seen_in(column)).comparisons == 2 * once.comparisons
    assert consistency(seen_in(column)).share == once.share
    assert consistency(seen_in(column)).first_share == once.first_share


@pytest.mark.parametrize(("says", "share", "first"), [(None, 1.0, 0.5), ("[[A]]", 0.0, 1.0), ("[[B]]", 0.0, 0.0)])
def test_judges_of_each_sort(says: str | None, share: float, first: float) -> None:
    responses: list[Chat] = [[{"role": "assistant", "content": text}] for text in ("right", "bad")]
    scoring = Judge(engine=Verdicts(says=says)).start()
    found = asyncio.run(scoring.score([{"role": "user", "content": "Why?"}], responses, None))
    counted = consistency(seen_among(each for opinion in found for each in opinion.parts or ()))
    assert (counted.comparisons, counted.share, counted.first_share) == (1, share, first)


def test_equal_answers_are_no_comparisons() -> None:
    responses: list[Chat] = [[{"role": "assistant", "content": "same"}]] * 2
    found = asyncio.run(Judge(engine=Verdicts()).start().score([{"role": "user", "content": "Why?"}], responses, None))
    counted = consistency(seen_among(each for opinion in found for each in opinion.parts or ()))
    assert counted.comparisons == counted.ties == 0 and counted.share is counted.first_share is None
