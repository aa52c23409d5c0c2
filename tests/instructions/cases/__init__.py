"""Answers written by hand, for each instruction: some that follow it and some that do not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """One instruction with arguments, and answers to it."""

    id: str
    follow: tuple[str, ...]
    fail: tuple[str, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def answers(self) -> Iterator[tuple[str, bool]]:
        """Every answer, and whether it follows."""
        yield from ((text, True) for text in self.follow)
        yield from ((text, False) for text in self.fail)
