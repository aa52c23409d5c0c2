"""What is looked at again and again while something runs:   with looking(costs.look, every=1.0): ..."""

import contextlib
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def looking(look: Callable[[], None], every: float) -> Iterator[None]:
    """Call `look` every so many seconds, beside what runs inside."""
    over = threading.Event()

    def again() -> None:
        while not over.wait(every):
            look()

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
