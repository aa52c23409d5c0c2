"""What is to be exported, and where to: the settings of jobs/export.py, checked before the run is looked at.

Wanted(format="trl", to="out/demo", validation=0.02).check()
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_ray.errors import Refused
from sdg_ray.export.choice import SFT
from sdg_ray.export.formats import FORMATS
from sdg_ray.export.formats.format import KINDS, Format

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be exported, and where to; jobs/export.py says what each field means."""

    format: str
    to: str
    sets: str = ALL
    sft: str = "best"
    by: str = ""
    rpo: bool = False
    validation: float = 0.02
    balance: int = 0
    file_mb: int = 256
    partial: bool = False

    @property
    def form(self) -> Format:
        """The format itself."""
        return FORMATS[self.format]

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of sets that are asked for."""
        return self.form.kinds if self.sets == ALL else [self.sets]

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before the run is looked at."""
        if self.format not in FORMATS:
            raise Refused(f"format={self.format or '...'} is no format; there are {', '.join(FORMATS)}")
        if not self.to:
            raise Refused("to=... must be given: a folder, s3://bucket/prefix or hub:owner/name")
        if self.sets not in (ALL, *KINDS) or self.sft not in SFT:
            raise Refused(f"sets={self.sets} sft={self.sft}: sets is all, preference or sft, and sft best or all_kept")
        if not 0 <= self.validation < 1 or self.balance < 0 or self.file_mb < 1:
            raise Refused("validation must be from 0 to below 1, balance 0 or more, and file_mb at least 1")
        if self.sets not in (ALL, *self.form.kinds):
            there = " and ".join(self.form.kinds)
            raise Refused(f"format={self.format} has no {self.sets} set, only {there}; choose another format")
