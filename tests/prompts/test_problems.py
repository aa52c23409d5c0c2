"""Problems of GSM8K and MATH with the final answers of their solutions."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.problems import Problems
from sdg_ray.prompts.sources import Source

GSM8K = {"question": "What is half of 84?", "answer": "84 / 2 = <<84/2=42>>42.\n#### 42"}
MATH = {
    "problem": "What is half of $1$?",
    "level": "Level 2",
    "type": "Prealgebra",
    "solution": r"It is $1/2 = \boxed{\frac{1}{2}}$.",
}


def rows(source: Source, **columns: str) -> list[dict[str, Any]]:
    prompts = Prompts(families={"problems": Problems(source=source, **columns)}, rows=1000)
    prompts.check()
    return asyncio.run(prompts.open()(0)).to_pylist()


def written(folder: Path, lines: Sequence[Any]) -> Source:
    file = folder / "problems.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in lines))
    return Source(at=str(file), licence="MIT")


def test_gsm8k_and_its_columns(tmp_path: Path) -> None:
    (row,) = rows(written(tmp_path, [GSM8K]), problem="question", solution="answer")
    assert (row["prompt"], row["reference"]) == ([{"role": "user", "content": "What is half of 84?"}], "42")
    assert row["origin"]["path"] == [] and row["origin"]["licence"] == "MIT"


def test_math_with_its_kind_and_level_in_the_path(tmp_path: Path) -> None:
    file = tmp_path / "train.parquet"
    pq.write_table(pa.Table.from_pylist([MATH, {**MATH, "level": None}]), file)
    first, second = rows(Source(at=str(file)))
    assert (first["reference"], first["origin"]["path"]) == (r"\frac{1}{2}", ["Prealgebra", "Level 2"])
    assert second["origin"]["path"] == ["Prealgebra"]
    assert (first["origin"]["item"], second["origin"]["item"]) == ("1", "2")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({**MATH, "solution": "It is 42."}, r"has a solution with neither #### nor \boxed"),
        ({**MATH, "problem": None}, "has no text 'problem'; it has 'problem', 'level'"),
        ({**MATH, "problem": "  "}, "is empty"),
        ({"problem": "Why?"}, "has no text 'solution'; it has 'problem'"),
        ("Why?", "is str, not a row with 'problem' and 'solution'"),
        ({**MATH, "type": "\ud800"}, "surrogates not allowed"),
    ],
)
def test_row_without_a_problem_or_an_answer_is_an_error_row(row: Any, sentence: str, tmp_path: Path) -> None:
    good, bad = rows(written(tmp_path, [MATH, row]))
    assert good["error"] is None
    assert bad["error"].startswith("unusable prompt: problems.jsonl line 2: ") and sentence in bad["error"]
    assert (bad["prompt"], bad["reference"]) == ([], None)


def test_columns_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no column 'problem'; it has question, answer"):
        rows(written(tmp_path, [GSM8K]))
