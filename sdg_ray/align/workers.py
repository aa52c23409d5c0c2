"""The same training on several workers of Ray Train: each has a batch of its own, and all have one model.

    trained = spread(Workers(count=8, gpus=1), Dpo(), Training(rate=3e-7, batch=4), data=..., model=..., to=...)

A step is then of 8 * 4 pairs. A worker that dies takes the others with it; Ray Train begins them again, and they go on
from the last complete checkpoint in `to`, which all workers have to reach under one path, as the data and the model.
What Ray Train itself keeps is in `to`/ray while it runs.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from sdg_ray.align.stage import Stage
from sdg_ray.align.train import train
from sdg_ray.align.trained import Trained
from sdg_ray.align.trainer import Training
from sdg_ray.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Workers:
    """How many workers train, and what each of them has; `restarts` is how often they are begun again."""

    count: int
    cpus: float = 1.0
    gpus: float = 0.0
    restarts: int = 3

    def __post_init__(self) -> None:
        if self.count < 1 or self.restarts < 0 or self.gpus not in (0, 1):
            raise Refused(f"{self} cannot be: there is at least one worker, and each has one GPU or none")


def spread(
    workers: Workers,
    stage: Stage,
    training: Training,
    *,
    to: str,
    say: Callable[[str], None] = lambda line: None,
    **how: Any,
) -> Trained | None:
    """As `train`, on workers of the cluster that this process has joined.

    Raises:
        Refused: as `train`; the cluster is too small; or the workers have died once more than `restarts` allows.
    """
    from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
    from ray.train.torch import TorchTrainer
    from ray.util.queue import Queue

    _check_room(workers)
    lines = Queue(actor_options={"num_cpus": 0})
    told = Thread(target=_tell, args=(lines, say), daemon=True)
    told.start()
    storage = Path(to).resolve() / "ray"
    trainer = TorchTrainer(
        _work,
        train_loop_config={"at": os.getcwd(), "lines": lines, "stage": stage, "training": training, "to": to, **how},
        scaling_config=ScalingConfig(
            num_workers=workers.count, use_gpu=workers.gpus > 0, resources_per_worker={"CPU": workers.cpus}
        ),
        run_config=RunConfig(
            name="train", storage_path=str(storage), failure_config=FailureConfig(max_failures=workers.restarts)
        ),
    )
    try:
        found = trainer.fit().return_value
    except TrainingFailedError as error:
        reason = str(error).strip().splitlines()[-1]
        raise Refused(f"the workers of {to} have died {workers.restarts + 1} times: {reason}; the same command goes on "
                      "from the last complete checkpoint") from error  # fmt: skip
    finally:
        lines.put(None)
        told.join()
    shutil.rmtree(storage, ignore_errors=True)
    if isinstance(found, Refused):
        raise found
    return found


def _check_room(workers: Workers) -> None:
    """Ray Train would wait, in silence, for what never comes."""
    import ray

    there = ray.cluster_resources()
    for kind, each in (("CPU", workers.cpus), ("GPU", workers.gpus)):
        if there.get(kind, 0.0) < each * workers.count:
            raise Refused(
                f"workers={workers.count} need {each * workers.count:g} {kind}s, and the cluster has "
                f"{there.get(kind, 0.0):g}: start nodes first, or ask for fewer"
            )


def _work(config: dict[str, Any]) -> Trained | Refused | None:
    """What each worker does. A refusal is an answer, and no reason to begin again."""
    at, lines = config.pop("at"), config.pop("lines")
    if Path(at).is_dir():
        os.chdir(at)  # Ray Train has gone elsewhere, and paths are as they were typed
    try:
        return train(config.pop("stage"), config.pop("training"), say=lines.put, **config)
    except Refused as refused:
        return refused


def _tell(lines: Any, say: Callable[[str], None]) -> None:
    while (line := lines.get()) is not None:
        say(line)
