"""What chance decides in these tests: CHAOS_SEED says it again, else it is another each time, and printed."""

import os
import random

from sdg_ray.record import hashed

SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
AGAIN = f"CHAOS_SEED={SEED} says it again"


def chance(*what: object) -> random.Random:
    """A source of chance of a test's own, so that a test alone meets what it met among others."""
    return random.Random(hashed(SEED, *what))
