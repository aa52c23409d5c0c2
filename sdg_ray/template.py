"""Text with named places to fill, from files beside what uses them.

    open_qa/questions.txt    Write {n} questions or requests about the topic: {topic}. ...
    open_qa/modes.txt        context: add some context that says who asks and why

The places are checked when a file is read, before a model is loaded; the hash of a text is its version in the data.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sdg_ray.errors import Refused
from sdg_ray.record import hashed

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Template:
    """A text and the names of its places; a brace that is none is written twice."""

    name: str
    text: str
    places: frozenset[str]

    @property
    def version(self) -> str:
        """What the text is called in the data: `open_qa/questions@1f0c2ab4`."""
        return _version(self.name, self.text)

    def fill(self, **values: object) -> str:
        """The text with every place filled."""
        return self.text.format(**values)


def worded(default: Any = MISSING, *, init: bool = True) -> Any:
    """A dataclass field with the name of a text file, or of several: what is in them is a part of the identity.

    So a changed text is noticed, and a file of your own may lie elsewhere the next time.
    """
    return field(default=default, init=init, metadata={"identity": _contents})


@cache
def template(name: str, *places: str) -> Template:
    """The template in a file: `open_qa/questions` of this package, or the path of a text file.

    Raises:
        Refused: there is no such file, or its places are not exactly `places`.
    """
    text, wanted = _read(name), frozenset(places)
    try:
        parsed = list(string.Formatter().parse(text))
        found = frozenset(place for _, place, _, _ in parsed if place is not None)
    except ValueError as error:
        raise Refused(f"template {name}: {error}; a brace that is no place is written twice") from error
    if missing := sorted(wanted - found):
        raise Refused(f"template {name} lacks {{{missing[0]}}}; its places must be {_listed(wanted)}")
    if unknown := sorted(found - wanted):
        raise Refused(
            f"template {name} has {{{unknown[0]}}}, which nothing fills; its places must be {_listed(wanted)}"
        )
    return Template(name=name, text=text, places=found)


@cache
def choices(name: str) -> Mapping[str, str]:
    """The lines `name: text` of a file, such as the modes in which a question is refined.

    Raises:
        Refused: there is no such file, a line is none of these, or there is none at all.
    """
    lines = [line.partition(":") for line in _read(name).splitlines() if line.strip()]
    if not lines or not all(key.strip() and text.strip() for key, _, text in lines):
        raise Refused(f"template {name}: each line must be a name, a colon and a text, and there must be one")
    return {key.strip(): text.strip() for key, _, text in lines}


def _contents(names: str | Sequence[str] | None) -> Any:
    """The versions of the texts; of one that cannot be read the name, until a check refuses it."""
    if not isinstance(names, str):
        return names and [_contents(name) for name in names]
    try:
        return _version(names if _of_the_package(names).is_file() else Path(names).name, _read(names))
    except Refused:
        return names


def _version(name: str, text: str) -> str:
    return f"{name}@{hashed(text, bits=32)}"


def _of_the_package(name: str) -> Path:
    return FOLDER / f"{name}.txt"


def _read(name: str) -> str:
    path = _of_the_package(name)
    try:
        return (path if path.is_file() else Path(name)).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"template {name} is no file that can be read: {error}; give its path") from error


def _listed(places: frozenset[str]) -> str:
    return " ".join(f"{{{place}}}" for place in sorted(places)) or "none"
