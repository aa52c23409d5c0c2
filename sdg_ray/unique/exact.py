"""Duplicates: prompts whose normal forms are equal.

check = Exact(["a", "b"], [normal("Why?"), normal("why?")])
check.keep(0)
check.find(1)  ->  "duplicate: of a"
"""

from collections.abc import Sequence


class Exact:
    """Which kept prompt has the same normal form."""

    def __init__(self, ids: Sequence[str], normals: Sequence[str]) -> None:
        self.ids, self.normals = ids, normals
        self.kept: dict[str, int] = {}

    def find(self, row: int) -> str | None:
        """The kept prompt that `row` repeats, as a reason."""
        earlier = self.kept.get(self.normals[row])
        return None if earlier is None else f"duplicate: of {self.ids[earlier]}"

    def keep(self, row: int) -> None:
        """Remember `row` for later ones."""
        self.kept[self.normals[row]] = row
