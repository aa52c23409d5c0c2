"""Greedy answers of the pocket model, split over two processes that have a core each, from a process of its own.

python -m tests.engines.greedy        prints them as JSON
"""

import asyncio
import json
import os
import sys
from dataclasses import replace

from sdg_ray.config import build, compose
from sdg_ray.engines import Sampling
from sdg_ray.engines.running import Running
from sdg_ray.engines.vllm import Vllm

QUESTIONS = [*(f"Add {a} and {a + 173}." for a in (108, 214, 655)), "Who lives in Orvale?", "Name three fruits."]
GREEDY = Sampling(temperature=0.0, max_tokens=24)
ONE: Vllm = build(compose("generate", ["run=none"]).model.generator)


def two() -> Vllm:
    """The same model over two cores of this machine."""
    first, second, *_ = sorted(os.sched_getaffinity(0))
    cores = {"VLLM_CPU_OMP_THREADS_BIND": f"{first}|{second}"}
    return replace(ONE, tensor_parallel=2, environment={**ONE.environment, **cores})


def answers(running: Running) -> list[list[object]]:
    """What it says to each question: the text, how it ended and how long it is."""

    async def all_of_them() -> list[list[object]]:
        asked = (running.generate([{"role": "user", "content": each}], 1, 0, GREEDY) for each in QUESTIONS)
        said = [answer.candidates[0] for answer in await asyncio.gather(*asked)]
        return [[each.text, each.finish, each.tokens] for each in said]

    return asyncio.run(all_of_them())


if __name__ == "__main__":
    started = two().start()
    sys.stdout.write(
        f"\nSAID {json.dumps([started.engine.vllm_config.parallel_config.world_size, answers(started)])}\n"
    )
    started.engine.engine_core.shutdown()
