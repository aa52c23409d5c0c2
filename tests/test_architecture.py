"""The shape of the code: who may import whom, and where the large libraries may appear."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "sdg_ray"
LOWEST = {"errors", "config", "bucket", "record", "command", "template", "chance", "turns", "calls"}
PLUGS = {"scorers", "filters", "engines", "prompts", "stage"}
# a part of the package, and which others its files may import: itself, and what is below it
MAY_IMPORT = {
    "errors": set(),
    "record": set(),
    "config": {"errors"},
    "bucket": {"errors"},
    "template": {"errors", "record"},
    "chance": {"record"},
    "turns": {"record"},
    "calls": {"record"},
    "command": {"errors"},
    "stage": LOWEST,
    "engines": LOWEST,
    "filters": LOWEST,
    "instructions": LOWEST,
    "prompts": LOWEST | {"engines", "instructions", "scorers", "sandbox", "unique"},
    "sandbox": {"errors", "config"},
    "scorers": LOWEST | {"engines", "instructions", "sandbox"},
    "stages": LOWEST | PLUGS,
    "recipe": LOWEST | PLUGS | {"stages", "unique"},
    "store": LOWEST,
    "unique": LOWEST,
    "runner": LOWEST | PLUGS | {"stages", "recipe", "store", "unique"},
    "report": LOWEST | {"store", "recipe", "runner", "unique", "instructions"},
    "judges": LOWEST | {"engines", "scorers", "prompts", "store"},
    "export": LOWEST | {"store", "recipe", "runner", "report", "unique"},
    "plan": LOWEST | PLUGS | {"stages", "store", "recipe", "runner", "report", "unique"},
    "evaluate": LOWEST | PLUGS | {"stages", "store", "recipe", "runner", "report", "unique", "sandbox"},
    "align": LOWEST | PLUGS | {"stages", "store", "recipe", "runner", "report", "export", "evaluate"},
    "convert": {"errors", "scorers"},
    "serve": LOWEST | {"engines"},
    "doctor": LOWEST | PLUGS | {"stages", "recipe", "runner", "sandbox"},
    "pocket": {"errors", "config", "record", "template"},
}
EXCEPTIONS = {(f"{plugs}/world.py", "sdg_ray.pocket.world") for plugs in ("prompts", "scorers", "evaluate")}
EXCEPTIONS |= {("align/proofs/judges.py", "sdg_ray.judges.agreement"), ("export/target.py", "sdg_ray.engines.keys")}
LATE = {"vllm", "torch", "transformers", "datasets"}  # seconds to import, and not always there
ONLY_IN = {
    "hydra": {"sdg_ray/config.py"},
    "ray.data": {"sdg_ray/runner/ray.py"},
    "ray.serve": {"sdg_ray/serve/apps.py"},
    "ray.train": {"sdg_ray/align/workers.py"},
    "ray": {
        "sdg_ray/runner/ray.py",
        "sdg_ray/runner/desk.py",
        "sdg_ray/runner/groups.py",
        "sdg_ray/report/metrics.py",
        "sdg_ray/serve/apps.py",
        "sdg_ray/align/workers.py",
    },
}


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names of all modules that a tree imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_at_the_top(tree: ast.Module) -> Iterator[str]:
    """The same, without what stands in functions."""
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(ast.Module(body=[node], type_ignores=[]))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


@pytest.mark.parametrize("path", files("sdg_ray"), ids=name_of)
def test_module_imports_only_what_is_below_it(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    part = relative.parts[0].removesuffix(".py")
    if part == "__init__":
        return
    for name in imports(ast.parse(path.read_text())):
        assert not within(name, "jobs") and not within(name, "tests"), name
        if not within(name, "sdg_ray") or any(str(relative) == at and within(name, to) for at, to in EXCEPTIONS):
            continue
        assert name.split(".")[1] in MAY_IMPORT[part] | {part}, f"{part} may not import {name}"


@pytest.mark.parametrize("path", files("sdg_ray", "jobs"), ids=name_of)
def test_large_libraries_are_where_they_belong(path: Path) -> None:
    tree, name = ast.parse(path.read_text()), name_of(path)
    trains = name.startswith(("sdg_ray/align/", "sdg_ray/pocket/"))
    late = [found for found in imports_at_the_top(tree) if found.split(".")[0] in LATE]
    assert trains or not late, f"{late} takes seconds: import it in the function that needs it"
    for module, homes in ONLY_IN.items():
        if name.startswith("sdg_ray/") and name not in homes:
            assert not [found for found in imports(tree) if within(found, module)], module
    if not name.startswith("jobs/"):
        started = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _text(node) in SESSION]
        assert not started, "a library does not begin or end its caller's session"


SESSION = {"ray.init", "ray.shutdown"}


def _text(node: ast.Attribute) -> str:
    return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""


@pytest.mark.parametrize("path", files("sdg_ray", "jobs"), ids=name_of)
def test_module_says_what_it_is_and_does_not_print(path: Path) -> None:
    tree, name = ast.parse(path.read_text()), name_of(path)
    assert ast.get_docstring(tree), "a module begins with what it is"
    if not name.startswith("sdg_ray/pocket/"):
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("sdg_ray.runner.local", {"ray", "torch", "vllm", "transformers", "datasets"}),
        ("sdg_ray.recipe", {"ray", "torch", "vllm", "transformers", "datasets"}),
        ("sdg_ray.engines.vllm", {"ray", "torch", "vllm", "transformers"}),
        ("jobs.generate", {"ray", "torch", "vllm", "transformers", "datasets"}),
        ("sdg_ray.runner.ray", {"torch", "vllm", "transformers"}),
    ],
)
def test_import_does_not_bring_in_what_is_slow(module: str, absent: set[str]) -> None:
    code = f"import sys, {module}; sys.stdout.write(' '.join({absent!r} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout == ""
