"""A least score."""

import math

import pyarrow as pa
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


@pytest.mark.parametrize("threshold", [0.1, 0.7, 0.9, 3.3, -2.7])
def test_score_that_is_the_threshold_is_not_below_it_once_it_was_in_its_column(threshold: float) -> None:
    score = pa.array([threshold], pa.float32())[0].as_py()
    assert MinScore(scorer="judge", threshold=threshold).reason({"score_judge": score}) is None
    below = math.nextafter(score, -math.inf)
    assert MinScore(scorer="judge", threshold=threshold).reason({"score_judge": below}) == f"below {threshold}"


def test_families_have_thresholds_of_their_own() -> None:
    least = MinScore(scorer="judge", threshold=3.0, families={"math": 1.0})
    assert set(least.reads) == {"score_judge", "family"}
    assert least.reason({"score_judge": 2.0, "family": "math"}) is None
    assert least.reason({"score_judge": 0.5, "family": "math"}) == "below 1.0"
    assert least.reason({"score_judge": 2.0, "family": "writing"}) == "below 3.0"


def test_what_a_verifier_cannot_tell_may_stay() -> None:
    least = MinScore(scorer="world", threshold=1.0, keep_unscored=True)
    assert least.reason({"score_world": None}) is None
    assert least.reason({"score_world": 0.0}) == "below 1.0"


def test_what_a_verifier_calls_right_is_kept_whatever_the_score() -> None:
    least = MinScore(scorer="reward", threshold=3.0, unless=("world", "math_answer"))
    assert least.reads == ("score_reward", "score_world", "score_math_answer")
    assert least.reason({"score_reward": 1.0, "score_world": None, "score_math_answer": 1.0}) is None
    assert least.reason({"score_reward": None, "score_world": 1.0, "score_math_answer": None}) is None
    assert least.reason({"score_reward": 1.0, "score_world": 0.0, "score_math_answer": None}) == "below 3.0"
