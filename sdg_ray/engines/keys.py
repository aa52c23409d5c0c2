"""Keys of endpoints: they are in the environment, and nowhere else.

A config names a variable, never a key. What a server says is shown to people and kept in files, and some servers repeat
the key in their errors; so every word of theirs goes through `hidden` first.

    secret("NVIDIA_API_KEY")                         what the variable holds
    hidden("wrong key abc12345", "abc12345")         "wrong key [key]"
    {"Authorization": Unsaid("Bearer abc12345")}     {"Authorization": '[key]'}
"""

import json
import os
import re

from sdg_ray.errors import Refused
from sdg_ray.record import storable

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
WORDS = 200  # characters of what a server says that are kept
NONE = "none"  # the client wants a key where the server wants none
LEAST = 8  # signs of a key; a shorter one, such as vLLM's EMPTY, guards nothing and is a word that answers use


def secret(variable: str | None) -> str:
    """The key that an environment variable holds; `none` where no variable is named.

    Raises:
        Refused: it is no name of a variable, or the variable is not set or holds no key. None of these says its value.
    """
    if variable is None:
        return NONE
    if not VARIABLE.fullmatch(variable):
        raise Refused("key= must be the name of an environment variable in capitals, such as NVIDIA_API_KEY; not a key")
    key = os.environ.get(variable)
    if not key:
        raise Refused(f"key={variable}: there is no such environment variable; export {variable}=... first")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Refused(f"key={variable}: it holds a space, a line break or an odd sign; it must be the bare key")
    return key


class Unsaid(str):
    """A text that is sent as it is, while a `repr` of it, such as errors and tracebacks print, shows [key]."""

    def __repr__(self) -> str:
        return "'[key]'"


def masked(text: str, key: str) -> str:
    """`text` without the key, as it is or as JSON writes it; one that is shorter than any real key stays."""
    if len(key) < LEAST:
        return text
    return text.replace(key, "[key]").replace(json.dumps(key)[1:-1], "[key]")


def hidden(text: str, key: str) -> str:
    """`text` without the key, on one line, cut; in this order, for half a key is too much as well."""
    line = storable(" ".join(masked(text, key).split()))
    return line if len(line) <= WORDS else f"{line[:WORDS]}..."
