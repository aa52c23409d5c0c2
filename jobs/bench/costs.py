"""What a run takes besides its workers: the driver's processor time and memory, and what Ray's own processes take."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import psutil


@dataclass
class Costs:
    """The driver's processor time and memory, and the processor time of Ray's own processes, second by second."""

    seen: list[tuple[float, float, float, float]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Costs":
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _look(self) -> None:
        driver = psutil.Process()
        while not self.over.wait(1.0):
            memory = driver.memory_info().rss
            self.seen.append((time.time(), _seconds(driver), memory, sum(map(_seconds, _of_ray(driver)))))

    def between(self, began: float, ended: float) -> tuple[float, float]:
        """The seconds of the driver and of Ray's own processes."""
        times, driver, _, others = np.array(self.seen).T
        return tuple(float(np.diff(np.interp((began, ended), times, each))[0]) for each in (driver, others))  # type: ignore[return-value]

    def memory(self, began: float, ended: float) -> tuple[float, float]:
        """The driver's memory at the beginning and at its largest, in bytes."""
        found = [memory for at, _, memory, _ in self.seen if began <= at <= ended]
        return found[0], max(found)


def _of_ray(driver: psutil.Process) -> Iterator[psutil.Process]:
    """Ray's own processes, which are not workers."""
    for process in driver.children():
        with contextlib.suppress(psutil.Error):
            if process.name() in ("raylet", "gcs_server"):
                yield process


def _seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        return sum(process.cpu_times()[:2])
    return 0.0
