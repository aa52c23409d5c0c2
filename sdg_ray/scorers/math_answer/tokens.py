r"""The tokens of a formula, and a cursor that goes over them.

split(r"\frac{1}{2}x")    ["\frac", "{", "1", "}", "{", "2", "}", "x"]
split("1,200")            ["1200"]: thousands, unless it stands in brackets
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sdg_ray.scorers.math_answer.number import Unreadable

TOKEN = re.compile(
    r'\s*(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|\\[A-Za-z]+|\\[{}|%$]|"[^"]*"|[A-Za-z]|[-+*/^_(){}\[\]|!,;=<>%])'
)
THOUSANDS = re.compile(r"\s*(\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?)")
OPENING, CLOSING = ("(", "[", r"\{"), (")", "]", r"\}")
DEEPEST = 30


def split(text: str) -> list[str]:
    """The tokens of a formula. Raises `Unreadable` at what is none."""
    text, found, at, depth = text.rstrip(), [], 0, 0
    while at < len(text):
        grouped = THOUSANDS.match(text, at) if depth == 0 else None
        match = grouped or TOKEN.match(text, at)
        if match is None:
            raise Unreadable(f"{text[at:].lstrip()[:1]!r} is not known")
        token = match[1].replace(",", "") if grouped else match[1]
        depth += (token in OPENING) - (token in CLOSING)
        found.append(token)
        at = match.end()
    return found


class Cursor:
    """A place in a list of tokens, and how deep in the formula it is."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at, self.depth = split(text), 0, 0

    @property
    def next(self) -> str:
        """The next token; empty at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """The next token, and over it, where it is one of these; else nothing."""
        token = self.next
        if not token or token not in wanted:
            return ""
        self.at += 1
        return token

    def any(self) -> str:
        """The next token, and over it. Raises `Unreadable` at the end."""
        if not self.next:
            raise Unreadable("it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        """Over this token. Raises `Unreadable` where another stands."""
        if not self.take(token):
            raise Unreadable(f"{token!r} is missing")

    def since(self, begun: int) -> list[str]:
        """The tokens from a place to here."""
        return self.tokens[begun : self.at]

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further into the formula. Raises `Unreadable` below the deepest."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable("too deep")
        yield
        self.depth -= 1
