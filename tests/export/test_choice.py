"""Which candidate is the best one, where several are equal."""

from collections import Counter

import pytest

from sdg_ray.export.choice import Choice


@pytest.mark.parametrize("by", [None, "world"])
def test_among_equally_good_answers_each_generator_has_its_share(by: str | None) -> None:
    choice = Choice(sft="best", by=by, rpo=False)
    rows = [
        {"prompt_id": f"{number:02x}", "keep": [True, True, False, True], "score_world": [1.0] * 4}
        for number in range(200)
    ]
    picked = [choice.picks("sft", row) for row in rows]
    found = Counter(number for (number,) in picked)
    assert found.keys() == {0, 1, 3} and min(found.values()) > 40
    assert picked == [choice.picks("sft", row) for row in rows]


def test_the_best_score_decides_before_chance_and_none_comes_last() -> None:
    choice = Choice(sft="best", by="reward", rpo=False)
    for number in range(20):
        row = {"prompt_id": f"{number:02x}", "keep": [True] * 3, "score_reward": [None, 2.0, 1.0]}
        assert choice.picks("sft", row) == [1]
