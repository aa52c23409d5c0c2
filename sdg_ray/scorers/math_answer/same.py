r"""Whether two answers are the same.

    same(read("0.5"), read(r"\frac{1}{2}"))    True
    same(read("(1, 2)"), read("(2, 1)"))       False: a point; as a list or a set it were the same

Formulas with letters are the same if they agree where the letters have some value by chance.
"""

from collections.abc import Sequence
from fractions import Fraction

from sdg_ray.scorers.math_answer import units
from sdg_ray.scorers.math_answer.number import Unreadable, Value, close, inexact, over, real, times
from sdg_ray.scorers.math_answer.tree import POINTS, Answer, Node, Point, Quantity, Relation, Several, Words

PLACES = 6  # decimals of what is taken for rounded
MOST_ITEMS = 50
UNORDERED = (",", "{}", "u")
POSITIVE = ("<", ">", r"\le", r"\ge")
FORWARD = {">": "<", r"\ge": r"\le"}


def same(reference: Answer, answer: Answer) -> bool:
    """Whether an answer is what the reference is. Raises `Unreadable` where the reference has no value."""
    if isinstance(reference, Several) and isinstance(answer, Several):
        return _several(reference, answer)
    if isinstance(reference, Quantity) and isinstance(answer, Quantity):
        return _quantity(reference, answer)
    if isinstance(reference, Words) or isinstance(answer, Words):
        return isinstance(reference, Words) and isinstance(answer, Words) and reference.text == answer.text
    if isinstance(reference, Relation) or isinstance(answer, Relation):
        return _equation(reference, answer)
    if isinstance(reference, Several) and reference.kind in UNORDERED and len(reference.items) == 1:
        return same(reference.items[0], answer)
    if isinstance(answer, Several) and answer.kind in UNORDERED and len(answer.items) == 1:
        return same(reference, answer.items[0])
    return False


def _several(reference: Several, answer: Several) -> bool:
    """All of the one in the other: in order, or in any order for a list, a set and a union."""
    if {reference.kind, answer.kind} != {",", "{}"} and reference.kind != answer.kind:
        return False
    if len(reference.items) != len(answer.items) or len(answer.items) > MOST_ITEMS:
        return False
    if reference.kind not in UNORDERED:
        return all(map(same, reference.items, answer.items))
    left = list(answer.items)
    for wanted in reference.items:
        found = next((at for at, each in enumerate(left) if same(wanted, each)), None)
        if found is None:
            return False
        del left[found]
    return True


def _quantity(reference: Quantity, answer: Quantity) -> bool:
    """The same value of the same thing, in the same unit where both say one."""
    if len(reference.name) == len(answer.name) == 1 and reference.name != answer.name:
        return _equation(reference, answer)
    wanted = _values(reference.node)
    found = _values(answer.node)
    if units.PERCENT in (reference.unit, answer.unit) and reference.unit != answer.unit:
        factors = (Fraction(1), Fraction(1, 100) if answer.unit == units.PERCENT else Fraction(100))
        return any(_agree(wanted, [each if each is None else times(each, f) for each in found]) for f in factors)
    if units.clash(reference.unit, answer.unit):
        return False
    return _agree(wanted, found) or _rounded(wanted, found, max(reference.places, answer.places))


def _values(node: Node) -> list[Value | None]:
    """What a formula is at each point, None where it is nothing; once, where it has no letters.

    Raises:
        Unreadable: it is nothing anywhere.
    """
    found: list[Value | None] = []
    for place in range(POINTS):
        point = Point(place)
        try:
            found.append(node(point))
        except Unreadable:
            found.append(None)
        if not point.asked and found[-1] is not None:
            return found * POINTS
    if all(value is None for value in found):
        raise Unreadable("it has no value")
    return found


def _agree(wanted: Sequence[Value | None], found: Sequence[Value | None]) -> bool:
    """Equal wherever both are something, and real where either is somewhere."""
    both = [(one, other) for one, other in zip(wanted, found, strict=True) if one is not None and other is not None]
    in_reals = [pair for pair in both if real(pair[0]) and real(pair[1])]
    checked = in_reals if len(in_reals) > 1 else both
    return bool(checked) and all(close(one, other) for one, other in checked)


def _rounded(wanted: Sequence[Value | None], found: Sequence[Value | None], places: int) -> bool:
    """Whether one is the other to the decimals that it is written with, if these are many."""
    one, other = wanted[0], found[0]
    if places < PLACES or one is None or other is None or not (real(one) and real(other)):
        return False
    return bool(abs(inexact(one) - inexact(other)) <= inexact(Fraction(1, 10**places)))


def _equation(reference: Answer, answer: Answer) -> bool:
    """Whether one equation or inequality is the other times a constant."""
    one, other = _as_relation(reference), _as_relation(answer)
    if one is None or other is None or FORWARD.get(one.sign, one.sign) != FORWARD.get(other.sign, other.sign):
        return False
    pairs = zip(_difference(one), _difference(other), strict=True)
    ratios = [over(a, b) for a, b in pairs if a is not None and b is not None and b != 0]
    if len(ratios) < 2 or not all(close(ratios[0], each) for each in ratios) or ratios[0] == 0:
        return False
    return one.sign not in POSITIVE or bool(real(ratios[0]) and ratios[0].real > 0)


def _as_relation(answer: Answer) -> Relation | None:
    """An equation; a named value is one, too."""
    if isinstance(answer, Quantity) and len(answer.name) == 1:
        name = answer.name
        return Relation(sign="=", left=lambda point: point[name], right=answer.node)
    return answer if isinstance(answer, Relation) else None


def _difference(relation: Relation) -> list[Value | None]:
    """The left side less the right one; of `>` and `≥` the other way round."""
    sides = (relation.left, relation.right)
    left, right = map(_values, sides[::-1] if relation.sign in FORWARD else sides)
    return [None if a is None or b is None else _less(a, b) for a, b in zip(left, right, strict=True)]


def _less(a: Value, b: Value) -> Value:
    return a - b if isinstance(a, Fraction) and isinstance(b, Fraction) else inexact(a) - inexact(b)
