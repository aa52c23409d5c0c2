"""Numbers that stay small: fractions as long as they are exact, else forty digits, and never more work than that.

    power(Fraction(2), Fraction(10))    Fraction(1024)
    power(Fraction(2), Fraction(1, 2))  1.4142135623730950488...
    power(Fraction(9), power(Fraction(9), Fraction(999_999_999)))    raises Unreadable

What is worked out was written by a model: whatever would take memory or time without a bound is refused instead.
"""

import math
from fractions import Fraction
from functools import cache
from typing import Any

DIGITS = 40
CLOSE = 1e-25  # of the larger one; two different answers are not that close
MOST_BITS = 20_000  # of a fraction's two halves; 7 to the power of 2005 has 5,630
MOST_POWER = 1e9  # bits before the point of a number that is not exact
MOST_ANGLE = 2**50  # what is larger has to be reduced with more digits than there are
MOST_FACTORIAL = 2_000

Value = Any  # Fraction, or mpmath's real or complex number


class Unreadable(ValueError):
    """No answer that can be read, or one that is too large to work out."""


@cache
def context() -> Any:
    """Arithmetic with forty digits."""
    from mpmath import MPContext

    made = MPContext()
    made.dps = DIGITS
    return made


def inexact(value: Value) -> Value:
    """The number with forty digits."""
    if isinstance(value, Fraction):
        return context().mpf(value.numerator) / value.denominator
    return value


def add(a: Value, b: Value) -> Value:
    """a + b"""
    return _bounded(a + b) if _exact(a, b) else inexact(a) + inexact(b)


def times(a: Value, b: Value) -> Value:
    """a * b"""
    return _bounded(a * b) if _exact(a, b) else inexact(a) * inexact(b)


def over(a: Value, b: Value) -> Value:
    """a / b"""
    if b == 0:
        raise Unreadable("division by zero")
    return _bounded(a / b) if _exact(a, b) else inexact(a) / inexact(b)


def power(a: Value, b: Value) -> Value:
    """a to the power of b: exact where both allow it."""
    if a == 0 and _sign(b) <= 0:
        raise Unreadable("zero to the power of nothing or less")
    if a == 0 or a == 1:
        return Fraction(int(a.real))
    if not _finite(a, b):
        raise Unreadable("a power of infinity")
    bits = abs(inexact(b)) * max(1, abs(context().log(abs(inexact(a)), 2)))
    if bits > MOST_POWER:
        raise Unreadable("too large")
    if _exact(a, b) and b.denominator == 1 and abs(b) * _bits(a) <= MOST_BITS:
        return a**b.numerator
    if _exact(a, b) and b == Fraction(1, 2) and a > 0 and (exact := _root(a)) is not None:
        return exact
    return context().power(inexact(a), inexact(b))


def root(a: Value, n: Value) -> Value:
    """The n-th root; the real one of a negative number where n is odd."""
    if _sign(a) < 0 and isinstance(n, Fraction) and n.denominator == 1 and n % 2 == 1:
        return -power(-a, over(Fraction(1), n))
    return power(a, over(Fraction(1), n))


def factorial(n: Value) -> Value:
    """n!"""
    if not (isinstance(n, Fraction) and n.denominator == 1 and 0 <= n <= MOST_FACTORIAL):
        raise Unreadable("no factorial that can be worked out")
    return Fraction(math.factorial(n.numerator))


def binomial(n: Value, k: Value) -> Value:
    """n over k"""
    if not (_exact(n, k) and n.denominator == k.denominator == 1 and 0 <= k <= n <= MOST_FACTORIAL):
        raise Unreadable("no binomial that can be worked out")
    return Fraction(math.comb(n.numerator, k.numerator))


def call(name: str, value: Value) -> Value:
    """An elementary function, by mpmath's name."""
    ctx = context()
    if name in ("floor", "ceil"):
        if not real(value) or not abs(value) <= MOST_ANGLE:
            raise Unreadable(f"no {name} that can be worked out")
        return Fraction(int((ctx.floor if name == "floor" else ctx.ceil)(inexact(value.real))))
    if name == "abs":
        return abs(value)
    if abs(inexact(value)) > (MOST_ANGLE if name not in ("ln", "log10") else ctx.inf):
        raise Unreadable(f"too large for {name}")
    if name in ("ln", "log10") and value == 0:
        raise Unreadable("logarithm of zero")
    try:
        return getattr(ctx, name)(inexact(value))
    except (ValueError, ZeroDivisionError) as error:
        raise Unreadable(f"no {name}") from error


def real(value: Value) -> bool:
    """Whether a number has no imaginary part."""
    return isinstance(value, Fraction) or not hasattr(value, "imag") or abs(value.imag) <= CLOSE * max(1, abs(value))


def close(a: Value, b: Value) -> bool:
    """Whether two numbers are one: exactly, or to 25 digits where one of them is not exact."""
    if _exact(a, b):
        return bool(a == b)
    a, b = inexact(a), inexact(b)
    if not _finite(a, b):
        return bool(a == b)
    return bool(abs(a - b) <= CLOSE * max(1, abs(a), abs(b)))


def _sign(value: Value) -> int:
    """Of a real number: below, at or above zero; zero of another."""
    return 0 if not real(value) else int(value.real > 0) - int(value.real < 0)


def _exact(a: Value, b: Value) -> bool:
    return isinstance(a, Fraction) and isinstance(b, Fraction)


def _finite(a: Value, b: Value) -> bool:
    return bool(context().isfinite(inexact(a)) and context().isfinite(inexact(b)))


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _bounded(value: Fraction) -> Value:
    return value if _bits(value) <= MOST_BITS else inexact(value)


def _root(value: Fraction) -> Fraction | None:
    """The square root, where it is a fraction itself."""
    above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(above, below) if above**2 == value.numerator and below**2 == value.denominator else None
