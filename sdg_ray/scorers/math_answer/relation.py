"""What a chain of sides says: a named value, the end of a calculation, an interval, an equation or an inequality.

x = 5          Quantity(node=5, name="x")
9 * 2 = 18     Quantity(node=18)
2 <= x < 5     Several(kind="[)", items=(2, 5))
2x + y = 4     Relation(sign="=", ...)
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from sdg_ray.scorers.math_answer.formula import constant
from sdg_ray.scorers.math_answer.number import Unreadable, context
from sdg_ray.scorers.math_answer.tree import Answer, Node, Point, Quantity, Relation, Several

DEFINED = re.compile(r"(?:[A-Za-z]|\\[a-z]+)(?:_\w|_{\w+})?(?:\([A-Za-z](?:,[A-Za-z])*\))?")
TURNED = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}


def related(sides: Sequence[Answer], texts: Sequence[str], signs: Sequence[str]) -> Answer:
    """What these sides with these signs between them say; `texts` is how each side is written."""
    if not signs:
        return sides[0]
    nodes = [side.node for side in sides if isinstance(side, Quantity)]
    if set(signs) == {"="}:
        return _equal(sides, texts, nodes)
    if len(nodes) < len(sides) or len(sides) > 3:
        raise Unreadable("no relation that is known")
    if len(sides) == 3:
        return _between(nodes, texts, signs)
    if DEFINED.fullmatch(texts[1]):
        nodes, texts, signs = nodes[::-1], texts[::-1], [TURNED.get(signs[0], signs[0])]
    if DEFINED.fullmatch(texts[0]) and signs[0] in TURNED:
        return _ray(nodes[1], signs[0])
    return Relation(sign=signs[0], left=nodes[0], right=nodes[1])


def _equal(sides: Sequence[Answer], texts: Sequence[str], nodes: Sequence[Node]) -> Answer:
    """A named value, the end of a calculation, or an equation."""
    last = sides[-1]
    if len(nodes) == 2 and DEFINED.fullmatch(texts[1]) and not DEFINED.fullmatch(texts[0]):
        last, texts = sides[0], texts[::-1]
    if not isinstance(last, Quantity):
        return last
    if DEFINED.fullmatch(texts[0]):
        return replace(last, name=texts[0])
    if len(nodes) == 2 and any(map(_varies, nodes)):
        return Relation(sign="=", left=nodes[0], right=nodes[1])
    return last


def _ray(end: Node, sign: str) -> Several:
    """The interval of all that is above or below an end."""
    here, infinite = Quantity(node=end), context().inf
    if sign in (">", r"\ge"):
        return Several(kind="()" if sign == ">" else "[)", items=(here, Quantity(node=constant(infinite))))
    return Several(kind="()" if sign == "<" else "(]", items=(Quantity(node=constant(-infinite)), here))


def _between(nodes: Sequence[Node], texts: Sequence[str], signs: Sequence[str]) -> Several:
    """The interval of what lies between two ends."""
    if signs[0] in (">", r"\ge"):
        nodes, signs = nodes[::-1], [TURNED.get(sign, sign) for sign in reversed(signs)]
    if not DEFINED.fullmatch(texts[1]) or not set(signs) <= {"<", r"\le"}:
        raise Unreadable("no interval")
    kind = ("(" if signs[0] == "<" else "[") + (")" if signs[1] == "<" else "]")
    return Several(kind=kind, items=(Quantity(node=nodes[0]), Quantity(node=nodes[2])))


def _varies(node: Node) -> bool:
    """Whether a formula has a letter in it."""
    point = Point(0)
    node(point)
    return point.asked
