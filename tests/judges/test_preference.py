"""Which pair a scorer would make of the candidates of one row."""

from collections import Counter

from sdg_ray.chance import Chance
from sdg_ray.judges.preference import ByScore


def test_highest_score_goes_against_the_lowest_and_what_has_none_is_left_out() -> None:
    assert ByScore([4.1, None, 2.0, 3.0], Chance("any")).own() == [(0, 2)]
    assert ByScore([None, 4.1], Chance("any")).own() == []


def test_which_of_equal_candidates_is_best_or_worst_does_not_depend_on_where_it_stands() -> None:
    best = Counter(ByScore([5.0, 1.0, 5.0, 5.0], Chance("best", row)).own()[0] for row in range(3_000))
    assert best.keys() == {(0, 1), (2, 1), (3, 1)} and min(best.values()) > 900
    worst = Counter(ByScore([1.0, 5.0, 1.0], Chance("worst", row)).own()[0] for row in range(2_000))
    assert worst.keys() == {(1, 0), (1, 2)} and min(worst.values()) > 900


def test_candidates_that_are_all_equal_make_one_tie_of_two_of_them() -> None:
    level = ByScore([3.0, 3.0, 3.0], Chance("level"))
    (a, b), = level.own()  # fmt: skip
    assert a != b and level.says(a, b) == 0.5
