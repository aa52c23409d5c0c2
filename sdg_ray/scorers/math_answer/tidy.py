r"""One spelling for what is written in many: LaTeX, Unicode and plain text.

    tidy(r"$\dfrac{1}{2}\,\text{cm}$")    "\frac {1}{2} \"cm\""
    tidy("x ≥ 2 or x = 1")                "x \ge   2 , x = 1"

Words stand in quotes afterwards, so that no later step takes them for products of letters.
"""

import re
import unicodedata

from sdg_ray.scorers.math_answer.number import Unreadable
from sdg_ray.scorers.math_answer.units import SHORT

LONGEST = 500
SIGNS = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "×": r"\times ", "÷": r"\div ", "·": r"\cdot ", "⋅": r"\cdot ", "∗": "*",
        "π": r"\pi ", "√": r"\sqrt ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∪": r"\cup ",
        "±": r"\pm ", "°": r"^\circ ", "²": "^2", "³": "^3", "½": r"\frac12 ", "¼": r"\frac14 ", "¾": r"\frac34 ",
        "∈": r"\in ", "∅": r"\emptyset ", "’": "'", '"': "'", "“": "'", "”": "'", "\u00a0": " ",
    }
)  # fmt: skip
SAME = {
    r"\\(?:d|t|c)frac(?![A-Za-z])": r"\\frac ",
    r"\\(?:d|t)binom(?![A-Za-z])": r"\\binom ",
    r"\\(?:left|right|[bB]igg?[lr]?|displaystyle|textstyle|limits|qquad|quad|;|:|!)(?![A-Za-z])": " ",
    r"\\(?:leq|leqslant|le)(?![A-Za-z])": r"\\le ",
    r"\\(?:geq|geqslant|ge)(?![A-Za-z])": r"\\ge ",
    r"\\(?:neq|ne)(?![A-Za-z])": r"\\ne ",
    r"\\(?:degree|degrees)(?![A-Za-z])": r"^\\circ ",
    r"\\lbrace(?![A-Za-z])": r"\\{",
    r"\\rbrace(?![A-Za-z])": r"\\}",
    r"\\(?:varnothing|emptyset)(?![A-Za-z])": r"\\{\\}",
    r"\\[()\[\],]|~|\\ ": " ",
    r"<=": r"\\le ",
    r">=": r"\\ge ",
    r"!=": r"\\ne ",
    r"\*\*": "^",
    r"(?<=\d)\{,\}(?=\d{3})": ",",
    r"(?<=\d)\\[,!] ?(?=\d{3}(?!\d))": "",
    r"(?<=\d),\\[!,] ?(?=\d{3}(?!\d))": ",",
    r"\^\{\s*\\(?:circ|degree)\s*\}": r"^\\circ ",
    r"\\(?:text|mbox|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|operatorname|boldsymbol|bf|rm)\s*\{([^{}]*)\}":
        r'"\1"',
}  # fmt: skip
ORDER = sorted(SAME, key=lambda each: not each.startswith("(?<=\\d)"))  # thousands before the spaces that part them
RULES = [(re.compile(pattern), SAME[pattern]) for pattern in ORDER]
MIXED = re.compile(r"(?<![\d./^_{])(\d+)\s+(\d+)\s*/\s*(\d+)(?![\d.])|(?<![\d./^_{])(\d+)\s*\\frac\s*(\d)\s*(\d)(?!\d)")
MIXED_BRACED = re.compile(r"(?<![\d./^_{])(\d+)\s*\\frac\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}")
WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z][A-Za-z']+(?:-[A-Za-z]{2,})*")
REPEATING = re.compile(r"(?<![\d.])(\d{0,9})\.(\d{0,9})\\overline\s*\{\s*(\d{1,9})\s*\}")
TWO_COMMAS = re.compile(r",(?:\s*,)+")
ROOT_OF = re.compile(r"√\s*(\d+(?:\.\d+)?)")
QUOTED = re.compile(r'"([^"]*)"')
FUNCTIONS = frozenset(
    "sqrt cbrt sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp pi infty".split()
)
COMMON = frozenset("the is are per was not yes no so all for one two six ten day men man of in on at by to if".split())
SPELLED = {"infinity": r"\infty ", "inf": r"\infty ", "theta": r"\theta ", "alpha": r"\alpha ", "beta": r"\beta "}


def tidy(text: str) -> str:
    """An answer in one spelling. Raises `Unreadable` for one that is empty or too long to be one."""
    if len(text) > LONGEST:
        raise Unreadable("too long for an answer")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", ROOT_OF.sub(r"\\sqrt{\1}", text).translate(SIGNS))
    text = text.replace('"', "'")
    for pattern, instead in RULES:
        text = pattern.sub(instead, text)
    text = REPEATING.sub(_repeating, text)
    text = MIXED_BRACED.sub(r"(\1+\2/\3)", text)
    text = MIXED.sub(_mixed, text)
    text = "".join(_outside(part) if n % 2 == 0 else _inside(part) for n, part in enumerate(QUOTED.split(text)))
    text = TWO_COMMAS.sub(" , ", text).rstrip(" .,;:").lstrip(" ,;:")
    if not text:
        raise Unreadable("empty")
    return text


def _mixed(match: re.Match[str]) -> str:
    whole, above, below = (each for each in match.groups() if each is not None)
    return f"({whole}+{above}/{below})"


def _repeating(match: re.Match[str]) -> str:
    r"""0.1\overline{6} as a fraction: what repeats, over as many nines."""
    whole, fixed, repeats = match.groups()
    above = int(whole + fixed + repeats or "0") - int(whole + fixed or "0")
    return f"({above}/{'9' * len(repeats)}{'0' * len(fixed)})"


def _outside(text: str) -> str:
    """Text that is no quotation: its words quoted, or taken for functions and names where they are."""
    text = text.replace("$", "") if "$" in text else text
    return WORD.sub(lambda match: _spelled(match, text), text)


def _spelled(match: re.Match[str], text: str) -> str:
    word, before = match[0], text[: match.start()].rstrip()[-1:]
    lower = word.lower()
    if lower in ("or", "and"):
        return ","
    if lower in FUNCTIONS:
        return rf"\{lower} "
    if lower in SPELLED:
        return SPELLED[lower]
    if len(word) > 3 or "'" in word or (word.rstrip("s") in SHORT or word in SHORT) and before in tuple("0123456789})"):
        return f'"{word}"'
    return f'"{word}"' if lower in COMMON else word


def _inside(text: str) -> str:
    """A quotation: a word that joins two answers is a comma."""
    stripped = text.strip()
    return " , " if stripped.lower() in ("or", "and") else f'"{stripped}"' if stripped else " "
