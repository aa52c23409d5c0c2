"""Which items are set aside for measuring, decided by the item alone and the same on every machine.

No list is kept anywhere: whoever writes a question and whoever measures with one ask the same hash.

    set_aside("arithmetic", "+", 34, 51)  ->  False: it may be trained on, in every wording
"""

import hashlib
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def number(*parts: object) -> int:
    """A stable number for any item."""
    return int.from_bytes(hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def set_aside(*parts: object) -> bool:
    """True for one item in eight."""
    return number("set aside", *parts) % 8 == 0


def draw(make: Callable[[], T], fits: Callable[[T], bool]) -> T:
    """The first item drawn that fits."""
    while not fits(item := make()):
        pass
    return item
