"""Chance that can be divided: a generator whose branches do not depend on what was drawn before.

What happens at once cannot share one generator and stay the same from run to run; so each part of a program draws
from a branch of its own: `chance.at("refine", 3)`.
"""

import random

from sdg_ray.record import hashed


class Chance(random.Random):
    """A random generator with a name; `at` gives another with a longer one."""

    def __init__(self, *parts: object) -> None:
        self.name = hashed(*parts)
        super().__init__(self.name)

    def at(self, *parts: object) -> "Chance":
        """The generator of a branch, the same whenever it is asked for."""
        return Chance(self.name, *parts)
