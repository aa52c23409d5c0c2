"""The items of a list as models write lists: numbered, bulleted, YAML or JSON, with talk before and after.

    Sure! Here are two:
    1. **Tides**: why do they come twice a day?      ->  ["Tides: why do they come twice a day?",
    2. What is a spring tide?                             "What is a spring tide?"]

Whatever comes in, no exception comes out: a text with no list in it has no items.
"""

import json
import re
from collections.abc import Sequence

NUMBERED = re.compile(r"\s*(?:\*\*|__)?[(\[]?\d{1,4}[.):\]]+(?:\*\*|__)?\s+(?P<item>.*)")
BULLETED = re.compile(r"\s*[-*\u2022\u2013\u25cf]\s+(?P<item>.*)")
FENCE = re.compile(r"```[\w-]*\n(.*?)(?:```|\Z)", re.DOTALL)
QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}


def parsed(text: str) -> list[str]:
    """The items, in order, without their marks, emphasis and quotes; no item is empty or there twice."""
    inside = FENCE.search(text)
    body = inside.group(1) if inside else text
    items = _json(body) or _marked(body)
    found: dict[str, str] = {}
    for item in map(_bare, items):
        if item:
            found.setdefault(item.casefold(), item)
    return list(found.values())


def _json(text: str) -> list[str]:
    """A JSON list of texts, alone, inside other text, or as the only list of an object."""
    start, end = text.find("["), text.rfind("]")
    if start < 0 or end < start:
        return []
    try:
        found = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(item, str) for item in found) else []


def _marked(text: str) -> list[str]:
    """Numbered lines if there are any, else bulleted ones; what follows an item without a mark belongs to it."""
    lines = text.splitlines()
    return _items(lines, NUMBERED) or _items(lines, BULLETED)


def _items(lines: Sequence[str], mark: re.Pattern[str]) -> list[str]:
    items: list[str] = []
    belongs = False
    for line in lines:
        if start := mark.fullmatch(line):
            items.append(start["item"].strip())
            belongs = True
        elif not line.strip():
            belongs = False  # an empty line ends an item: what comes after the list is talk
        elif belongs:
            items[-1] += " " + line.strip()
    return items


def _bare(item: str) -> str:
    """An item without emphasis and quotes around it, on one line, with characters that a file can hold."""
    item = " ".join(re.sub(r"\*\*(.+?)\*\*|__(.+?)__", lambda match: match[1] or match[2], item).split())
    while len(item) > 1 and QUOTES.get(item[0]) == item[-1]:
        item = item[1:-1].strip()
    return item.encode("utf-8", "ignore").decode()
