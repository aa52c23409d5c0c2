"""Which verifiable instructions a prompt gets; shared by the three families that add them.

    Choice(instructions=(1, 3), ids=None, languages=("de", "fr")).draw("Why is the sky blue?", chance)

To measure on instructions that a model was not trained on, leave their ids out of `ids`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.instructions import INSTRUCTIONS, NAMES, Drawn, draw, together
from sdg_ray.prompts.family import Draft
from sdg_ray.template import Template, template

LANGUAGES = ("de", "es", "fr", "it", "pt")  # those that a model may be expected to write


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How many instructions, of which ids (None: of all), and in which languages an answer may be asked for."""

    instructions: tuple[int, int]
    ids: Collection[str] | None
    languages: Collection[str]

    def check(self) -> None:
        """Raise `Refused` for an id or a language that there is not, or a number that cannot be."""
        least, most = self.instructions
        allowed = list(INSTRUCTIONS) if self.ids is None else list(self.ids)
        if unknown := sorted(set(allowed) - INSTRUCTIONS.keys()):
            raise Refused(f"prompts.instruction: ids has {unknown[0]!r}; there are {', '.join(INSTRUCTIONS)}")
        if unknown := sorted(set(self.languages) - NAMES.keys()):
            raise Refused(f"prompts.instruction: languages has {unknown[0]!r}; there are {', '.join(NAMES)}")
        if not 1 <= least <= most:
            raise Refused(f"prompts.instruction: instructions is {least} to {most}; it must be from 1, and not fall")
        if together(allowed, most) is None:
            raise Refused(f"prompts.instruction: no {most} of ids can be asked for together; lower instructions")

    def draw(self, prompt: str, chance: Chance) -> list[Drawn]:
        """Instructions that suit `prompt`; fewer than wanted where few suit it, and perhaps none."""
        return draw(chance, chance.randint(*self.instructions), prompt, self.ids, tuple(self.languages))


def said(drawn: list[Drawn]) -> str:
    """The sentences of several instructions; each on a line of its own where one does not end as a sentence does."""
    texts = [each.text for each in drawn]
    plain = all(text.endswith((".", "?", '"')) and "\n" not in text for text in texts)
    return (" " if plain else "\n").join(texts)


def form(forms: tuple[str, ...], chance: Chance, *places: str) -> Template:
    """One of several templates."""
    return template(chance.choice(forms), *places)


def empty(draft: Draft, error: str) -> Draft:
    """A slot that could not be filled, with what is known of where it came from."""
    return Draft(prompt=[], origin=draft.origin, error=error)
