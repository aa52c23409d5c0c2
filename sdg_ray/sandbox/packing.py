"""What travels between the two processes of a sandbox: plain values by value, all else as a number.

    {"a": [1, 2.5, Fraction(1, 3)]}   as it is
    a function, a generator           a number, and a `Remote` at the other end
    a named tuple, an enumeration     the plain value that it is besides

The bytes are pickles, and they come from a process that nobody trusts: nothing is found by them but a few types.
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
        """What stands for a thing that is not plain."""
        kind = type(thing)
        if kind in PLAIN or named(kind) is kind:
            return None
        if kind is Remote:
            return "yours", remote_number(thing)
        if isinstance(thing, type):
            return self._class(thing)
        if kind is type(sys):
            return "module", thing.__name__
        return None if isinstance(thing, PLAIN) else ("mine", self.peer.number(thing))

    def _class(self, thing: type) -> Any:
        """A class by its name if it has one that is known, an error's by what it is below, else by number."""
        if named(thing) is thing:
            return None
        if issubclass(thing, BaseException):
            base = next(each.__name__ for each in thing.__mro__ if each.__module__ == "builtins")
            return "error", self.peer.number(thing), thing.__name__, base
        return "mine", self.peer.number(thing)

    def reducer_override(self, thing: Any) -> Any:
        """A value of a type below a plain one travels as the plain one."""
        for plain in (int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict):
            if isinstance(thing, plain) and named(type(thing)) is not type(thing):
                return plain, (bare(plain, thing),)
        return NotImplemented


class Unpacking(Unpickler):
    """The same, read; nothing is imported or called but the types of plain values."""

    def __init__(self, peer: Any, packed: bytes) -> None:
        super().__init__(io.BytesIO(packed))
        self.peer = peer

    def find_class(self, module: str, name: str) -> Any:
        """One of the known types."""
        if module == "builtins":
            found = getattr(builtins, name, None)
            if found in PLAIN or isinstance(found, type) and issubclass(found, BaseException):
                return found
        if name in BY_VALUE.get(module, ()):
            return getattr(__import__(module), name)
        raise Gone

    def persistent_load(self, pid: Any) -> Any:
        """What a number stands for."""
        kind, *rest = pid
        if kind == "mine":
            return Remote(self.peer, int(*rest))
        if kind == "yours":
            return self.peer.mine[rest[0]]
        if kind == "error":
            return self.peer.error_class(*rest)
        if kind == "module" and str(rest[0]).split(".")[0] in sys.stdlib_module_names:
            return __import__(str(rest[0]), fromlist=["*"])
        raise Gone


def named(kind: type) -> type | None:
    """The type that is found under a type's name, if it is one that travels by value, or an error's."""
    module, name = type.__getattribute__(kind, "__module__"), type.__getattribute__(kind, "__qualname__")
    if module == "builtins":
        found = getattr(builtins, name, None)
        return found if found in PLAIN or isinstance(found, type) and issubclass(found, BaseException) else None
    return getattr(sys.modules.get(module), name, None) if name in BY_VALUE.get(module, ()) else None


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
