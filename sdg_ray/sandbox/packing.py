"""What travels between the two processes of a sandbox: plain values by value, all else as a number.

    {"a": [1, 2.5, Fraction(1, 3)]}   as it is
    a function, a generator           a number, and a `Remote` at the other end
    a named tuple, an enumeration     the plain value that it is besides

The bytes come from a process that nobody trusts. They are pickles of what has a sign of its own there, and of no more:
no class and no function is found by reading them, so all that a pickle can call or change is its own values. What has
no sign is `Told` in such values, and made out of them when all is read.
"""

import builtins
import io
import sys
from _pickle import Pickler, Unpickler
from typing import Any

from sdg_ray.sandbox.remote import Remote, remote_number

ATOMS = (int, float, complex, str, bytes, bool, type(None))
MUTABLE = (list, dict, set, bytearray)
PLAIN = (*ATOMS, *MUTABLE, tuple, frozenset, range, slice)
UNSIGNED = (complex, range, slice)  # the plain types without a sign of their own in a pickle
SIGNED = {*PLAIN} - {*UNSIGNED}
FLAT = {int, float, str, bytes, bool, type(None), bytearray}  # nothing else is in them
BY_VALUE = {
    "collections": {"Counter", "OrderedDict", "deque"},
    "datetime": {"date", "datetime", "time", "timedelta"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
}


class Gone(BaseException):
    """The other process has ended, or does not keep to the rules."""


class Packing(Pickler):
    """Plain values as they are, all else as a number."""

    def __init__(self, peer: Any, into: io.BytesIO) -> None:
        super().__init__(into, 5)
        self.peer = peer

    def persistent_id(self, thing: Any) -> Any:
        """What is told of a thing that has no sign of its own."""
        kind = type(thing)
        if kind in SIGNED:
            return None
        if kind is Remote:
            return "yours", remote_number(thing)
        if named(kind) is kind:
            return "made", *name_of(kind), parts(thing)
        if issubclass(kind, type):
            return self._class(thing)
        if kind is type(sys) and not self.peer.trusts:
            return "module", thing.__name__
        below = next((plain for plain in PLAIN if issubclass(kind, plain)), None)
        return ("plain", bare(below, thing)) if below else ("mine", self.peer.number(thing))

    def _class(self, thing: type) -> Any:
        """A class by its name if it has one that is known, an error's by what it is below, else by number."""
        if named(thing) is thing:
            return "class", *name_of(thing)
        if issubclass(thing, BaseException):
            base = next(each.__name__ for each in thing.__mro__ if each.__module__ == "builtins")
            return "error", self.peer.number(thing), thing.__name__, base
        return "mine", self.peer.number(thing)


class Told:
    """Something that a message tells of and that is not made yet: nothing can be done to it or by it."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of


class Unpacking(Unpickler):
    """The same, read: values with a sign of their own, and what is told, made by `peer` when all is read."""

    def __init__(self, peer: Any, packed: bytes) -> None:
        super().__init__(io.BytesIO(packed))
        self.peer, self.tells = peer, False
        self.made: dict[int, tuple[Any, Any]] = {}  # what was read keeps its id as long as it is here

    def find_class(self, module: str, name: str) -> Any:
        """Nothing: what is found here, a pickle could call and change."""
        raise Gone

    def persistent_load(self, of: Any) -> Told:
        """What is to be made later."""
        self.tells = True
        return Told(of)

    def message(self) -> Any:
        """All of it, made."""
        read = self.load()
        return self._value(read) if self.tells else read

    def _value(self, read: Any) -> Any:
        """The value that is meant; what was one thing before is one thing still."""
        kind = type(read)
        if kind in FLAT:
            return read
        if id(read) not in self.made:
            if kind in MUTABLE:
                self.made[id(read)] = read, read  # before what is in it, for that may be itself
                self._fill(read)
            elif kind is Told:
                self.made[id(read)] = read, self._meant(*self._value(read.of))
            else:
                self.made[id(read)] = read, kind([self._value(each) for each in read])
        return self.made[id(read)][1]

    def _fill(self, read: Any) -> None:
        """The values that are meant in the place of those that were read."""
        if type(read) is list:
            read[:] = [self._value(each) for each in read]
            return
        within = list(read.items() if type(read) is dict else read)
        read.clear()
        read.update([self._value(each) for each in within])

    def _meant(self, kind: Any, *rest: Any) -> Any:
        """What is told of, by its kind."""
        if kind == "made":
            return remade(*rest)
        if kind == "class":
            return known(*rest)
        if kind == "plain":
            return rest[0]
        if kind == "mine":
            return Remote(self.peer, int(*rest))
        if kind == "yours":
            return self.peer.mine[rest[0]]
        if kind == "error":
            return self.peer.error_class(*rest)
        if kind == "module" and self.peer.trusts:
            return __import__(rest[0], fromlist=["*"])
        raise Gone


def name_of(kind: type) -> tuple[str, str]:
    """A type's module and its name there, as the type itself has them."""
    module, name = (type.__getattribute__(kind, each) for each in ("__module__", "__qualname__"))
    return module, name


def named(kind: type) -> type | None:
    """The type that is found under a type's name, if it is one that travels by value, or an error's."""
    try:
        return known(*name_of(kind))
    except Gone:
        return None


def known(module: str, name: str) -> type:
    """One of the few types that travel by their names."""
    found = getattr(builtins, name, None) if module == "builtins" else None
    if found in PLAIN or isinstance(found, type) and issubclass(found, BaseException):
        return found
    if name in BY_VALUE.get(module, ()):
        of_library: type = getattr(__import__(module), name)
        return of_library
    raise Gone


def parts(thing: Any) -> tuple[Any, ...]:
    """What a value of such a type is made of again."""
    if isinstance(thing, complex):
        return thing.real, thing.imag
    if isinstance(thing, dict):
        return (dict(thing),)
    made_of: tuple[Any, ...] = (list(thing), thing.maxlen) if hasattr(thing, "maxlen") else thing.__reduce__()[1]
    return made_of


def remade(module: str, name: str, of: tuple[Any, ...]) -> Any:
    """A value of a known type out of its parts; those of the library are of plain values alone."""
    kind = known(module, name)
    if kind in SIGNED or module != "builtins" and not all(type(each) in SIGNED for each in of):
        raise Gone
    return kind(*of)


def bare(plain: Any, thing: Any) -> Any:
    """What a value of a type below `plain` holds, past what that type says of itself."""
    if issubclass(plain, dict):
        return dict(dict.items(thing))
    if issubclass(plain, int | float | complex):
        return {int: int.__int__, float: float.__float__, complex: complex.__complex__}[plain](thing)
    return plain.__new__(plain, plain.__iter__(thing)) if plain in (tuple, frozenset) else plain_copy(plain, thing)


def plain_copy(plain: Any, thing: Any) -> Any:
    """A text, or something that is filled after it is made."""
    if plain is str:
        return str.__str__(thing)
    return plain(plain.__iter__(thing))
