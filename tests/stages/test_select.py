"""Selection: a reason for every candidate left out, and none deleted."""

import asyncio
from typing import Any

import pyarrow as pa

from sdg_ray.filters.finished import Finished
from sdg_ray.filters.min_score import MinScore
from sdg_ray.stages.select import Select

TABLE = pa.table(
    {
        "responses": [[[{"role": "assistant", "content": text}] for text in ("good", "cut", "", "poor", "odd")], []],
        "answered": [[{"finish": finish} for finish in ("stop", "length", "stop", "stop", "stop")], []],
        "family": ["math", "writing"],
        "score_reward": [[4.0, 4.0, None, 1.0, None], []],
    }
)


def selected(**filters: Any) -> dict[str, list[Any]]:
    made = asyncio.run(Select(filters=filters).open()(TABLE))
    return made.to_pydict()


def test_candidates_are_kept_or_have_the_first_reason_against_them_by_filter_name() -> None:
    made = selected(finished=Finished(), quality=MinScore(scorer="reward", threshold=3.0))
    assert made["keep"] == [[True, False, False, False, False], []]
    assert made["reason"] == [
        [None, "finished: cut off", "finished: empty", "quality: below 3.0", "quality: not scored"],
        [],
    ]


def test_without_filters_everything_is_kept() -> None:
    assert selected()["keep"] == [[True] * 5, []]


def test_columns_that_filters_look_at_are_read() -> None:
    assert Select(filters={}).reads == ("responses",)
    assert Select(filters={"a": Finished(), "b": MinScore(scorer="x", threshold=0)}).reads == (
        "answered",
        "responses",
        "score_x",
    )


def test_what_is_the_rows_own_is_seen_with_each_candidate() -> None:
    made = selected(quality=MinScore(scorer="reward", threshold=9.0, families={"math": 4.0}))
    assert made["keep"] == [[True, True, False, False, False], []]
