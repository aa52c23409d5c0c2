r"""Formulas, by recursive descent: Python evaluates no text here, and no work is done that has no bound.

    formula(Cursor(r"\frac{1}{2} + x^2"))    a function from a point (the values of the letters) to a value

Where both readings are usual it takes that of a school book: `1/2x` is half of x, `2^10` is 1024, `\log` is to the
base 10, and `1\frac{1}{2}` is one and a half (`tidy` saw to that).
"""

from collections.abc import Callable
from fractions import Fraction

from sdg_ray.scorers.math_answer import number
from sdg_ray.scorers.math_answer.number import Unreadable, Value, context
from sdg_ray.scorers.math_answer.tokens import Cursor
from sdg_ray.scorers.math_answer.tree import Node

MOST_DIGITS = 1_000
FUNCTIONS = {
    **{rf"\{name}": name for name in "sin cos tan cot sec csc sinh cosh tanh exp ln".split()},
    **{rf"\arc{name}": f"a{name}" for name in ("sin", "cos", "tan")},
    r"\log": "log10",
    r"\lg": "log10",
}
AROUND = {
    "|": ("|", "abs"),
    r"\lvert": (r"\rvert", "abs"),
    r"\vert": (r"\vert", "abs"),
    r"\lfloor": (r"\rfloor", "floor"),
    r"\lceil": (r"\rceil", "ceil"),
}
GREEK = {rf"\{name}" for name in "alpha beta gamma delta theta lambda mu phi varphi omega rho sigma tau".split()}
BEGINNING = {r"\frac", r"\binom", r"\sqrt", r"\pi", r"\infty", *FUNCTIONS, *GREEK, *AROUND} - {"|", r"\vert"}
BRACKETS = {"(": ")", "[": "]", "{": "}"}


def constant(value: Value) -> Node:
    """What is the same everywhere."""
    return lambda point: value


def combined(operation: Callable[..., Value], *nodes: Node) -> Node:
    """The operation on what the nodes are."""
    return lambda point: operation(*[node(point) for node in nodes])


def formula(cursor: Cursor) -> Node:
    """A sum of products."""
    with cursor.deeper():
        found = _signed(cursor, _product)
        while cursor.next in ("+", "-"):
            found = combined(number.add, found, _signed(cursor, _product))
    return found


def _signed(cursor: Cursor, rest: Callable[[Cursor], Node]) -> Node:
    """Any signs, and what stands behind them."""
    negative = False
    while sign := cursor.take("+", "-"):
        negative ^= sign == "-"
    found = rest(cursor)
    return combined(number.times, constant(Fraction(-1)), found) if negative else found


def _product(cursor: Cursor) -> Node:
    found = _power(cursor)
    while True:
        if cursor.take("*", r"\cdot", r"\times"):
            found = combined(number.times, found, _signed(cursor, _power))
        elif cursor.take("/", r"\div"):
            found = combined(number.over, found, _signed(cursor, _power))
        elif _begins(cursor.next):
            found = combined(number.times, found, _power(cursor))
        else:
            return found


def _begins(token: str) -> bool:
    """Whether a token begins a factor, so that nothing between two means "times"."""
    if token[:1] == '"':
        return len(token) == 3  # a letter that was in text or bold type
    return token[:1].isalnum() or token[:1] in (*BRACKETS, ".") or token in BEGINNING


def _power(cursor: Cursor) -> Node:
    found = _atom(cursor)
    while token := cursor.take("^", "!", "%", r"\%"):
        if token == "!":
            found = combined(number.factorial, found)
        elif token != "^":
            found = combined(number.over, found, constant(Fraction(100)))
        elif cursor.take(r"\circ"):
            found = combined(number.times, found, lambda point: context().pi / 180)
        else:
            found = combined(number.power, found, _exponent(cursor))
    return found


def _exponent(cursor: Cursor) -> Node:
    with cursor.deeper():
        found = _signed(cursor, _atom)
        return combined(number.power, found, _exponent(cursor)) if cursor.take("^") else found


def _atom(cursor: Cursor) -> Node:
    token = cursor.any()
    if token[0].isdigit() or token[0] == ".":
        return constant(_numeral(token))
    if token in BRACKETS:
        return _until(cursor, BRACKETS[token])
    if token in AROUND:
        closing, name = AROUND[token]
        return combined(number.call, constant(name), _until(cursor, closing))
    if token in FUNCTIONS:
        return _function(cursor, token)
    if token in (r"\frac", r"\binom"):
        return combined(number.over if token == r"\frac" else number.binomial, _argument(cursor), _argument(cursor))
    if token == r"\sqrt":
        index = _until(cursor, "]") if cursor.take("[") else constant(Fraction(2))
        return combined(number.root, _argument(cursor), index)
    return _named(cursor, token.strip('"'))


def _until(cursor: Cursor, closing: str) -> Node:
    found = formula(cursor)
    cursor.expect(closing)
    return found


def _argument(cursor: Cursor) -> Node:
    r"""What \frac and \sqrt take: braces, brackets, or one digit or letter."""
    token = cursor.next
    if token.isdigit() and len(token) > 1:
        cursor.tokens[cursor.at] = token[1:]
        return constant(Fraction(int(token[0])))
    with cursor.deeper():
        return _atom(cursor)


def _function(cursor: Cursor, token: str) -> Node:
    name, base, exponent = FUNCTIONS[token], None, None
    if name == "log10" and cursor.take("_"):
        base = _argument(cursor)
    if cursor.take("^"):
        exponent = _exponent(cursor)
    with cursor.deeper():
        bracketed = cursor.next in BRACKETS
        value = _power(cursor)
        while not bracketed and _begins(cursor.next) and cursor.next not in (*FUNCTIONS, *BRACKETS):
            value = combined(number.times, value, _power(cursor))
    found = combined(number.call, constant("ln" if base else name), value)
    if base is not None:
        found = combined(number.over, found, combined(number.call, constant("ln"), base))
    return found if exponent is None else combined(number.power, found, exponent)


def _named(cursor: Cursor, token: str) -> Node:
    """A letter, with what stands below it; or a number that has a name."""
    known = {r"\pi": lambda: +context().pi, "e": lambda: +context().e, "i": lambda: context().mpc(0, 1)}
    if token in known and cursor.next != "_":
        return lambda point: known[token]()
    if token == r"\infty":
        return constant(context().inf)
    if not (len(token) == 1 and token.isalpha() or token in GREEK):
        raise Unreadable(f"{token!r} is not known")
    name = token + _below(cursor)
    return lambda point: point[name]


def _below(cursor: Cursor) -> str:
    """A subscript, as part of a name."""
    if not cursor.take("_"):
        return ""
    begun = cursor.at
    if cursor.any() == "{":
        while cursor.any() != "}":
            pass
    return "_" + "".join(cursor.since(begun)).strip("{}")


def _numeral(token: str) -> Fraction:
    """The value of a numeral. Raises `Unreadable` for one with more digits than any answer has."""
    mantissa, _, exponent = token.lower().partition("e")
    if len(mantissa) > MOST_DIGITS or len(exponent) > 5 or abs(int(exponent or 0)) > MOST_DIGITS:
        raise Unreadable("too many digits")
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)
