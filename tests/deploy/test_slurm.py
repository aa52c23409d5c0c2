"""The Slurm script, run with stand-ins for Slurm and Ray that write down what is started."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sdg_ray.config import compose
from tests.conftest import REPOSITORY

SCRIPT = REPOSITORY / "deploy" / "slurm" / "generate.sbatch"
STAND_INS = {
    "scontrol": """
echo "scontrol $*" >> "$LOG"
[[ $1 != show ]] || printf 'node%s\\n' 1 2 3
""",
    "srun": """
echo "srun $*" >> "$LOG"
while [[ $1 == --* ]]; do shift; done
exec "$@"
""",
    "ray": """
echo "ray $*" >> "$LOG"
echo "$RAY_AUTH_MODE $RAY_AUTH_TOKEN $RAY_ADDRESS" >> "$LOG.environment"
[[ -z ${RAY_FAILS:-} ]] || { echo "ray: the port is taken"; exit 1; }
touch "$LOG.joined.$$"
trap 'echo "ray ended" >> "$LOG"; rm "$LOG.joined.$$"; exit 0' TERM
until [[ -e $LOG.lost && $* == *--address* ]]; do sleep 0.05; done
""",
    "python": """
if [[ $1 == -c ]]; then
  there=("$LOG".joined.*)
  [[ -e ${there[0]} ]] && echo $((${#there[@]} - ${ABSENT:-0}))
  exit
fi
echo "python $*" >> "$LOG"
trap 'echo "job ended" >> "$LOG"; exit 143' TERM
until [[ -n ${CODE:-} ]]; do sleep 0.05; done
exit "$CODE"
""",
}


@dataclass
class Slurm:
    """A job of three nodes, on stand-ins in `folder`."""

    folder: Path
    jobs: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *settings: str, **more: str) -> subprocess.Popen[str]:
        known = {
            "PATH": f"{self.folder}:/usr/bin:/bin", "LOG": str(self.folder / "log"), "SLURM_JOB_ID": "4711",
            "SLURM_SUBMIT_DIR": str(REPOSITORY), "SLURM_JOB_NODELIST": "node[1-3]", "SLURM_CPUS_PER_TASK": "64",
            "SLURM_GPUS_ON_NODE": "8", "SDG_RAY_PYTHON": str(self.folder / "python"),
        }  # fmt: skip
        job = subprocess.Popen(
            ["bash", str(SCRIPT), *settings], env=known | more, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.jobs.append(job)
        return job

    def ends(self, job: subprocess.Popen[str]) -> tuple[int, str]:
        output, _ = job.communicate(timeout=60)
        assert not list(self.folder.glob("log.joined.*")), "a Ray outlived the script"
        return job.returncode, output

    def log(self, name: str = "log") -> list[str]:
        return (self.folder / name).read_text().splitlines()

    def wait_for(self, line: str) -> None:
        until = time.monotonic() + 30
        while not (self.folder / "log").exists() or not any(each.startswith(line) for each in self.log()):
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[Slurm]:
    for name, text in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/usr/bin/env bash\n{text}")
        (tmp_path / name).chmod(0o755)
    running = Slurm(tmp_path)
    yield running
    for job in running.jobs:  # of a test that failed
        if job.poll() is None:
            job.terminate()
            job.communicate(timeout=90)


def test_the_script_is_sound_bash() -> None:
    checked = subprocess.run(["bash", "-n", str(SCRIPT)], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert os.access(SCRIPT, os.X_OK)


def test_ray_starts_on_every_node_once_and_the_job_after_all_have_joined(slurm: Slurm) -> None:
    code, output = slurm.ends(slurm.start("run=demo", "recipe.scale=0.1", CODE="0"))
    assert code == 0 and "node1:24711: 3 nodes" in output
    starts = [line for line in slurm.log() if line.startswith("srun") and " start " in line]
    assert [f"--nodelist=node{n} " in line for n, line in enumerate(sorted(starts, key=_node), 1)] == [True] * 3
    head, *workers = sorted(starts, key=_node)
    assert "--head --port=24711 " in head and "--include-dashboard=false" in head and "--temp-dir=/tmp/ray_4711" in head
    assert all("--address=node1:24711" in line and "--head" not in line for line in workers)
    assert all("--num-cpus=64 --num-gpus=8" in line and "--cpus-per-task=64" in line for line in starts)
    assert slurm.log().index("python jobs/generate.py run=demo recipe.scale=0.1") > max(
        slurm.log().index(line) for line in slurm.log() if line.startswith("ray start")
    )
    assert slurm.log().count("ray ended") == 3


def _node(line: str) -> str:
    return line.split("--nodelist=")[1].split()[0]


def test_ray_has_a_token_that_is_on_no_command_line(slurm: Slurm) -> None:
    tokens = set()
    for _ in range(2):
        code, output = slurm.ends(slurm.start("run=demo", CODE="0"))
        mode, token, address = slurm.log("log.environment")[-1].split()
        assert (code, mode, len(token), address) == (0, "token", 64, "node1:24711")
        assert token not in output and token not in "".join(slurm.log())
        tokens.add(token)
    assert len(tokens) == 2


@pytest.mark.parametrize("code", ["1", "2"])
def test_the_exit_code_is_the_jobs_and_ray_is_ended(slurm: Slurm, code: str) -> None:
    assert slurm.ends(slurm.start("run=demo", CODE=code))[0] == int(code)
    assert slurm.log().count("ray ended") == 3
    assert not [line for line in slurm.log() if " rm " in line], "logs stay where something failed"


def test_shortly_before_the_time_is_up_the_job_goes_back_into_the_queue(slurm: Slurm) -> None:
    job = slurm.start("run=demo")
    slurm.wait_for("python jobs/generate.py")
    job.send_signal(signal.SIGUSR1)
    assert slurm.ends(job)[0] == 0
    assert "scontrol requeue 4711" in slurm.log()
    assert slurm.log().index("job ended") < slurm.log().index("ray ended")


def test_a_job_is_not_requeued_for_ever(slurm: Slurm) -> None:
    job = slurm.start("run=demo", SLURM_RESTART_COUNT="20")
    slurm.wait_for("python jobs/generate.py")
    job.send_signal(signal.SIGUSR1)
    code, output = slurm.ends(job)
    assert code == 1 and "after 20 requeues" in output
    assert not [line for line in slurm.log() if line.startswith("scontrol requeue")]


def test_a_cancelled_job_ends_everything_and_is_not_requeued(slurm: Slurm) -> None:
    job = slurm.start("run=demo")
    slurm.wait_for("python jobs/generate.py")
    job.send_signal(signal.SIGTERM)
    assert slurm.ends(job)[0] == 143
    assert slurm.log().count("ray ended") == 3 and "job ended" in slurm.log()
    assert not [line for line in slurm.log() if line.startswith("scontrol requeue")]


def test_the_job_ends_when_ray_ends_on_a_node(slurm: Slurm) -> None:
    job = slurm.start("run=demo")
    slurm.wait_for("python jobs/generate.py")
    (slurm.folder / "log.lost").touch()
    output, _ = job.communicate(timeout=60)
    assert job.returncode == 1 and "Ray ended on a node" in output
    assert "job ended" in slurm.log()


def test_nodes_that_do_not_join_are_said(slurm: Slurm) -> None:
    code, output = slurm.ends(slurm.start("run=demo", ABSENT="1", SDG_RAY_PATIENCE="3"))
    assert code == 2 and "2 of 3 nodes joined Ray at node1:24711 within 3 s" in output
    assert not [line for line in slurm.log() if line.startswith("python")]


def test_a_head_that_does_not_start_is_not_waited_for(slurm: Slurm) -> None:
    began = time.monotonic()
    code, output = slurm.ends(slurm.start("run=demo", RAY_FAILS="yes"))
    assert code == 2 and "the port is taken" in output
    assert time.monotonic() - began < 30


def test_a_finished_job_leaves_nothing_on_the_nodes(slurm: Slurm) -> None:
    assert slurm.ends(slurm.start("run=demo", CODE="0"))[0] == 0
    cleared = [line for line in slurm.log() if line.endswith("rm -rf -- /tmp/ray_4711")]
    assert sorted(_node(line) for line in cleared) == ["node1", "node2", "node3"]


def test_the_command_in_its_first_lines_names_settings_that_fit_together() -> None:
    (line,) = [line for line in SCRIPT.read_text().splitlines() if line.startswith("#   sbatch ")]
    assert (REPOSITORY / "jobs/generate.py").is_file()
    settings = shlex.split(line.removeprefix("#   sbatch deploy/slurm/generate.sbatch").replace("...", ""))
    assert compose("generate", settings).run == "demo"


def test_a_requeued_job_keeps_what_it_wrote_and_is_told_in_time() -> None:
    options = [line.removeprefix("#SBATCH ") for line in SCRIPT.read_text().splitlines() if line.startswith("#SBATCH ")]
    assert {"--requeue", "--open-mode=append", "--signal=B:USR1@300", "--ntasks-per-node=1"} <= set(options)
