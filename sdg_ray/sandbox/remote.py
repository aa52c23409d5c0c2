"""Something that lives in the other process of a sandbox, as if it were here.

    stack = far_class()       <Remote>: the object stays where its class is
    stack.push(3)             is done there; plain values travel, everything else is a Remote again

It is compared and computed with others of its own sort, there, and with a value of this process never: what is not
plain is equal to none, and cannot be added to any. So an object that says it equals everything equals no value.
"""

from collections.abc import Callable, Iterator
from typing import Any


class Remote:
    """A thing of the process that `peer` talks to, which knows it by `number`."""

    __slots__ = ("peer", "number")

    def __init__(self, peer: Any, number: int) -> None:
        object.__setattr__(self, "peer", peer)
        object.__setattr__(self, "number", number)

    def __call__(self, *given: Any, **by_name: Any) -> Any:
        return ask(self, "call", *given, **by_name)

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return Remote
        return ask(self, "get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "set", name, value)

    def __iter__(self) -> Iterator[Any]:
        found: Iterator[Any] = ask(self, "iter")
        return found

    def __next__(self) -> Any:
        found = ask(self, "next")
        if not found:
            raise StopIteration
        return found[0]

    def __contains__(self, value: Any) -> bool:
        return any(each == value for each in self)

    def __eq__(self, other: object) -> bool:
        return type(other) is Remote and bool(ask(self, "eq", other))

    def __hash__(self) -> int:
        return hash(ask(self, "hash"))

    def __len__(self) -> int:
        return int(ask(self, "len"))

    def __bool__(self) -> bool:
        return bool(ask(self, "truth"))

    def __str__(self) -> str:
        return str(ask(self, "str"))

    def __repr__(self) -> str:
        return str(ask(self, "repr"))

    def __getitem__(self, key: Any) -> Any:
        return ask(self, "getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        ask(self, "setitem", key, value)

    def __delitem__(self, key: Any) -> None:
        ask(self, "delitem", key)

    def __enter__(self) -> Any:
        return ask(self, "get", "__enter__")()

    def __exit__(self, *error: object) -> Any:
        return ask(self, "get", "__exit__")(None, None, None)

    def __instancecheck__(self, thing: object) -> bool:
        return type(thing) is Remote and bool(ask(self, "is_a", thing))


def between(name: str) -> Callable[[Remote, Any], Any]:
    """An operator for two things of the other process."""

    def both(self: Remote, other: Any) -> Any:
        return ask(self, name, other) if type(other) is Remote else NotImplemented

    return both


TWO = ("lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor")
for each in TWO:
    setattr(Remote, f"__{each.strip('_')}__", between(each))


def ask(remote: Remote, what: str, *given: Any, **by_name: Any) -> Any:
    """Ask for something that is done with a remote thing."""
    peer = object.__getattribute__(remote, "peer")
    return peer.ask(what, remote, *given, **by_name)


def remote_number(remote: Remote) -> Any:
    """By what number the other end knows it."""
    return object.__getattribute__(remote, "number")
