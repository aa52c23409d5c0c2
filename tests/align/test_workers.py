"""Training on workers of Ray Train: the steps of one process, and those of a worker that died are made again."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

import psutil
import pytest

from sdg_ray.align.dpo import Dpo
from sdg_ray.align.trained import Trained
from sdg_ray.align.workers import Workers, _work, spread
from sdg_ray.errors import Refused
from tests.align.sets import SHORT, export_of, logged, trained
from tests.export.runs import row

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An export of eight pairs, and one of three that it holds out."""
    data = export_of(tmp_path_factory.mktemp("data"))
    others = export_of(tmp_path_factory.mktemp("others"), rows=[row(number, f"Why {number}?") for number in range(3)])
    for file in Path(others, "preference").iterdir():
        shutil.copy(file, Path(data, "preference", file.name.replace("train", "validation")))
    return data


def workers_here() -> list[psutil.Process]:
    """The processes that train, of the cluster that this one has started."""
    found = psutil.Process().children(recursive=True)
    return [each for each in found if any("RayTrainWorker" in word for word in each.cmdline()[:1])]


def kill_one_after(checkpoint: Path) -> Thread:
    """Kills a worker once this checkpoint is complete."""

    def watch() -> None:
        while not (checkpoint / "complete.json").exists():
            Event().wait(0.01)
        workers_here()[-1].kill()

    watching = Thread(target=watch, daemon=True)
    watching.start()
    return watching


@pytest.mark.cluster
def test_two_workers_of_which_one_dies_make_the_steps_of_one_process(cluster: None, data: str, tmp_path: Path) -> None:
    stage, long = Dpo(nll=1e-3), replace(SHORT, rate=1e-4, epochs=12)
    alone = trained(stage, data, tmp_path / "alone", long)
    killed = kill_one_after(tmp_path / "to" / "checkpoints" / "checkpoint-3")
    lines: list[str] = []
    made = spread(
        Workers(count=2), stage, replace(long, accumulate=1), data=data, model="pocket/base", to=str(tmp_path / "to"),
        say=lines.append,
    )  # fmt: skip
    killed.join(0)
    assert not killed.is_alive() and isinstance(made, Trained)
    assert made.since >= 3 and made.steps == alone.steps == 24
    for name in ("loss", "gap", "chosen_logprob", "eval_loss"):
        assert logged(made, name) == pytest.approx(logged(alone, name), rel=1e-3, abs=1e-3)
    assert made.figures["gap"] == pytest.approx(alone.figures["gap"], rel=1e-2)
    assert (tmp_path / "to" / "config.json").exists() and not (tmp_path / "to" / "ray").exists()
    assert any(line.startswith("step 1 of 24 ") for line in lines)


@pytest.mark.cluster
def test_workers_that_the_cluster_has_no_room_for_are_refused(cluster: None, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="workers=9 need 9 CPUs, and the cluster has 4: start nodes first"):
        spread(Workers(count=9), Dpo(), SHORT, data="there", model="pocket/base", to=str(tmp_path))


def test_a_refusal_is_what_a_worker_answers_and_no_reason_to_begin_again(tmp_path: Path) -> None:
    how = {"stage": Dpo(), "training": SHORT, "data": str(tmp_path), "model": "pocket/base", "to": str(tmp_path / "to")}
    found = _work({"at": os.getcwd(), "lines": SimpleQueue(), **how})
    assert isinstance(found, Refused) and "has no files preference/train-" in str(found)
