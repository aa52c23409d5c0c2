"""Documents and tables of a source as text, no longer than there is room for.

    [{"who": "Mira", "count": 3}]                       | who | count |
    [["who", "count"], ["Mira", 3]]               ->    | --- | --- |
    {"header": ["who", "count"], "rows": [["Mira", 3]]}    | Mira | 3 |

A table is a list of mappings, a list of lists that starts with the names of the columns (as in FinQA), or such names
beside the rows (as in WikiTableQuestions).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

END = re.compile(r"[.!?\u3002][\"')\]]*\s|\n")


def document(row: Any, column: str, longest: int) -> str:
    """The document in a column of a row, or as much of its beginning as there is room for.

    Raises:
        ValueError: what is wrong with it.
    """
    value = row.get(column) if isinstance(row, Mapping) else None
    if value is None:
        raise ValueError(f"has no {column!r}; it has {', '.join(map(repr, row if isinstance(row, Mapping) else ()))}")
    text = beginning(as_text(value), longest)
    if not text:
        raise ValueError("is empty")
    text.encode()  # JSON can say half a character, which no file can hold
    return text


def as_text(value: Any) -> str:
    """A document as it is, and a table as Markdown. Raises ValueError for what is neither."""
    if isinstance(value, str):
        return value.strip()
    header, rows = _table(value)
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def beginning(text: str, longest: int) -> str:
    """As many whole sentences or lines as there is room for; of one that is too long by itself, its beginning."""
    if len(text) <= longest:
        return text
    ends = [match.end() for match in END.finditer(text[: longest + 1])]
    return text[: ends[-1] if ends else longest].strip()


def _table(value: Any) -> tuple[Sequence[Any], Sequence[Sequence[Any]]]:
    """The names of the columns of a table, and its rows, each with as many cells."""
    if isinstance(value, Mapping) and {"header", "rows"} <= value.keys():
        value = [value["header"], *value["rows"]]
    if not isinstance(value, Sequence) or not value:
        raise ValueError(f"is {type(value).__name__}, neither a text nor the rows of a table")
    if all(isinstance(row, Mapping) for row in value):
        header = list(dict.fromkeys(name for row in value for name in row))
        return header, [[row.get(name) for name in header] for row in value]
    if not all(isinstance(row, Sequence) and not isinstance(row, str) for row in value):
        raise ValueError("is a table with a row that is neither a list nor a mapping")
    header, *rows = value
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"is a table with a row that has not the {len(header)} cells of the first one")
    return header, rows


def _cell(value: Any) -> str:
    """A cell on one line; what would end it is escaped."""
    return "" if value is None else " ".join(str(value).replace("|", "\\|").split())
