"""Chance that can be divided."""

from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.chance import Chance

names = st.lists(st.text(max_size=5) | st.integers(), min_size=1, max_size=3)


@given(names, st.integers(0, 9))
def test_branch_is_the_same_whatever_was_drawn_before(parts: list[object], drawn: int) -> None:
    one, other = Chance(*parts), Chance(*parts)
    for _ in range(drawn):
        other.random()
    assert one.at("refine", 3).random() == other.at("refine", 3).random()


def test_branches_differ_from_each_other_and_from_the_stem() -> None:
    stem = Chance(0, "open_qa", 17)
    branches = [stem, *(stem.at(i) for i in range(50)), stem.at("a").at("b"), stem.at("b").at("a"), stem.at("a", "b")]
    assert len({branch.random() for branch in branches}) == len(branches)


def test_asking_for_a_branch_draws_nothing() -> None:
    quiet, asked = Chance(1), Chance(1)
    asked.at("x").random()
    assert quiet.random() == asked.random()


def test_chance_is_the_same_on_every_machine() -> None:
    assert Chance("pocket", 1).at("x").randrange(10**6) == 14524
