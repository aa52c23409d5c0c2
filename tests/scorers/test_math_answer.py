"""Final answers that are and are not equivalent to a reference."""

import os
import random
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.scorers.math_answer import MathAnswer
from sdg_ray.scorers.math_answer.extract import candidates
from sdg_ray.scorers.math_answer.number import Unreadable
from sdg_ray.scorers.math_answer.read import read
from tests.scorers.math_table import AFTER, TABLE, Case
from tests.scorers.scoring import columns, opinions, scores

SCORER = MathAnswer()


def agreeing(table: tuple[Case, ...]) -> float:
    right = [scores(SCORER, reference, response) == [float(expected)] for reference, response, expected in table]
    return sum(right) / len(right)


def test_table_of_tricky_answers() -> None:
    assert len(TABLE) == len(set(TABLE)) == 150
    assert 60 <= sum(expected for *_, expected in TABLE) <= 90
    assert agreeing(TABLE) >= 0.99


def test_table_that_the_code_was_not_mended_by() -> None:
    assert len(AFTER) == 40
    assert agreeing(AFTER) >= 0.95


@pytest.mark.parametrize("case", [case for case in TABLE if case[2]])
def test_equivalence_goes_both_ways(case: Case) -> None:
    reference, response, _ = case
    found = opinions(SCORER, reference, response)[0].parts
    assert found is not None
    assert scores(SCORER, found["answer"], f"\\boxed{{{reference}}}") == [1.0]


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("9 * 2 = 18\n#### 18", "18"),
        ("#### 17\nNo:\n#### 18 dollars\nThat is it.", "18 dollars"),
        (r"\boxed{12}, or rather \boxed{\frac{1}{\sqrt{2}}}.", r"\frac{1}{\sqrt{2}}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"$\boxed 7$", "7"),
        (r"\boxed{18", "18"),
        ("The answer is 7, because 3 + 4 = 7.", "7"),
        ("The answer is 20 cups, and not 15.", "20 cups"),
        ("The answer is $x = 1$ or $x = 2$.", "$x = 1$ or $x = 2$"),
        ("The answer is x = 1 or x = 2.", "x = 1 or x = 2"),
        (r"\frac{1}{2}", r"\frac{1}{2}"),
        ("The answer is 7.5. It is 8 otherwise.", "7.5"),
        ("**Answer:** 1,200", "1,200"),
        ("So $x = 2$. Hence $y = 3$.", "y = 3"),
        ("I paid $5 and then $7 more.", "$7"),
        ("It is 10-3 = 7", "7"),
        ("It was -3", "-3"),
        ("The answer is:\n- 18", "18"),
        ("Answer:\n  - 18 eggs", "18 eggs"),
        ("**Final:**\n\n- 3 of hers\n- 18", "18"),
        ("The answer is:\n- -18", "-18"),
        ("The answer is:\n-18", "-18"),
        ("It is 2 - 20 = - 18", "- 18"),
        ("Answer: - 18", "- 18"),
        ("It is\n$$\n- 18\n$$", "- 18"),
        ("It is\n\\[\n- 18\n\\]", "- 18"),
        ("- 18", "- 18"),
        ("The ratio 3/4 is 75%.", "75%"),
    ],
)
def test_where_the_answer_stands(response: str, answer: str) -> None:
    assert next(candidates(response)).strip() == answer


def test_what_was_taken_for_the_answer_is_told() -> None:
    found = opinions(SCORER, "7", "The answer is 7, because 3 + 4 = 7.", "I do not know.")
    assert [(each.score, each.parts) for each in found] == [(1.0, {"answer": "7"}), (0.0, {"answer": None})]


def test_reference_may_be_a_whole_solution() -> None:
    assert scores(SCORER, "Half of 84 is 42.\n#### 42", "42", "84") == [1.0, 0.0]
    assert scores(SCORER, r"We get $x = \boxed{\frac{1}{2}}$, of 9.", "0.5", "9") == [1.0, 0.0]


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "",
        "  ",
        r"\frac{1",
        "(1, 2",
        r"\int_0^1 x dx",
        "1/0",
        "9**9**9**9",
        "x" * 501,
        "?!",
        r"\boxed{}",
        "1 = = 2",
    ],
)
def test_reference_that_cannot_be_read_gives_no_score(reference: str | None) -> None:
    assert scores(SCORER, reference, "5", r"\boxed{1}") == [None, None]


