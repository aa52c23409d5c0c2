"""The items of a list as models write lists: numbered, bulleted, YAML or JSON, with talk before and after.

    Sure! Here are two:
    1. **Tides**: why do they come twice a day?      ->  ["Tides: why do they come twice a day?",
    2. What is a spring tide?                             "What is a spring tide?"]

Whatever comes in, no exception comes out: a text with no list in it has no items. An item is on one line, but for code.
"""

import json
import re
from collections.abc import Sequence

from sdg_ray.record import storable

NUMBERED = re.compile(r"\s*(?:\*\*)?[(\[]?\d{1,4}[.):\]]+(?:\*\*)?(?:\s+|$|(?=[A-Z]))(?P<item>.*)")
BULLETED = re.compile(r"\s*[-*\u2022\u2013\u25cf]\s+(?P<item>.*)")
BOLD_NUMBER = re.compile(r"^(\s*)\*\*(\d{1,4}[.):]) +", re.MULTILINE)  # **1. Tides**
FENCE = re.compile(r"```[\w-]*\n(.*?)(?:```|\Z)", re.DOTALL)
CODE = re.compile(r"(```.*?(?:```|\Z))", re.DOTALL)
BOLD = re.compile(r"(?<!\w)\*\*(?!\s)(.+?)(?<!\s)\*\*(?!\w)")  # 2**3 is none
QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}


def parsed(text: str) -> list[str]:
    """The items, in order, without their marks, emphasis and quotes; no item is empty or there twice."""
    fence = FENCE.search(text)
    around = fence is not None and not _marked(text[: fence.start()])  # later ones belong to the items they stand in
    items = (_listed(fence.group(1)) if fence and around else []) or _listed(text)
    found: dict[str, str] = {}
    for item in map(_bare, items):
        if item:
            found.setdefault(item.casefold(), item)
    return list(found.values())


def _listed(text: str) -> list[str]:
    """Marked lines first: what stands in brackets in one of them is no list of items."""
    return _marked(text) or _json(text)


def _json(text: str) -> list[str]:
    """A JSON list of texts, alone, inside other text, or as the only list of an object."""
    start, end = text.find("["), text.rfind("]")
    if start < 0 or end < start:
        return []
    try:
        found = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return []
    texts = isinstance(found, list) and all(isinstance(item, str) for item in found)
    return [storable(item) for item in found] if texts else []


def _marked(text: str) -> list[str]:
    """Numbered lines if there are any, else bulleted ones; what follows an item without a mark belongs to it."""
    lines = BOLD_NUMBER.sub(r"\1\2 **", text).splitlines()
    return _items(lines, NUMBERED) or _items(lines, BULLETED)


def _items(lines: Sequence[str], mark: re.Pattern[str]) -> list[str]:
    items: list[str] = []
    belongs = code = False
    for line in lines:
        fence = bool(items) and line.lstrip().startswith("```")
        if fence or code:
            items[-1] += "\n" + line
            code, belongs = code ^ fence, True
        elif start := mark.fullmatch(line):
            items.append(start["item"].strip())
            belongs = True
        elif not line.strip():
            belongs = False  # an empty line ends an item: what comes after the list is talk
        elif belongs:
            items[-1] += " " + line.strip()
    return items


def _bare(item: str) -> str:
    """An item without emphasis and quotes around it, its code as it was, with characters that a file can hold."""
    clean = item.encode("utf-8", "ignore").decode()
    parts = (part.strip() if n % 2 else _plain(part) for n, part in enumerate(CODE.split(clean)))
    return "\n".join(part for part in parts if part)


def _plain(words: str) -> str:
    """Words on one line, without emphasis, and without quotes around them all."""
    bare = " ".join(BOLD.sub(r"\1", words).split())
    while len(bare) > 1 and QUOTES.get(bare[0]) == bare[-1] and not _quotes(bare[1:-1], bare[0] + bare[-1]):
        bare = bare[1:-1].strip()
    return bare


def _quotes(words: str, marks: str) -> bool:
    """Whether one of these marks stands in words as a quote, and not as the apostrophe of a word."""
    return re.search(rf"\B[{marks}]|[{marks}]\B", words) is not None
