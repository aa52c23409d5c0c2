"""How varied the prompts of a run are, family by family: what was planned, what was made of it, and how it is spread.

It reads the files of the steps `topics`, `prompts` and `unique` alone, so it can be printed for any run at any time.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from sdg_ray.instructions import INSTRUCTIONS
from sdg_ray.recipe import FIRST, TOPICS, UNIQUE
from sdg_ray.report.tally import Tally
from sdg_ray.runner import own
from sdg_ray.store import Store
from sdg_ray.unique.semantic import Semantic
from sdg_ray.unique.spread import Spread, spread

BARS = " ▁▂▃▄▅▆▇█"
COLUMNS = ("planned", "made", "used", "parsed", "again", "unique", "dist-2", "topics", "Vendi", "words")


def spread_table(store: Store, tally: Tally, semantic: Semantic | None = None) -> Table:
    """One row for each family; the Vendi score is of embeddings where a model for them is given."""
    table = Table(title="spread of the prompts", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    table.add_column("family", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    topics = asyncio.run(_topics(store))
    for family, rows in sorted(asyncio.run(_families(store)).items()):
        table.add_row(family, *_cells(family, rows, topics, tally, semantic))
    return table


def instructions_seen(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The verifiable instructions that the references of some prompts ask for."""
    found: set[str] = set()
    for row in rows:
        if (reference := row["reference"]) and "instruction_id_list" in reference:
            found.update(_ids(reference))
    return found


def _ids(reference: str) -> list[str]:
    """The ids in a reference; none in one that only speaks of them."""
    try:
        ids = json.loads(reference)["instruction_id_list"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    return list(map(str, ids)) if isinstance(ids, list) else []


def _cells(
    family: str,
    rows: Sequence[Mapping[str, Any]],
    topics: Sequence[set[str]],
    tally: Tally,
    semantic: Semantic | None,
) -> list[str]:
    used = [row for row in rows if row["error"] is None]
    texts = [own(row) for row in used]
    paths = [row["origin"]["path"] or [] for row in used if row["origin"]]
    known = max(topics, key=lambda each: len(each & {path[-1] for path in paths if path}), default=set())
    found = spread(texts, paths, known, semantic)
    lists, parsed = tally.sum(FIRST, f"lists:{family}"), tally.sum(FIRST, f"parsed:{family}")
    ids = instructions_seen(used)
    return [
        f"{len(rows):,}",
        f"{sum(row['made'] for row in rows):,}",
        f"{len(used):,}",
        _percent(parsed / lists if lists else None),
        f"{tally.sum(FIRST, f'retries:{family}'):,}" if lists else "",
        _percent(found.unique),
        _percent(found.distinct_2),
        f"{len(ids)} of {len(INSTRUCTIONS)} ids" if ids else _about(found, len(known)),
        f"{found.vendi:.0f}" if found.vendi else "",
        _histogram(found.words),
    ]


def _about(found: Spread, known: int) -> str:
    """How many topics occur, of how many there are, and the entropy in bits: `12 of 15, 3.4b`."""
    if not found.topics:
        return ""
    return (
        f"{found.topics} of {known}, {found.entropy:.1f}b" if found.covered else f"{found.topics}, {found.entropy:.1f}b"
    )


def _histogram(words: Mapping[str, int]) -> str:
    """How many prompts are how long, from 1 word on, in buckets that double: `▁▃█▅▁  `."""
    most = max(words.values(), default=0) or 1
    return "".join(BARS[-(-count * (len(BARS) - 1) // most)] for name, count in words.items() if name != "0")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


async def _topics(store: Store) -> list[set[str]]:
    """The topics of each list."""
    tables = (
        [await store.read(TOPICS, n, ["origin", "error"]) for n in store.done(TOPICS)] if TOPICS in store.homes else []
    )
    return [
        {row["origin"]["path"][-1] for row in table.to_pylist() if row["error"] is None and row["origin"]["path"]}
        for table in tables
    ]


async def _families(store: Store) -> dict[str, list[dict[str, Any]]]:
    """The prompts by family; `made` says whether there is one, and `error` why it is not used."""
    found: dict[str, list[dict[str, Any]]] = {}
    marked = store.done(UNIQUE) if UNIQUE in store.homes else {}
    for shard in sorted(store.done(FIRST)):
        table = await store.read(FIRST, shard, ["family", "prompt", "reference", "origin", "error"])
        errors = (await store.read(UNIQUE, shard, ["error"]) if shard in marked else table)["error"].to_pylist()
        for row, error in zip(table.to_pylist(), errors, strict=True):
            found.setdefault(row["family"], []).append(row | {"made": row["error"] is None, "error": error})
    return found
