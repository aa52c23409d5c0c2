"""A limit to waiting for others: whoever waits for things that come from elsewhere gives up when nothing moves.

for batch in patiently(data.iter_batches(), moved=lambda: store.done(step).keys(), seconds=7200):
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
LOOKS = 20  # how often it is asked within the time limit whether anything moves


class OutOfPatience(Exception):
    """Nothing came and nothing moved for as long as one was ready to wait."""


def patiently(items: Iterable[T], moved: Callable[[], object], seconds: float) -> Iterator[T]:
    """`items` as they come, drawn by a thread of their own, for they may never come.

    Raises:
        OutOfPatience: for `seconds` no item came and what `moved` says stayed the same. The thread is left behind.
    """
    came: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_draw, args=(items, came), name="draw", daemon=True).start()
    state, since = moved(), time.monotonic()
    while True:
        try:
            what, value = came.get(timeout=seconds / LOOKS)
        except queue.Empty:
            now = moved()
            if now != state:
                state, since = now, time.monotonic()
            elif time.monotonic() - since > seconds:
                raise OutOfPatience from None
            continue
        if what == "over":
            return
        if what == "failed":
            raise value
        since = time.monotonic()
        yield value


def _draw(items: Iterable[Any], came: "queue.SimpleQueue[tuple[str, Any]]") -> None:
    try:
        for item in items:
            came.put(("item", item))
    except BaseException as error:  # it belongs to who waits
        came.put(("failed", error))
    else:
        came.put(("over", None))
