"""What Python code uses: the names of modules, functions and methods, those in most files first.

    import numpy as np                  numpy  numpy.zeros  numpy.random  numpy.random.rand
    from itertools import groupby       itertools  itertools.groupby
    sorted(np.zeros(3).tolist())        sorted  tolist

A name counts once for a file. What a file defines itself, and what begins with an underscore, is not counted.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sdg_ray.errors import Refused
from sdg_ray.record import hashed


def names_in(corpus: str) -> list[tuple[str, int]]:
    """The names in the .py files below a folder, or in one file, each with the number of files that use it."""
    found: Counter[str] = Counter()
    for path in _files(corpus):
        found.update(_used(path.read_bytes()))
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))


def digest(corpus: str) -> str:
    """What tells one corpus from another without reading it: the names and sizes of its files.

    Raises:
        Refused: there is no .py file.
    """
    files = _files(corpus)
    if not files:
        raise Refused(
            f"recipe.prompts.topics: corpus {corpus} has no .py file; give a folder of Python code, or a file"
        )
    return hashed(*((str(path.relative_to(corpus)), path.stat().st_size) for path in files))


def _files(corpus: str) -> list[Path]:
    path = Path(corpus)
    return [path] if path.is_file() else sorted(each for each in path.rglob("*.py") if each.is_file())


def _used(code: bytes) -> set[str]:
    """The names that one file uses; none if it is no Python that can be read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    imported, own = _imported(nodes), set(_defined(nodes))
    used = {name for node in nodes for name in _names(node, imported, own)}
    return {name for name in used if not any(part.startswith("_") for part in name.split("."))}


def _imported(nodes: Sequence[ast.AST]) -> dict[str, str]:
    """What each name stands for that was imported, but for the project's own modules."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {each.asname: each.name for each in node.names if each.asname}
            found |= {root: root for each in node.names if not each.asname for root in [each.name.partition(".")[0]]}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names if each.name != "*"}
    return found


def _defined(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names that a file makes: its functions, classes, variables and arguments."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def _names(node: ast.AST, imported: Mapping[str, str], own: set[str]) -> Iterator[str]:
    """The names that one node uses."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{each.name}" for each in node.names if each.name != "*")
    elif isinstance(node, ast.Attribute) and (full := _full(node, imported)):
        yield full
    elif isinstance(node, ast.Call) and (called := _called(node.func, imported)) and called not in own:
        yield called


def _full(node: ast.AST, imported: Mapping[str, str]) -> str | None:
    """The name of what hangs below something imported: `np.random.rand` is `numpy.random.rand`."""
    if isinstance(node, ast.Name):
        return imported.get(node.id)
    inside = _full(node.value, imported) if isinstance(node, ast.Attribute) else None
    return f"{inside}.{node.attr}" if inside and isinstance(node, ast.Attribute) else None


def _called(function: ast.AST, imported: Mapping[str, str]) -> str | None:
    """The name of a built-in function or a method that is called; what is imported is counted as such."""
    if isinstance(function, ast.Name):
        return None if function.id in imported else function.id
    if isinstance(function, ast.Attribute) and not _full(function, imported):
        return function.attr
    return None
