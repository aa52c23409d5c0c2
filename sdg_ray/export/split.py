"""Train or validation: prompts that have something in common are on the same side.

    groups = Groups()
    groups.join(keys(row))          for every row, then
    groups.place(keys(row)[0])      0.73: below the share of the validation set it is in that

Two prompts belong together if they begin with the same words, come from the same document or line of a file, are made
from the same text (the first of their parents), or one is made from the other; and if both belong together with a
third, be it exported or not. Where a group stands depends on what is in it alone, so all exports of a run split alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sdg_ray.record import hashed


class Groups:
    """Sets of keys that were met together; about 200 bytes for each key, whatever the texts."""

    def __init__(self) -> None:
        self.above: dict[int, int] = {}  # a union-find forest whose roots are the least key of each group

    def join(self, keys: Sequence[int]) -> None:
        """These keys are of one group, together with all that any of them was joined with."""
        roots = {self._root(key) for key in keys}
        least = min(roots)
        for root in roots:
            self.above[root] = least

    def place(self, key: int) -> float:
        """Where the group of a key stands between 0 and 1."""
        return int(hashed("split", self._root(key), bits=48), 16) / 2**48

    def _root(self, key: int) -> int:
        while (above := self.above.setdefault(key, key)) != key:
            self.above[key] = key = self.above[above]
        return key


def keys(row: Mapping[str, Any]) -> list[int]:
    """What a prompt has in common with others, the words it begins with first; nothing if there is no prompt."""
    if not row["prompt"]:
        return []
    origin = row["origin"] or {}
    found = [_key("text", _normal(_first_said(row)))]
    if origin.get("source") and origin.get("item"):
        found.append(_key("item", origin["source"], origin["item"]))
    # where the rest is a document, its parent is an instruction such as "Summarise the text.", which means nothing
    if origin.get("parents") and not origin.get("own"):
        found.append(_key("text", _normal(origin["parents"][0])))
    return found


def cut(places: Sequence[float], share: float) -> float:
    """Below which place a group is in the validation set: `share`, but where there are two groups no side is empty."""
    if not share or not places:
        return 0.0
    return min(max(share, min(places) + 1e-12), max(places))


def _first_said(row: Mapping[str, Any]) -> str:
    return next((message["content"] for message in row["prompt"] if message["role"] == "user"), "")


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())


def _key(*parts: str) -> int:
    return int(hashed(*parts, bits=64), 16)
