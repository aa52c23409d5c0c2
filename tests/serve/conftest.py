"""Ports for tests that serve."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def free_port() -> int:
    """A port that nothing has, as far as can be known."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def listening() -> Iterator[int]:
    """A port that something has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
