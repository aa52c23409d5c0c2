"""Waiting has a limit: it ends when nothing comes and nothing moves, and not before."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from sdg_ray.runner.patience import OutOfPatience, patiently


def test_everything_comes_in_its_order_and_then_it_is_over() -> None:
    assert list(patiently(range(5), lambda: None, 60)) == [0, 1, 2, 3, 4]


def test_what_goes_wrong_elsewhere_is_raised_here() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("elsewhere")

    got = patiently(items(), lambda: None, 60)
    assert next(got) == 1
    with pytest.raises(KeyError, match="elsewhere"):
        next(got)


def never(*first: int) -> Iterator[int]:
    """Some items, and no end."""
    yield from first
    threading.Event().wait()


def test_it_ends_when_nothing_comes_and_nothing_moves() -> None:
    got = patiently(never(7), lambda: None, 0.2)
    assert next(got) == 7
    with pytest.raises(OutOfPatience):
        next(got)


def test_it_goes_on_for_as_long_as_something_moves() -> None:
    began, count = time.monotonic(), itertools.count()
    with pytest.raises(OutOfPatience):
        next(patiently(never(), lambda: min(next(count), 40), 0.2))
    assert time.monotonic() - began > 0.3
