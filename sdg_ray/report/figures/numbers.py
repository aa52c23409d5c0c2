"""All numbers of a run in memory, shard by shard: some sixty bytes for each answer, and none of its text.

    run = asyncio.run(numbers(tally))           what the files' footers say is noted in the tally on the way
    run.prompts["outcome"], run.candidates["tokens"], run.attributes["reward"]

Of a run of more than `MOST` prompts a share is drawn by prompt_id, so that a report has its bounds whatever the run.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sdg_ray.recipe import FIRST, TOPICS, UNIQUE
from sdg_ray.record import hashed
from sdg_ray.report.figures.flat import Columns, Flat, Known, flat, is_light
from sdg_ray.report.tally import Tally
from sdg_ray.store import FOOTER_KEY, Footer, Store, beside

MOST = 1_000_000  # prompts whose numbers are kept
AT_ONCE = 8  # shards read at a time
There = Mapping[str, Mapping[int, int]]  # which shards each step has
OUTCOMES = ("paired", "kept", "left out", "answered", "waiting", "repeated", "error")


@dataclass(frozen=True, kw_only=True)
class Numbers(Flat):
    """A run's columns, with each prompt's `outcome`, its `shard`, and the number by which it may be drawn (`draw`)."""

    known: Known
    share: float  # of the run's prompts that are here

    @property
    def scorers(self) -> list[str]:
        """The scorers, without what their scores are made of."""
        return [name for name in self.attributes if "/" not in name]


async def numbers(tally: Tally) -> Numbers:
    """The numbers of a run with one committed shard of prompts or more."""
    store, there = tally.store, listed(tally.store)
    shards = sorted(there[FIRST])
    rows = (await store.footer(FIRST, shards[0])).counts.get("rows", 0) * len(shards)  # about so many
    known, share, found = Known(), min(1.0, MOST / max(1, rows)), list[Flat]()
    for at in range(0, len(shards), AT_ONCE):
        some = shards[at : at + AT_ONCE]
        tables = await asyncio.gather(*(shard_table(store, there, shard, is_light, tally) for shard in some))
        found += [_placed(flat(_drawn(table, share), known), shard) for table, shard in zip(tables, some, strict=True)]
    return _below(found, known, share)


def listed(store: Store) -> There:
    """The shards that each step has committed; topics are no shards of prompts."""
    return {step: store.done(step) for step in store.homes if step != TOPICS}


async def shard_table(
    store: Store, there: There, shard: int, wanted: Callable[[str], bool], tally: Tally | None = None
) -> pa.Table:
    """The columns wanted of one shard, of all steps that have reached it; what `unique` says is called `mark`."""
    steps = [step for step in there if shard in there[step]]
    return beside(await asyncio.gather(*(_columns(store, step, shard, wanted, tally) for step in steps)))


async def _columns(store: Store, step: str, shard: int, wanted: Callable[[str], bool], tally: Tally | None) -> pa.Table:
    file = pq.ParquetFile(await store.file(step, shard))
    if tally:  # it would open each file a second time
        tally.footers[step][shard] = Footer(**json.loads(file.metadata.metadata[FOOTER_KEY]))
    table = file.read(columns=[name for name in file.schema_arrow.names if wanted(name)], use_threads=False)
    if step != UNIQUE:
        return table
    return table.rename_columns(["mark" if name == "error" else name for name in table.schema.names])


def draw(prompt_id: str) -> int:
    """A number that is a prompt's own, as good as random, below 2**32."""
    return int(hashed("drawn", prompt_id, bits=32), 16)


def _drawn(table: pa.Table, share: float) -> pa.Table:
    if share >= 1:
        return table
    ids = table["prompt_id"].to_pylist()
    return table.filter(pa.array([draw(each) < share * 2**32 for each in ids], type=pa.bool_()))


def _placed(found: Flat, shard: int) -> Flat:
    """A shard with what came of each prompt, where it is, and the number by which it may be drawn."""
    prompts, size = found.prompts, len(found.ids)
    marked = (prompts["mark"] == 1) & (prompts["error"] == 0)
    answered = np.isin(np.arange(size), found.candidates["prompt"])
    judged = np.isin(np.arange(size), found.candidates["prompt"][found.candidates["keep"] >= 0])
    cases = [
        marked,
        (prompts["error"] == 1) | (answered & (prompts["answers"] == 0)),
        prompts["pairs"] > 0,
        prompts["kept"] > 0,
        judged,
        answered,
    ]
    names = ("repeated", "error", "paired", "kept", "left out", "answered")
    outcome = np.select(cases, [OUTCOMES.index(name) for name in names], OUTCOMES.index("waiting"))
    prompts |= {
        "outcome": outcome.astype(np.int32),
        "shard": np.full(size, shard, dtype=np.int32),
        "draw": np.array([draw(each) for each in found.ids], dtype=np.int64),
    }
    return found


def _below(found: Sequence[Flat], known: Known, share: float) -> Numbers:
    """Shards one below the other, counted through."""
    prompts_before = candidates_before = 0
    for each in found:
        each.candidates["prompt"] = each.candidates["prompt"] + prompts_before
        each.pairs["prompt"] = each.pairs["prompt"] + prompts_before
        for end in ("chosen", "rejected"):
            each.pairs[end] = each.pairs[end] + candidates_before
        for name in each.wins:
            each.wins[name] = each.wins[name] + candidates_before
        prompts_before += len(each.ids)
        candidates_before += len(each.candidates["prompt"])
    return Numbers(
        ids=[each for shard in found for each in shard.ids],
        prompts=_joined([each.prompts for each in found]),
        candidates=_joined([each.candidates for each in found]),
        attributes=_aligned(found),
        pairs=_joined([each.pairs for each in found]),
        wins={name: _stacked(found, name) for name in dict.fromkeys(name for each in found for name in each.wins)},
        known=known,
        share=share,
    )


def _joined(columns: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([each[name] for each in columns]) for name in columns[0]} if columns else {}


def _aligned(found: Sequence[Flat]) -> Columns:
    """The attributes of all shards; those that a shard does not have yet are nan there."""
    names = dict.fromkeys(name for each in found for name in each.attributes)
    sizes = [len(each.candidates["prompt"]) for each in found]
    absent = [np.full(size, np.nan, dtype=np.float32) for size in sizes]
    return {
        name: np.concatenate([each.attributes.get(name, nans) for each, nans in zip(found, absent, strict=True)])
        for name in names
    }


def _stacked(found: Sequence[Flat], name: str) -> np.ndarray:
    return np.concatenate([each.wins[name] for each in found if name in each.wins])
