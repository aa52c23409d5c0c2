"""What a run takes besides its workers: the driver's processor time and memory, and what Ray's own processes take."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import psutil


@dataclass
class Costs:
    """The driver's processor time and memory, and the processor time of Ray's own processes, at each look."""

    driver: psutil.Process = field(default_factory=psutil.Process)
    seen: list[tuple[float, float, float, float]] = field(default_factory=list)

    def look(self) -> None:
        """Note how it stands."""
        memory, others = self.driver.memory_info().rss, sum(map(_seconds, _of_ray(self.driver)))
        self.seen.append((time.time(), _seconds(self.driver), memory, others))

    def between(self, began: float, ended: float) -> tuple[float, float]:
        """The seconds of the driver and of Ray's own processes."""
        times, driver, _, others = np.array(self.seen).T
        ours, rays = (np.interp((began, ended), times, each) for each in (driver, others))
        return float(ours[1] - ours[0]), float(rays[1] - rays[0])

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
