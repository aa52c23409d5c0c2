r"""From the text of an answer to what it is.

read(r"x = 5\text{ cm}")    Quantity(node=..., unit="cm", name="x")
read(r"1 \pm \sqrt{2}")     Several(kind=",", items=(Quantity, Quantity))
read("x > 3")               Several(kind="()", items=(3, infinity))
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from sdg_ray.scorers.math_answer import units
from sdg_ray.scorers.math_answer.formula import formula
from sdg_ray.scorers.math_answer.number import Unreadable
from sdg_ray.scorers.math_answer.relation import related
from sdg_ray.scorers.math_answer.tidy import tidy
from sdg_ray.scorers.math_answer.tokens import CLOSING, OPENING, Cursor
from sdg_ray.scorers.math_answer.tree import Answer, Quantity, Several, Words

MATRIX = re.compile(r"\s*\\begin\{([bp]?matrix|array)\}(?:\{[lcr| ]+\})?(.*)\\end\{\1\}\s*", re.DOTALL)
ROWS = re.compile(r"\\\\(?:\[\w+\])?")
TAIL = re.compile(r'((?:"[^"]*"\s*(?:\^\s*\{?[23]\}?)?\s*/?\s*)+|\\?%|\^\s*\\circ(?:\s*"[CF]"|\s*[CF])?)$')
ALL_WORDS = re.compile(r'(?:"[^"]*"|[\s,.:;()\'-]|\\[{}])+')
MONEY = re.compile(r"^\s*([-−]?)\s*\\?([$€£¥])(?=\s*[-−]?[\d.])")
BASE = re.compile(r"^(\d+)_\{?(\d+)\}?$")
RATIO = re.compile(r"\d+(?:\s*:\s*\d+)+")
RELATIONS = ("=", "<", ">", r"\le", r"\ge", r"\ne")


def read(text: str) -> Answer:
    """What an answer is. Raises `Unreadable` where it is neither a formula nor words."""
    if matrix := MATRIX.fullmatch(text.replace("$", " ")):
        return _matrix(matrix[2])
    money = MONEY.match(text)
    tidied = tidy(MONEY.sub(r"\1", text) if money else text)
    found = _with_unit(tidied)
    if money and isinstance(found, Quantity) and not found.unit:
        return _in_unit(found, units.PREFIXED[money[2]])
    return found


def _matrix(body: str) -> Several:
    rows = [row for row in ROWS.split(body) if row.strip()]
    cells = [Several(kind="row", items=tuple(read(cell) for cell in row.split("&"))) for row in rows]
    return Several(kind="matrix", items=tuple(cells))


def _with_unit(text: str) -> Answer:
    """What stands in front of a unit; or words alone."""
    if ALL_WORDS.fullmatch(text):
        return Words(text=plain(text))
    if RATIO.fullmatch(text):
        return Several(kind=":", items=tuple(_whole(each) for each in text.split(":")))
    if based := BASE.fullmatch(text):
        return _in_unit(_whole(based[1]), f"base {based[2]}")
    tail = TAIL.search(text)
    if not tail:
        return _both_signs(text)
    return _in_unit(_both_signs(text[: tail.start()]), _unit(tail[1]))


def _in_unit(answer: Answer, unit: str) -> Answer:
    """A quantity in a unit; what is no quantity stays as it is."""
    return replace(answer, unit=unit) if isinstance(answer, Quantity) and unit else answer


def _unit(tail: str) -> str:
    if "%" in tail:
        return units.PERCENT
    return units.DEGREES if r"\circ" in tail else units.unit(tail.replace('"', " "))


def plain(text: str) -> str:
    """Words without what may stand around them."""
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower()).split())


def _both_signs(text: str) -> Answer:
    r"""With `\pm`: the answer with a plus, and that with a minus."""
    if r"\pm" not in text and r"\mp" not in text:
        return _whole(text)
    swapped = (("+", "-"), ("-", "+"))
    both = [_whole(text.replace(r"\pm", plus).replace(r"\mp", minus)) for plus, minus in swapped]
    return Several(kind=",", items=tuple(item for each in both for item in _items(each)))


def _items(answer: Answer) -> Sequence[Answer]:
    return answer.items if isinstance(answer, Several) and answer.kind == "," else (answer,)


def _whole(text: str) -> Answer:
    cursor = Cursor(text)
    found = _list(cursor)
    if cursor.next:
        raise Unreadable(f"{cursor.next!r} is out of place")
    return found[0] if len(found) == 1 else Several(kind=",", items=tuple(found))


def _list(cursor: Cursor) -> list[Answer]:
    found = [_item(cursor)]
    while cursor.take(",", ";"):
        found.append(_item(cursor))
    return found


def _item(cursor: Cursor) -> Answer:
    """A value, named or not, a set of numbers, an equation or an inequality."""
    if cursor.tokens[cursor.at + 1 : cursor.at + 2] == [r"\in"]:
        cursor.at += 2
    sides: list[Answer] = []
    texts: list[str] = []
    signs: list[str] = []
    while True:
        begun = cursor.at
        sides.append(_side(cursor))
        texts.append("".join(cursor.since(begun)))
        if not (sign := cursor.take(*RELATIONS)):
            return related(sides, texts, signs)
        signs.append(sign)


def _side(cursor: Cursor) -> Answer:
    """A union, brackets with several things in them, or a formula."""
    while cursor.next.startswith('"') and len(cursor.next) > 3:
        cursor.any()  # "the area is"
        cursor.take("=")
    found = [_part(cursor)]
    while cursor.take(r"\cup"):
        found.append(_part(cursor))
    return found[0] if len(found) == 1 else Several(kind="u", items=tuple(found))


def _part(cursor: Cursor) -> Answer:
    begun = cursor.at
    if cursor.next in OPENING and (several := _brackets(cursor)) is not None:
        return several
    cursor.at = begun
    node, tokens = formula(cursor), cursor.since(begun)
    decimals = tokens[0].partition(".")[2] if len(tokens) == 1 else ""
    return Quantity(node=node, places=len(decimals) if decimals.isdigit() else 0)


def _brackets(cursor: Cursor) -> Several | None:
    """A set, point or interval; None where brackets only hold a formula together."""
    opening = cursor.any()
    if opening == r"\{" and cursor.take(r"\}"):
        return Several(kind="{}", items=())
    with cursor.deeper():
        items = _list(cursor)
    closing = cursor.take(*CLOSING)
    if (opening == r"\{") != (closing == r"\}"):
        raise Unreadable("brackets do not close")
    if opening == r"\{":
        return Several(kind="{}", items=tuple(items))
    return Several(kind=opening + closing, items=tuple(items)) if len(items) > 1 and closing else None
