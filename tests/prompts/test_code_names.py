"""Names that Python code uses, counted by files."""

from pathlib import Path

import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts.code_names import digest, names_in


def used(folder: Path, *files: str | bytes) -> dict[str, int]:
    for number, code in enumerate(files):
        path = folder / "deep" / f"part{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(code if isinstance(code, bytes) else code.encode())
    return dict(names_in(str(folder)))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import os", {"os"}),
        ("import os.path\nos.path.join('a')", {"os.path", "os.path.join"}),
        ("import numpy as np\nnp.random.rand()", {"numpy", "numpy.random", "numpy.random.rand"}),
        ("from itertools import groupby as g\ng([])", {"itertools", "itertools.groupby"}),
        ("from math import *\nsqrt(2)", {"math", "sqrt"}),
        ("sorted(x).index(3)", {"sorted", "index"}),
        ("x.real", set()),
        ("def f(g):\n    return g(f(len(x)))", {"len"}),
        ("class A:\n    def go(self):\n        self.go().stop()", {"stop"}),
        ("twice = lambda x: x\ntwice(3)", set()),
        ("from . import near\nfrom .far import away\nnear.by()", {"by"}),
        ("import _thread\nobj._hidden()\n__import__('x')", set()),
        ("async def f():\n    await asyncio.sleep(1)", {"sleep"}),
    ],
)
def test_name_is_that_of_what_is_used(tmp_path: Path, code: str, names: set[str]) -> None:
    assert set(used(tmp_path, code)) == names


def test_names_in_most_files_come_first_and_a_file_counts_once(tmp_path: Path) -> None:
    found = used(tmp_path, "len(a); len(b); len(c); zip(a)", "zip(a); map(b)", "zip(x)")
    assert list(found.items()) == [("zip", 3), ("len", 1), ("map", 1)]


@pytest.mark.parametrize("broken", ["print 'two'", b"\xff\xfe len(x)", b"len(x)\x00", "(" * 100_000, ""])
def test_file_that_is_no_python_is_passed_over(tmp_path: Path, broken: str | bytes) -> None:
    assert used(tmp_path, "len(x)", broken) == {"len": 1}


def test_corpus_may_be_one_file(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("len(x)")
    assert names_in(str(tmp_path / "one.py")) == [("len", 1)]
    assert digest(str(tmp_path / "one.py"))


def test_digest_tells_one_corpus_from_another_wherever_it_lies(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.py").write_text("len(x)")
    assert digest(str(tmp_path / "a")) == digest(str(tmp_path / "b"))
    (tmp_path / "b" / "two.py").write_text("")
    assert digest(str(tmp_path / "a")) != digest(str(tmp_path / "b"))


def test_folder_without_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no .py file; give a folder of Python code"):
        digest(str(tmp_path))
    with pytest.raises(Refused, match="has no .py file"):
        digest(str(tmp_path / "nowhere"))
