"""The scorers of a run: their columns, which of them ask a model and which compare, and what they said, shard by shard.

scorers(store)  ->  [Column(name="world", asks=False), Column(name="reward", asks=True), ...]
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from sdg_ray.scorers.judge import COMPARISON
from sdg_ray.store import Store, beside


@dataclass(frozen=True, kw_only=True)
class Column:
    """What one scorer of a run has left, and in which step's files."""

    name: str
    step: str
    asks: bool  # a model, which may be wrong; the others know
    compares: bool = False

    @property
    def column(self) -> str:
        """The column that says what it thinks: its comparisons if it compares, else its scores."""
        return f"parts_{self.name}" if self.compares else f"score_{self.name}"


async def scorers(store: Store) -> list[Column]:
    """The scorers of a run that have a committed shard, in the order of its steps."""
    return [
        Column(name=is_["name"], step=step, asks="engine" in is_, compares=await _compares(store, step, is_["name"]))
        for step, at in store.about()["steps"].items()
        if isinstance(is_ := at["is"].get("scorer"), dict) and store.done(step)
    ]


async def _compares(store: Store, step: str, name: str) -> bool:
    """Whether a scorer is a judge that compares: it is known by the type of its parts."""
    schema = pq.read_schema(await store.file(step, min(store.done(step))))
    place = schema.get_field_index(f"parts_{name}")
    return place >= 0 and schema.field(place).type == pa.list_(pa.list_(COMPARISON))


async def tables(store: Store, read: Sequence[Column]) -> AsyncIterator[pa.Table]:
    """Their columns side by side, for each shard that all of them have scored."""
    shards = set.intersection(*(set(store.done(each.step)) for each in read))
    for shard in sorted(shards):
        yield beside([await store.read(each.step, shard, ["prompt_id", each.column]) for each in read])
