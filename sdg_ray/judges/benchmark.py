"""What the benchmarks share: rows of a file, each as it must be, and a scorer that is asked about all of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sdg_ray.errors import Refused
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.shapes import chat
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, Scorer

Item = TypeVar("Item")
Question = tuple[Chat, Sequence[Chat]]
"""A prompt and the answers to be scored together."""


def items(source: Source, columns: Sequence[str], shape: Callable[[Mapping[str, Any]], Item]) -> list[Item]:
    """Every row of a benchmark as `shape` sees it. A benchmark is whole: one bad row is refused, never left out.

    Raises:
        Refused: a column is missing, or a row is not what it must be.
    """
    source.check(*columns)
    rows = source.rows(*columns)
    return [_item(source, number, rows, columns, shape) for number in range(len(rows))]


def _item(
    source: Source, number: int, rows: Any, columns: Sequence[str], shape: Callable[[Mapping[str, Any]], Item]
) -> Item:
    try:
        row = rows[number]
        if missing := [name for name in columns if not isinstance(row, Mapping) or row.get(name) is None]:
            raise ValueError(f"has no {missing[0]!r}; each row needs {', '.join(columns)}")
        return shape(row)
    except ValueError as error:
        raise Refused(f"{source.where(number)} {error}") from error


def answer(content: Any) -> Chat:
    """A text or messages, as what an assistant says. Raises ValueError where it is neither."""
    said = chat([{"role": "assistant", "content": content}] if isinstance(content, str) else content)
    if not said or said[-1]["role"] != "assistant":
        raise ValueError("has an answer that does not end with an assistant's turn")
    return said


async def opinions(scorer: Scorer, questions: Iterable[Question]) -> list[list[Opinion]]:
    """A scorer's opinions on all questions, asked for at once so that its engine stays full."""
    scoring = scorer.start()
    return await asyncio.gather(*(scoring.score(prompt, answers, None) for prompt, answers in questions))
