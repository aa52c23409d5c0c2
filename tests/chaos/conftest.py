"""What the tests that break things share: the seed, said before anything else, and jobs that start quickly."""

import sys
from collections.abc import Iterator

import pytest

from tests.chaos.forks import Forks
from tests.chaos.seed import SEED


@pytest.fixture(scope="session", autouse=True)
def seed_is_said(pytestconfig: pytest.Config) -> None:
    """Prints the seed where it is seen, also in a run that passes."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stderr.write(f"\nCHAOS_SEED={SEED}\n")


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Where jobs without Ray are forked from."""
    with Forks() as running:
        yield running
