"""Which part of a shard ends its worker: found by trying its parts alone, each noted before it is tried.

    all in hand together -> the shard in sixteenths -> item by item -> that item's error

A part that ended its worker is cut at the next try, so an item that ends every engine is known after a few starts and
the others of its shard are done. An item is what a step can try by itself: a prompt, or a seed where prompts are made.
An engine that answers nothing at all must not lay the blame on items, so an item is guilty only where the same engine
had answered others before: those under the least suspicion are tried first.

The notes lie in the store and outlive the process, the worker and the whole job, so that what was learnt is not learnt
again; in a run that never loses a worker there are none.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import groupby, pairwise
from math import ceil

import pyarrow as pa

from sdg_ray.engines import EngineAway, EngineDied, condemned
from sdg_ray.record import counts
from sdg_ray.store import Store, in_thread

CUT = 16  # parts that a part which ended its worker is cut into
VANISHED = 2  # times that a worker must vanish over a single item before the item is to blame


@dataclass(frozen=True, kw_only=True)
class Note:
    """Items `first` to `first` + `items` of a shard were about to be tried, or how that try ended.

    `items` is None for all of them. `proven` says that the engine had answered other parts before. `ended` is what it
    said when it died, and empty where the try ended in order; without it the process vanished, or is still at it.
    """

    shard: int
    attempt: str
    number: int  # of the notes of this attempt
    first: int = 0
    items: int | None = None
    alone: bool = True
    proven: bool = False
    ended: str | None = None

    def part(self, items: int) -> range:
        """What was tried, in a shard of so many items."""
        return range(self.first, items if self.items is None else min(items, self.first + self.items))


Notes = Sequence[Note]
FIELDS = tuple(each.name for each in fields(Note))


def read_notes(store: Store, step: str) -> dict[int, list[Note]]:
    """The notes of a step by shard, those of each attempt in their order.

    Of an attempt with a damaged note nothing is taken: its last note is what gets the blame, and without it the one
    before would. That is safe, for a part that ends its worker does so again, and is noted again.
    """
    found: dict[int, list[Note]] = {}
    noted = store.notes(step)
    damaged = {_attempt(name) for name, body in noted.items() if not body}
    for name, body in noted.items():
        if name.startswith("shard-") and _attempt(name) not in damaged:
            found.setdefault(body["shard"], []).append(Note(**{name: body[name] for name in FIELDS}))
    return {shard: sorted(notes, key=lambda note: (note.attempt, note.number)) for shard, notes in found.items()}


def _attempt(name: str) -> str:
    """The shard and the attempt that a note's name begins with."""
    return name.rpartition(".")[0]


def write_note(store: Store, step: str, note: Note) -> None:
    """Commit a note: it is there before what it tells of begins."""
    store.note(step, f"shard-{note.shard:05d}.{note.attempt}.{note.number:04d}", asdict(note))


def last_notes(notes: Notes) -> list[Note]:
    """How each attempt got as far as it did, of those that ended a worker."""
    last = [list(of_attempt)[-1] for _, of_attempt in groupby(notes, key=lambda note: note.attempt)]
    return [note for note in last if note.ended != ""]


def parts(items: int, notes: Notes) -> list[range]:
    """The parts in which a shard of so many items is tried, in order: each that ended a worker is cut."""
    cuts = {0, items}
    for note in last_notes(notes):
        part = note.part(items)
        cuts.update(range(part.start, part.stop, max(1, ceil(len(part) / CUT))))
        cuts.add(part.stop)
    return [range(*ends) for ends in pairwise(sorted(cuts))] or [range(0)]


def suspicion(part: range, items: int, notes: Notes) -> int:
    """How often a worker ended over a part that this one belongs to."""
    return sum(part.start in note.part(items) for note in last_notes(notes))


def guilty(items: int, notes: Notes) -> dict[int, str]:
    """The items that ended an engine while nothing else was in it, and the reason that their rows get."""
    said: dict[int, str] = {}
    vanished: Counter[int] = Counter()
    for note in last_notes(notes):
        part = note.part(items)
        if note.alone and note.proven and len(part) == 1:
            vanished[part.start] += note.ended is None
            if note.ended:
                said[part.start] = f"ended the engine: {note.ended}"
    gone = {item: f"ended the engine: its process was gone {n} times" for item, n in vanished.items() if n >= VANISHED}
    return gone | said


@dataclass
class Try:
    """One try at one shard: how its items are taken, alone or not, after what the notes say of earlier tries."""

    store: Store
    step: str
    shard: int
    attempt: str
    notes: Notes = ()
    alone: bool = False
    written: int = field(default=0, init=False)
    proven: bool = field(default=False, init=False)

    async def over(self, items: int, make: Callable[[range], Awaitable[pa.Table]]) -> pa.Table:
        """All items through `make`, in parts if need be; what comes of the guilty ones is the reason why not."""
        blamed = guilty(items, self.notes)
        cut = parts(items, self.notes)
        if not self.alone:
            return joined(await asyncio.gather(*(_made(part, make, blamed) for part in cut)))
        made: dict[int, pa.Table] = {}
        for part in sorted(cut, key=lambda part: suspicion(part, items, self.notes)):
            made[part.start] = await self._noted(part, make, blamed)
            self.proven = self.proven or _read_anything(made[part.start])
        return joined(table for _, table in sorted(made.items()))

    async def _noted(
        self, part: range, make: Callable[[range], Awaitable[pa.Table]], blamed: Mapping[int, str]
    ) -> pa.Table:
        if part.start not in blamed or len(part) > 1:
            await self._note(part)
        try:
            return await _made(part, make, blamed)
        except Exception as error:  # it goes on up, and the shard stays pending; only an engine's death is to be blamed
            died = isinstance(error, EngineDied) and not isinstance(error, EngineAway)
            await self._note(part, str(error) if died else "")
            raise

    async def _note(self, part: range, ended: str | None = None) -> None:
        note = Note(
            shard=self.shard,
            attempt=self.attempt,
            number=self.written,
            first=part.start,
            items=len(part),
            proven=self.proven,
            ended=ended,
        )
        self.written += 1
        await in_thread(write_note, self.store, self.step, note)


async def _made(part: range, make: Callable[[range], Awaitable[pa.Table]], blamed: Mapping[int, str]) -> pa.Table:
    """What `make` makes of a part; nothing is asked for an item that is to blame."""
    reason = blamed.get(part.start) if len(part) == 1 else None
    with condemned(reason):
        return await make(part)


def _read_anything(table: pa.Table) -> bool:
    """Whether a model has read something for these rows."""
    return int((table.schema.metadata or {}).get(b"tokens_in", 0)) > 0 or counts(table).get("tokens_in", 0) > 0


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """The rows of all tables; what their metadata counts is added up."""
    tables = list(tables)
    counted: Counter[str] = Counter()
    for table in tables:
        counted.update({key.decode(): int(value) for key, value in (table.schema.metadata or {}).items()})
    whole = pa.concat_tables([table.replace_schema_metadata() for table in tables], promote_options="default")
    return whole.replace_schema_metadata({key: str(value) for key, value in counted.items()})
