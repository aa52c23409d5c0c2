"""Magpie: the model is given nothing but the start of a user's turn, and writes what users say.

(nothing)  ->  How can I keep my tomatoes from splitting after rain?
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Made
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class Magpie:
    """What the model itself says as a user: the first paragraph of it, if that has at most `longest` characters.

    A `system` message steers what comes, and is kept as the text that the prompt was made from, but is no part of the
    prompt. A model whose engine cannot begin a user's turn gives errors that say so.
    """

    system: str | None = None
    longest: int = 2000
    quota: int | None = 20_000

    seeds = None
    per_seed = 1
    needs = frozenset({"writer"})

    def check(self) -> None:
        """Raise `Refused` where nothing could be short enough, or the system message says nothing."""
        if self.longest < 1:
            raise Refused(f"prompts.magpie: longest must be at least 1, not {self.longest}")
        if self.system is not None and not self.system.strip():
            raise Refused("prompts.magpie: system is empty; leave it out for none")

    def open(self, means: Means) -> Program:
        """From a number to one prompt."""
        asking, steered = means.asking, (self.system,) if self.system else ()
        before: Chat = [{"role": "system", "content": text} for text in steered]

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            made = await asking.user_turn(before, chance)
            return [Draft.of(_bounded(made, self.longest), [], *steered)]

        return make


def _bounded(made: Made, longest: int) -> Made:
    """The first paragraph of what was made, or an error in its place if that is too long."""
    if made.text is None:
        return made
    first = made.text.split("\n\n")[0].strip()
    if len(first) > longest:
        return replace(made, text=None, error=f"too long: a turn of {len(first):,} characters, at most {longest:,}")
    return replace(made, text=first)
