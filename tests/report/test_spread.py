"""The table of how varied prompts are."""

import pytest

from sdg_ray.report.spread import instructions_seen

ROW = '{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}'


@pytest.mark.parametrize(
    "other", [None, "The key is instruction_id_list.", '["instruction_id_list"]', '{"instruction_id_list": 3}']
)
def test_instructions_are_those_of_references_that_are_rows_of_the_benchmark(other: str | None) -> None:
    assert instructions_seen([{"reference": other}, {"reference": ROW}]) == {"punctuation:no_comma"}
