"""A model over two processes on two cores: tensor parallelism gives the same greedy tokens as one process."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.engines.greedy import ONE, answers


@pytest.mark.engine
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="each process needs a core of its own")
def test_greedy_tokens_of_two_processes_are_those_of_one() -> None:
    command = [sys.executable, "-m", "tests.engines.greedy"]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert "SAID " in ended.stdout, ended.stderr[-3000:]
    processes, said = json.loads(ended.stdout.rpartition("SAID ")[2])
    assert processes == 2
    assert said == answers(ONE.start())
    assert all(tokens > 1 for _, _, tokens in said)
