"""Refining: what was asked for first is too short, so each is written once more in every one of several modes.

The modes of a family are the lines of a file: `context: add some context that says who asks and why`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.prompts.family import Draft
from sdg_ray.template import choices, template


@dataclass(frozen=True, kw_only=True)
class Refining:
    """How one family refines: its template with the place that takes the first version, and the modes it uses."""

    template: str
    place: str
    file: str
    modes: tuple[str, ...]

    @property
    def versions(self) -> int:
        """How many drafts come of one: itself, and one in each mode."""
        return 1 + len(self.modes)

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, or a mode that there is not."""
        template(self.template, "n", self.place, "mode")
        known = choices(self.file)
        if unknown := sorted(set(self.modes) - set(known)):
            raise Refused(f"{self.file} has no mode {unknown[0]!r}; it has {', '.join(known)}")

    async def all(
        self, asking: Asking, made: Sequence[Made], path: Sequence[str], chance: Chance, item: str = "plain"
    ) -> list[Draft]:
        """Each of those made, followed by its refined versions; of one that was not made there is nothing to refine."""
        each = await asyncio.gather(*(self._one(asking, one, path, chance.at(i), item) for i, one in enumerate(made)))
        return [version for versions in each for version in versions]

    async def _one(self, asking: Asking, first: Made, path: Sequence[str], chance: Chance, item: str) -> list[Draft]:
        plain = Draft.of(first, path, item=item)
        if first.text is None:
            return [plain] * self.versions
        texts, wanted = choices(self.file), template(self.template, "n", self.place, "mode")
        asks = (
            asking.items(wanted, 1, chance.at(mode), **{self.place: first.text, "mode": texts[mode]})
            for mode in self.modes
        )
        found = zip(self.modes, await asyncio.gather(*asks), strict=True)
        return [plain, *(Draft.of(one, path, first.text, item=mode) for mode, (one,) in found)]
