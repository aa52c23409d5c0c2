"""Records for a reader: some of each family and of each outcome, the same ones whenever the report is made.

    records, texts = asyncio.run(draw_records(store, run))

Only the shards in which something is drawn are read again, and of them only the rows drawn are kept. `texts` are
prompts of each family, for the measures of how varied they are.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sdg_ray.recipe import FIRST
from sdg_ray.report.figures.numbers import AT_ONCE, OUTCOMES, Numbers, There, listed, shard_table
from sdg_ray.runner import own
from sdg_ray.store import Store

RECORDS = 800
BYTES = 12_000_000  # of all records together, as JSON
LONGEST = 60_000  # characters of one text
VARIED = 500  # prompts of a family that its spread is measured on
USED = [OUTCOMES.index(name) for name in OUTCOMES if name not in ("repeated", "error")]
Row = dict[str, Any]
Texts = dict[str, list[tuple[str, list[str]]]]  # by family: a prompt's text, and its path of topics


def stratified(run: Numbers, most: int = RECORDS) -> list[int]:
    """Which prompts are drawn: in turn one of each family and outcome, until there are `most`."""
    stratum = run.prompts["family"] * len(OUTCOMES) + run.prompts["outcome"]
    order, rank = _ranked(stratum, run.prompts["draw"])
    return order[np.lexsort((run.prompts["draw"][order], rank))][:most].tolist()


def varied(run: Numbers, most: int = VARIED) -> list[int]:
    """The prompts whose spread is measured: some of each family, of those that are used."""
    used = np.flatnonzero(np.isin(run.prompts["outcome"], USED))
    order, rank = _ranked(run.prompts["family"][used], run.prompts["draw"][used])
    return used[order[rank < most]].tolist()


def _ranked(group: np.ndarray, draw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The elements ordered by group, and in it as they are drawn; and the place of each in its group."""
    order = np.lexsort((draw, group))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.diff(np.append(first, len(order)))
    return order, np.arange(len(order)) - np.repeat(first, sizes)


async def draw_records(store: Store, run: Numbers) -> tuple[list[Row], Texts]:
    """The records drawn, as far as there is room for them, and some prompts of each family."""
    chosen, texts = stratified(run), varied(run)
    there, found = listed(store), dict[int, Row]()
    wanted, prompts = _by_shard(run, chosen), _by_shard(run, texts)
    varied_texts: Texts = {}
    shards = sorted({*wanted, *prompts})
    for at in range(0, len(shards), AT_ONCE):
        some = shards[at : at + AT_ONCE]
        reading = (_read(store, there, shard, shard in wanted) for shard in some)
        for shard, table in zip(some, await asyncio.gather(*reading), strict=True):
            found |= _records(run, table, wanted.get(shard, []))
            for row in _rows(run, table.select(_PROMPT), prompts.get(shard, [])):
                path = (row["origin"] or {}).get("path") or []
                varied_texts.setdefault(row["family"], []).append((own(row)[:4000], path))
    return _as_many_as_fit([found[each] for each in chosen]), varied_texts


_PROMPT = ["prompt_id", "family", "prompt", "origin"]


async def _read(store: Store, there: There, shard: int, whole: bool) -> pa.Table:
    """A shard with all its columns, or only what is needed for the spread of its prompts."""
    if whole:
        return await shard_table(store, there, shard, _is_shown)
    return await store.read(FIRST, shard, _PROMPT)


def _is_shown(name: str) -> bool:
    return not name.startswith(("responses_", "answered_"))  # those of one generator are among all


def _by_shard(run: Numbers, chosen: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for each in chosen:
        found.setdefault(int(run.prompts["shard"][each]), []).append(each)
    return found


def _rows(run: Numbers, table: pa.Table, chosen: Sequence[int]) -> list[Row]:
    """The rows of some prompts of a shard."""
    ids = pa.array([run.ids[each] for each in chosen], type=pa.string())
    return table.take(pc.index_in(ids, table["prompt_id"].combine_chunks())).to_pylist()


def _records(run: Numbers, table: pa.Table, chosen: Sequence[int]) -> dict[int, Row]:
    rows = _rows(run, table, chosen)
    return {at: record(row, OUTCOMES[run.prompts["outcome"][at]]) for at, row in zip(chosen, rows, strict=True)}


def _as_many_as_fit(records: list[Row]) -> list[Row]:
    room = BYTES
    for number, each in enumerate(records):
        room -= len(json.dumps(each, default=str))
        if room < 0:
            return records[: max(1, number)]
    return records


def record(row: Row, outcome: str) -> Row:
    """What the page shows of one row."""
    origin = row["origin"] or {}
    return {
        "id": row["prompt_id"],
        "shard": row["shard"],
        "family": row["family"],
        "outcome": outcome,
        "prompt": _turns(row["prompt"]),
        "reference": cut(row["reference"]),
        "origin": {name: origin.get(name) for name in ("source", "path", "template", "model", "licence")},
        "error": cut(row["error"] or row.get("mark")),
        "candidates": list(_candidates(row)),
        "pairs": row.get("pairs") or [],
    }


def _candidates(row: Row) -> Iterator[Row]:
    for number, turns in enumerate(row.get("responses") or []):
        answered = row["answered"][number]
        yield {
            **{name: answered[name] for name in ("model", "finish", "tokens")},
            "error": cut(answered["error"]),
            "turns": _turns(turns),
            "scores": _of_candidate(row, "score_", number),
            "parts": _of_candidate(row, "parts_", number),
            "keep": _at(row.get("keep"), number),
            "reason": _at(row.get("reason"), number),
            "dialogue": _at(row.get("dialogues"), number),
        }


def _of_candidate(row: Row, prefix: str, number: int) -> Row:
    return {name.removeprefix(prefix): _at(row[name], number) for name in row if name.startswith(prefix)}


def _at(values: Sequence[Any] | None, number: int) -> Any:
    return values[number] if values and number < len(values) else None


def _turns(chat: Sequence[Mapping[str, str]]) -> list[Row]:
    return [{"role": turn["role"], "content": cut(turn["content"])} for turn in chat]


def cut(text: str | None) -> str | None:
    """`text`, but of a very long one only the beginning, which says so."""
    if text is None or len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n[{len(text) - LONGEST:,} more characters are in the run's files]"
