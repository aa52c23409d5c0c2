"""Figures: that intervals hold as often as they say, prompts with several answers included, and what a folder keeps."""

import random
from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.evaluate import Figure, figures
from sdg_ray.evaluate.figure import mean, moving, settled, share, table, wilson, write


def test_share_of_single_answers_has_wilsons_interval() -> None:
    found = share("right", [[1.0]] * 8 + [[0.0]] * 2)
    assert (found.value, found.n) == (0.8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # as in the tables
    none = share("right", [[0.0]] * 10)
    assert (none.low, none.high) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_answers_to_one_prompt_that_are_all_alike_count_once() -> None:
    fifty = [[1.0]] * 30 + [[0.0]] * 20
    once, fourfold = share("right", fifty), share("right", [group * 4 for group in fifty])
    assert fourfold.n == 4 * once.n
    assert (fourfold.low, fourfold.high) == pytest.approx((once.low, once.high), abs=0.005)
    certain = share("right", [[1.0] * 4] * 10)  # nothing shows how much prompts differ: ten prompts, not forty answers
    assert certain.low == pytest.approx(share("right", [[1.0]] * 10).low)


@pytest.mark.parametrize(("right", "answers"), [(3, 16), (15, 22), (14, 25)])
def test_one_prompt_is_worth_one_answer_however_many_it_has(right: int, answers: int) -> None:
    found = share("right: fact", [[1.0] * right + [0.0] * (answers - right)])
    assert (found.low, found.high) == pytest.approx(wilson(right / answers, 1))


@pytest.mark.parametrize("measure", [share, mean])
def test_interval_holds_in_95_of_100_cases_where_prompts_differ(measure) -> None:
    held = []
    for case in range(400):
        chance = random.Random(case)
        prompts = [chance.choice((0.05, 0.6, 0.95)) for _ in range(60)]
        found = measure("right", [[float(chance.random() < p) for _ in range(4)] for p in prompts])
        held.append(found.low <= (0.05 + 0.6 + 0.95) / 3 <= found.high)
    assert 0.92 <= sum(held) / len(held) <= 0.98


def test_mean_of_one_prompt_has_no_interval() -> None:
    assert (mean("tokens", [[3.0, 5.0]]).low, mean("tokens", [[3.0, 5.0]]).value) == (None, 4.0)


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    chance = random.Random(1)
    values = [chance.gauss(5, 2) for _ in range(20)]
    moved, plain = moving("x", lambda some: sum(some) / len(some), values, 20), mean("x", [[each] for each in values])
    assert (moved.low, moved.high) == pytest.approx((plain.low, plain.high))


def test_folder_is_complete_with_its_figures_and_refuses_other_settings_by_name(tmp_path: Path) -> None:
    to, settings = str(tmp_path / "out"), {"model": {"name": "a"}, "on": {"limit": 3}}
    found = [share("right", [[1.0], [0.0]]), Figure(name="x", value=1.5, low=None, high=None, n=3)]
    assert not settled(to, settings)
    assert not settled(to, settings)  # begun, not complete
    with pytest.raises(Refused, match="has no figures.json"):
        figures(to)
    write(to, found)
    assert settled(to, settings)
    assert figures(to) == found == figures(Path(to))
    with pytest.raises(Refused, match=r"model.name: 'a' -> 'b'; choose another folder"):
        settled(to, settings | {"model": {"name": "b"}})
    with pytest.raises(Refused, match="on.limit: 3 -> None"):
        settled(to, settings | {"on": {"limit": None}})
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []


def test_table_shows_values_with_their_intervals() -> None:
    shown = table(
        "m", [share("right", [[1.0]] * 8 + [[0.0]] * 2), Figure(name="x", value=12.5, low=None, high=None, n=3)]
    )
    cells = [list(column.cells) for column in shown.columns]
    assert cells == [["right", "x"], ["0.800", "12.5"], ["0.490 to 0.943", ""], ["10", "3"]]
