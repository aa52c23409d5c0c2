"""A sandbox runs what it is given within its limits, says what this machine can give, and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.sandbox import LEVELS, Sandbox, found, isolation, tried
from sdg_ray.sandbox.isolation import reason
from tests.conftest import REPOSITORY

SAY_FOUND = "from sdg_ray.sandbox import found; each = found(); print(each.name); print(each.missing)"


def test_program_reads_its_input_and_exits_as_it_says() -> None:
    ended = Sandbox().run("import sys; print(sys.stdin.read().upper(), end=''); sys.exit(3)", "grüße".encode())
    assert (ended.stdout.decode(), ended.exit, ended.stopped) == ("GRÜSSE", 3, None)


def test_error_of_a_program_is_on_its_error_stream() -> None:
    ended = Sandbox().run("1 / 0")
    assert ended.exit == 1 and b"ZeroDivisionError" in ended.stderr


def test_output_below_the_limit_comes_whole() -> None:
    ended = Sandbox(output_kib=256).run("import os\nfor _ in range(255): os.write(1, b'x' * 1024)")
    assert len(ended.stdout) == 255 * 1024 and ended.stopped is None


def test_program_that_closes_its_output_is_not_cut_off() -> None:
    ended = Sandbox().run("import os, time\nos.write(1, b'a')\nos.close(1); os.close(2)\ntime.sleep(0.3)\nos._exit(7)")
    assert (ended.stdout, ended.exit) == (b"a", 7) and ended.seconds > 0.3


def test_standard_library_is_there_and_installed_packages_are_not() -> None:
    ended = Sandbox().run("import decimal, json, hashlib, sqlite3, ssl, zoneinfo, ctypes, multiprocessing\nimport rich")
    assert ended.stderr.endswith(b"No module named 'rich'\n")


def test_folder_of_packages_can_be_imported_from_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("ANSWER = 42")
    tmp_path.chmod(0o755)
    program = "import os, tools\nprint(tools.ANSWER)\nopen(os.path.dirname(tools.__file__) + '/more.py', 'w')"
    ended = Sandbox(packages=str(tmp_path)).run(program)
    assert ended.stdout == b"42\n" and b"Read-only file system" in ended.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["tools.py"]


def test_working_folder_is_empty_can_be_written_and_is_another_for_each() -> None:
    program = "import os; print(os.getcwd(), os.listdir('.')); open('note', 'w').write('x'); print(os.listdir('.'))"
    for _ in range(2):
        assert Sandbox().run(program).stdout == b"/tmp []\n['note']\n"


def test_no_file_no_mount_and_no_descriptor_is_left() -> None:
    made = {each for each in os.listdir("/tmp") if each.startswith("sandbox-")}
    mounts = Path("/proc/self/mounts").read_text()
    descriptors = len(os.listdir("/proc/self/fd"))
    Sandbox().run("open('note', 'w').write('x' * 1000)")
    assert Path("/proc/self/mounts").read_text() == mounts
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert {each for each in os.listdir("/tmp") if each.startswith("sandbox-")} <= made


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"isolation": "jail"}, "isolation='jail' is none of limits, namespaces, bwrap"),
        ({"wall_seconds": 0.0}, "limits are above zero"),
        ({"processes": 2}, "processes from 4"),
        ({"packages": __file__}, "packages=.* is no folder"),
    ],
)
def test_setting_that_cannot_be_is_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Sandbox(**wrong).check()  # type: ignore[arg-type]


def test_isolation_is_how_and_not_what() -> None:
    assert identity(Sandbox(isolation="limits")) == identity(Sandbox())
    assert identity(Sandbox(wall_seconds=3.0)) != identity(Sandbox())
    json.dumps(identity(Sandbox()))


def test_best_way_that_works_is_found_and_what_is_missing_is_said() -> None:
    works = [name for name in LEVELS if not tried(name)]
    assert found().name == works[-1]
    assert all(name in found().missing for name in LEVELS[LEVELS.index(works[-1]) + 1 :])


def without(folder: Path, *tools: str) -> subprocess.CompletedProcess[str]:
    """What is found where only `tools` are installed."""
    for tool in tools:
        (folder / tool).symlink_to(f"/usr/bin/{tool}")
    arguments = [sys.executable, "-c", SAY_FOUND]
    environment = {"PATH": str(folder)}
    return subprocess.run(arguments, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_without_bubblewrap_it_is_namespaces(tmp_path: Path) -> None:
    if tried("namespaces"):
        pytest.skip(tried("namespaces"))
    said = without(tmp_path, "unshare", "setpriv")
    assert said.stdout == "namespaces\nbwrap: bwrap is not installed\n"


def test_with_neither_it_is_limits_or_nothing(tmp_path: Path) -> None:
    said = without(tmp_path)
    missing = "bwrap: bwrap is not installed; namespaces: unshare is not installed"
    if why := reason("limits", tried):
        assert said.stderr.strip().endswith(f"no sandbox can be made here: {missing}; limits: {why}")
    else:
        assert said.stdout == f"limits\n{missing}\n"


def test_less_isolation_than_demanded_is_refused(tmp_path: Path) -> None:
    if tried("namespaces"):
        pytest.skip(tried("namespaces"))
    for tool in ("unshare", "setpriv"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    program = "from sdg_ray.sandbox import Sandbox; Sandbox().check(); Sandbox(isolation='bwrap').check()"
    arguments = [sys.executable, "-c", program]
    done = subprocess.run(arguments, env={"PATH": str(tmp_path)}, cwd=REPOSITORY, capture_output=True, text=True)
    assert "isolation=bwrap and this machine only has namespaces (bwrap: bwrap is not installed)" in done.stderr


def test_python_that_only_root_may_reach_is_said_of_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    monkeypatch.setattr(isolation, "interpreter", lambda: str(tmp_path / "closed" / "python3.11"))
    monkeypatch.setattr(isolation, "nobodies", lambda: range(1, 9))
    closed = next(
        each for each in [*reversed(tmp_path.parents), tmp_path, tmp_path / "closed"] if not each.stat().st_mode & 1
    )
    assert (
        reason("limits", lambda name: "")
        == f"as root it runs as another user, who may not enter {closed}, where Python is"
    )
    monkeypatch.setattr(isolation, "nobodies", lambda: range(0))
    assert reason("limits", lambda name: "") == ""