BOMBS = [
    "__import__('os').system('touch x')",
    "9**9**9**9",
    "9^{9^{9^9}}",
    "((((9^9)^9)^9)^9)^9",
    "100000000!",
    "(((3!)!)!)!",
    r"\binom{10^9}{5 \cdot 10^8}",
    "2^{10^8}",
    r"1.0000001^{10^{15}}",
    "1e999999999",
    r"\sin(10^{100000000})",
    r"\exp(10^{20})",
    r"\lfloor 10^{1000000} \rfloor",
    r"e^{e^{e^{e^{e}}}}",
    r"\sum_{k=1}^{10^9} k",
    "(x^{900})^{900}",
    "9" * 499,
    "(" * 499,
    "(" * 240 + "1" + ")" * 240,
    r"\{" * 160 + "1" + r"\}" * 160,
    "-" * 499,
    "x^" * 249,
    r"\sqrt{" * 80 + "2" + "}" * 80,
    r"\frac" * 99,
    "\\begin{pmatrix}" + "1&" * 200 + "\\end{pmatrix}",
    " " * 3_900,
    "#" * 3_900,
    "$" * 3_900,
    "**" * 1_900,
    "1 " * 1_900,
    "1," * 1_900,
    "answer is " * 390,
    r"\boxed{" * 500,
    r"\text{" * 600,
    "\\" * 3_900,
]


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[:20].strip() or "spaces")
def test_no_answer_takes_long_or_does_anything(bomb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    began = time.process_time()
    for text in (bomb, f"\\boxed{{{bomb}}}", f"#### {bomb}", f"The answer is {bomb}"):
        scores(SCORER, "5", text)
        scores(SCORER, r"x^2 + \frac{1}{2}", text)
        scores(SCORER, text, "5")
    assert time.process_time() - began < 5  # twelve times; any real trap takes minutes or all memory
    assert os.listdir(tmp_path) == []


PIECES = r"""
1 2 99 0 0.5 1,200 x y e i \pi \infty + - * / ^ ^{ { } ( ) [ ] \{ \} | , = < > \le \cup \in \pm \frac \frac{1} \sqrt
\sqrt[ \binom \log_ \ln \sin ! % ^\circ _{ \text{ "a" cm hours \cdot \begin{pmatrix} \end{pmatrix} & \\ $ \boxed{ ####
e9 \lfloor \rfloor √ ½
""".split()


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join) | st.text(max_size=60))
def test_whatever_is_answered_or_asked_for_no_exception_comes_out(text: str) -> None:
    assert scores(SCORER, r"\frac{1}{2}", text, f"\\boxed{{{text}}}") is not None
    assert scores(SCORER, text, "5", text) is not None


def test_fractions_are_equal_however_they_are_written() -> None:
    rng = random.Random(1)
    for _ in range(300):
        value = Fraction(rng.randint(-60, 60), rng.choice((1, 2, 4, 5, 8, 10)))
        times = rng.randint(2, 9)
        whole, rest = divmod(abs(value), 1)
        sign = "-" if value < 0 else ""
        written = [
            str(value),
            str(float(value)),
            rf"\frac{{{value.numerator * times}}}{{{value.denominator * times}}}",
            rf"\boxed{{{sign}{whole}\frac{{{rest.numerator}}}{{{rest.denominator}}}}}" if whole else str(value),
            f"{float(value * 100)}%",
        ]
        assert scores(SCORER, str(value), *written) == [1.0] * len(written), written
        assert scores(SCORER, str(value), str(value + 1), str(float(value) + 0.25)) == [0.0, 0.0]


@pytest.mark.parametrize("text", ["1 2 3 x ?", "a @ b", "{1", r"\unknown{2}", "", "." * 9])
def test_what_is_no_formula_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


def test_columns() -> None:
    found = columns(SCORER, "18", "#### 18", "no")
    assert found == {"score_math_answer": [1.0, 0.0], "parts_math_answer": [{"answer": "18"}, {"answer": None}]}
