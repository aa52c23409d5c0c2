"""A least score."""

import pytest

from sdg_ray.filters.min_score import MinScore


@pytest.mark.parametrize(
    ("score", "reason"),
    [(3.0, None), (4.0, None), (2.9999, "below 3.0"), (-1.0, "below 3.0"), (0.0, "below 3.0"), (None, "not scored")],
)
def test_reason_by_score(score: float | None, reason: str | None) -> None:
    least = MinScore(scorer="judge", threshold=3.0)
    assert least.reads == ("score_judge",)
    assert least.reason({"score_judge": score}) == reason
