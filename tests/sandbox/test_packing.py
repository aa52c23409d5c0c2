"""What travels between the processes of a sandbox comes as it was, and a message can do nothing but to be read."""

import math
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sdg_ray.sandbox.packing import Gone, Unpacking
from sdg_ray.sandbox.peer import Peer
from sdg_ray.sandbox.remote import Remote

VALUES: list[Any] = [
    *(
        None,
        True,
        -(7**900),
        2.5,
        math.inf,
        2j,
        "grüße",
        "\ud800",
        b"x",
        bytearray(b"x"),
        range(1, 9, 2),
        slice(1, None),
    ),
    *([1, (2, [3])], {"a": {1}, (1, 2): frozenset({3})}, Fraction(1, 3), Decimal("0.10"), timedelta(1, 2, 3)),
    *(Counter(a=-2, b=0), OrderedDict(b=1, a=2), deque([1, Fraction(1, 2)], 3), date(2020, 2, 29), time(1, 2, 3)),
    *(datetime(2020, 2, 29, 1, 2, 3, 4), {Fraction(1, 2): [{2j}, (range(3),)]}, [int, Counter, KeyError]),
]


def travelled(value: Any) -> Any:
    return Unpacking(Peer(-1, -1, {}), Peer(-1, -1, {}).packed(value)).message()


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_value_comes_as_it_was(value: Any) -> None:
    came = travelled(value)
    assert came == value and type(came) is type(value) and repr(came) == repr(value)


def test_error_comes_with_what_it_was_made_with() -> None:
    came = travelled([KeyError("k", 1), OSError(2, "no", "file")])
    assert [type(each) for each in came] == [KeyError, FileNotFoundError] and came[0].args == ("k", 1)
    assert came[1].filename == "file"


@pytest.mark.parametrize("within", [0, 2j])
def test_what_is_one_thing_stays_one_and_may_be_in_itself(within: Any) -> None:
    inner: list[Any] = [within, math.nan]
    around: dict[str, Any] = {"a": inner, "b": (inner,)}
    inner.append(around)
    came = travelled(around)
    assert came["a"] is came["b"][0] and came["a"][2] is came
    assert came["a"][0] == within and math.isnan(came["a"][1])


def yes(*given: Any) -> bool:
    return True


def forged(*codes: bytes) -> bytes:
    return b"\x80\x05" + b"".join(codes) + b"."


def told(*of: str) -> bytes:
    return b"(" + b"".join(b"X" + len(each).to_bytes(4, "little") + each.encode() for each in of) + b"tQ"


FORGERIES = {
    "a class": b"ccollections\nCounter\n",
    "a class, from the stack": b"\x8c\x0bcollections\x8c\x07Counter\x93",
    "an instance": b"(I1\nicollections\nCounter\n",
    "an extension": b"\x82\x01",
    "a call of what is told": told("class", "builtins", "list") + b")R",
    "a state for what is told": told("class", "collections", "Counter") + b"}X\x01\0\0\0aI1\nsb",
    "an item for what is told": told("class", "collections", "Counter") + b"I1\na",
    "an unknown type": told("class", "builtins", "type"),
    "a type of a module that is not known": told("class", "os", "system"),
    "a module": told("module", "math"),
    "nothing that there is": told("what", "is", "it"),
    "too little": told("made"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_message_that_wants_more_than_to_be_read_is_none(forgery: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Peer(-1, -1, {})
    packed = forged(FORGERIES[forgery])
    pieces = iter([len(packed).to_bytes(8, "little"), packed])
    monkeypatch.setattr(Peer, "_read", lambda self, count: next(pieces))
    with pytest.raises(Gone):
        peer.receive()


def test_thing_of_the_other_end_is_equal_to_no_value() -> None:
    things: list[Callable[..., bool]] = [yes, yes]
    came = travelled(things)
    assert [type(each) for each in came] == [Remote, Remote] and came[0] != 1
