"""Two processes of a sandbox talk over a pipe: the tests in one use what the answer defined in the other.

    far = Peer(reading, writing, CALLS)
    far.ask("load", code, ["add"])["add"](1, 2)   ->  3

An answer hands over values and nothing that runs where the tests are (`packing.py`); what it may do with the things of
the tests is to call them and to walk through them.
"""

import builtins
import io
import operator
import os
from collections.abc import Callable
from typing import Any

from sdg_ray.sandbox.packing import ATOMS, MUTABLE, Gone, Packing, Unpacking
from sdg_ray.sandbox.remote import TWO

LONGEST = 1 << 26  # bytes of a message
Operations = dict[str, Callable[..., Any]]


class Peer:
    """One end: it asks the other for things, and does what the other asks as long as it `may`."""

    def __init__(self, reading: int, writing: int, may: Operations, trusts: bool = False) -> None:
        self.reading, self.writing, self.may = reading, writing, may
        self.trusts = trusts  # that the other end names modules to be imported here: an answer trusts its tests
        self.mine: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self.errors: dict[int, type] = {}
        self.asked = 0

    def ask(self, what: str, *given: Any, **named: Any) -> Any:
        """What comes of it there. What is raised there is raised here. Raises Gone."""
        self.asked += 1
        self.send("ask", what, given, named)
        while True:
            kind, *rest = self.receive()
            if kind == "value":
                return self._taken(given, *rest)
            if kind == "raised":
                raise self._error(*rest)
            self._answer(*rest)

    def serve(self) -> None:
        """Do what is asked until the other end is gone."""
        try:
            while True:
                self._answer(*self.receive()[1:])
        except Gone:
            return

    def _answer(self, what: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Do one thing, and say what came of it."""
        before = [self.packed(each) if type(each) in MUTABLE else b"" for each in given]
        try:
            result = self.may[what](*given, **named)
        except BaseException as error:
            return self.send("raised", *described(error))
        changed = {
            at: each
            for at, each in enumerate(given)
            if result is None and before[at] and self.packed(each) != before[at]
        }
        return self.send("value", result, changed)

    def _taken(self, given: tuple[Any, ...], result: Any, changed: dict[int, Any]) -> Any:
        """A result. What was given and changed there in place is changed here too, where that was all that was done."""
        for at, new in changed.items() if result is None else ():
            old = given[at]
            if type(old) is type(new) and type(old) in (list, bytearray):
                old[:] = new
            elif type(old) is type(new) and type(old) in (dict, set):
                old.clear()
                old.update(new)
        return result

    def _error(self, kind: Any, text: str, given: Any) -> BaseException:
        """What was raised there, to be raised here."""
        known = isinstance(kind, type) and issubclass(kind, Exception)
        error_type = kind if known else RuntimeError
        try:
            return error_type(*given)
        except TypeError:  # some take other arguments than they keep
            return RuntimeError(text)

    def send(self, *message: Any) -> None:
        """One message, after its length."""
        packed = self.packed(message)
        view = memoryview(len(packed).to_bytes(8, "little") + packed)
        while view:
            try:
                view = view[os.write(self.writing, view) :]
            except OSError:
                raise Gone from None

    def receive(self) -> Any:
        """The next message. Raises Gone for what is none."""
        length = int.from_bytes(self._read(8), "little")
        if length > LONGEST:
            raise Gone
        packed = self._read(length)
        try:
            return Unpacking(self, packed).message()
        except MemoryError:
            raise
        except Exception:  # whatever bytes can make reading raise: they are no message, and who sent them is done
            raise Gone from None

    def _read(self, count: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < count:
            piece = os.read(self.reading, min(count - len(pieces), 1 << 20))
            if not piece:
                raise Gone
            pieces += piece
        return bytes(pieces)

    def packed(self, value: Any) -> bytes:
        """A value as bytes."""
        into = io.BytesIO()
        Packing(self, into).dump(value)
        return into.getvalue()

    def number(self, thing: Any) -> int:
        """The number by which the other end knows one of my things."""
        number = self.numbers.setdefault(id(thing), len(self.numbers))
        self.mine[number] = thing  # also keeps it, so that its id stays its own
        return number

    def error_class(self, number: int, name: str, base: str) -> type:
        """A class that stands here for a class of errors of the other end."""
        above = getattr(builtins, base, Exception)
        if number not in self.errors:
            self.errors[number] = type(name, (above if issubclass(above, Exception) else Exception,), {})
        return self.errors[number]


def described(error: BaseException) -> tuple[Any, str, Any]:
    """An error as its class, its text and what it was made with, of which only what is plain."""
    given = error.args if all(type(each) in ATOMS for each in error.args) else ()
    try:
        text = str(error)
    except BaseException:  # an answer's own class may do anything
        text = ""
    return type(error), text, given


def following(iterator: Any) -> tuple[Any, ...]:
    """The next of an iterator, alone in a tuple; an empty one at its end."""
    return tuple([each] if (each := next(iterator, following)) is not following else [])


CALLS: Operations = {"call": lambda thing, *given, **by_name: thing(*given, **by_name), "iter": iter, "next": following}
"""What may be done with the things of the tests: nothing that would show what they compare with."""

ALL: Operations = CALLS | {
    "get": getattr,
    "set": setattr,
    "is_a": lambda kind, thing: isinstance(thing, kind),
    "eq": operator.eq,
    "len": len,
    "truth": operator.truth,
    "hash": hash,
    "str": str,
    "repr": repr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    **{name: getattr(operator, name) for name in TWO},
}
"""What may be done with the things of an answer."""
