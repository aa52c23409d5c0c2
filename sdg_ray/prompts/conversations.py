"""What people asked first: the first user turn of recorded conversations, such as ShareGPT or LMSYS-Chat-1M.

    {"conversations": [{"from": "human", "value": "Why is the sky blue?"}, ...]}  ->  Why is the sky blue?

A source can be divided for two runs that share nothing: one makes data for supervised fine-tuning, the other
preferences. A prompt that was found unsafe belongs to the second alone (technical report, section 3.2.1).
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.rows import Rows
from sdg_ray.prompts.sources.shapes import CONVERSATIONS, first_turn, flagged
from sdg_ray.record import hashed

PARTS = ("all", "sft", "preference")
LANGUAGE = "language"


@dataclass(frozen=True, kw_only=True)
class Conversations:
    """The first user turns of `source`, those of one `part` of it.

    Which part a conversation is in, its first turn alone decides: so neither a conversation nor a prompt that two of
    them share is in both, as long as both runs have the same `source`, its `take` included, and `preference_share`.
    The preference part has this share of the prompts, and all that the moderation flagged in any conversation. What is
    left out is no seed: conversations of other `languages`, those with names blacked out unless `redacted`, and those
    that do not begin with the user.
    """

    source: Source
    part: str = "all"
    preference_share: float = 0.5
    languages: tuple[str, ...] | None = None  # as the column `language` names them, such as English
    redacted: bool = False
    quota: int | None = None  # by default all

    per_seed = 1
    needs = frozenset[str]()

    @property
    def seeds(self) -> int:
        """One for each conversation that is not left out."""
        return len(self._kept)

    def check(self) -> None:
        """Raise `Refused` for a part that there is not, a source without conversations, or none left of them."""
        if self.part not in PARTS:
            raise Refused(f"prompts.conversations: part is {self.part!r}; it must be one of {', '.join(PARTS)}")
        if not 0 <= self.preference_share <= 1:
            raise Refused(f"prompts.conversations: preference_share must be from 0 to 1, not {self.preference_share}")
        self.source.check(CONVERSATIONS, *([] if self.languages is None else [LANGUAGE]))
        if not self.seeds:
            why = "choose other languages, or another part"
            raise Refused(f"prompts.conversations: none of the {len(self._rows):,} of {self.source.at} is left; {why}")

    def open(self, means: Means) -> Program:
        """From a number to the first turn of one conversation."""

        async def take(number: int, chance: Chance) -> Sequence[Draft]:
            return [self.source.draft(self._rows, self._kept[number], _asked)]

        return take

    @property
    def _rows(self) -> Rows:
        return self.source.rows(*CONVERSATIONS, "openai_moderation", LANGUAGE, "redacted")

    @cached_property
    def _kept(self) -> "array[int]":
        """The numbers of the rows that are not left out: read once, before anything starts, and sent to workers."""
        seen = [(number, *self._seen(number)) for number in range(len(self._rows))]
        unsafe = {turn for _, turn, flag, _ in seen if flag}
        return array("q", (number for number, turn, _, fits in seen if fits and self._in_part(turn, turn in unsafe)))

    def _seen(self, number: int) -> tuple[str | None, bool, bool]:
        """Of one row: its first turn as a hash, whether it is flagged, and whether it may be taken."""
        try:
            row = self._rows[number]
            turn = first_turn(row)
            name = None if turn is None else hashed(" ".join(turn.casefold().split()))
        except ValueError:
            return None, False, True  # it becomes an error row, which says what is wrong
        except IndexError:
            return None, False, False
        return (name, flagged(row), self._fits(row)) if name else (None, False, False)

    def _fits(self, row: Mapping[str, Any]) -> bool:
        spoken = self.languages is None or row.get(LANGUAGE) in self.languages
        return spoken and (self.redacted or not row.get("redacted"))

    def _in_part(self, turn: str | None, unsafe: bool) -> bool:
        """Whether a prompt, or a row that has none, is in the part that was asked for."""
        if self.part == "all" or turn is None:
            return self.part != "preference"
        preferred = unsafe or int(hashed("part", turn, bits=32), 16) < self.preference_share * 2**32
        return preferred == (self.part == "preference")


def _asked(row: Any) -> Draft:
    turn = first_turn(row)
    if turn is None:
        raise ValueError("does not begin with a user turn")
    return Draft(prompt=[{"role": "user", "content": turn}])
