"""Answers that did not end well."""

import pytest

from sdg_ray.filters.finished import Finished


@pytest.mark.parametrize(
    ("finish", "text", "reason"),
    [
        ("stop", "So.", None),
        ("length", "So", "cut off"),
        ("error", "", "no answer"),
        ("stop", "", "empty"),
        ("stop", " \n ", "empty"),
        ("length", "", "empty"),
    ],
)
def test_reason_by_how_an_answer_ended(finish: str, text: str, reason: str | None) -> None:
    candidate = {"answered": {"finish": finish}, "responses": [{"role": "assistant", "content": text}]}
    assert Finished().reason(candidate) == reason
