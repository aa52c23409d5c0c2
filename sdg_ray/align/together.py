"""What several workers tell each other while they train one model; in a process of its own, there is nobody else.

gathered("mine")         ["mine", "theirs"], in the order of the workers, the same on all of them
wait()                   until all are here
"""

from typing import Any

from torch import distributed


def number() -> int:
    """Which of the workers this is, from 0 on."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def count() -> int:
    """How many workers there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def gathered(mine: Any) -> list[Any]:
    """What each worker has brought."""
    if count() == 1:
        return [mine]
    found: list[Any] = [None] * count()
    distributed.all_gather_object(found, mine)
    return found


def wait() -> None:
    """Go on when all workers have come here."""
    if count() > 1:
        distributed.barrier()
