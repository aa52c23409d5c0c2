"""Prompts: the one place where rows are made.

A family turns seeds (a topic, a line of a file, a number) into prompts, alone or by asking a model. Which seeds a shard
has is fixed by the recipe before anything starts, in proportion to the families' quotas, and does not depend on how
many shards there are: so a run can grow. What was committed fixes the rows of a shard for every later step. A slot that
could not be filled is a row all the same, with its `error`.

Lists of topics are made first, once for the whole run; a topic is a row like any other.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from math import ceil, floor
from typing import Any, Protocol

import pyarrow as pa

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.prompts.asking import COUNTS, Asking, Writer
from sdg_ray.prompts.family import NONE, Draft, Family, Means, Program, Topic, TopicList, Topics
from sdg_ray.record import PROMPT, prompt_id

FEW = 3  # topics in each list of a sample, or more
Seed = tuple[str, int]
"""One seed: the name of its family, and its number there."""


class Make(Protocol):
    """From a shard's number, and the topics, to its prompts."""

    async def __call__(self, shard: int, topics: Topics = NONE, some: Sequence[Seed] | None = None) -> pa.Table:
        """The prompts of `shard`, or of some of its seeds; the same wherever and whenever this is called."""


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """The prompts of a run: families by name, each with its quota, dealt out to shards of about `rows` prompts.

    Without `shards` there are as many as it takes to fill every quota, times `scale`. A family whose model left slots
    empty tries the seed again, `top_ups` times at most, and fills them from that.
    """

    families: Mapping[str, Family]
    writer: Writer | None = None
    topics: Mapping[str, TopicList] = field(default_factory=dict)
    rows: int = 64
    seed: int = 0
    scale: float = 1.0
    top_ups: int = 1
    shards: int | None = runtime(None)  # a run may grow: more shards leave the made ones as they are

    writes = PROMPT

    @property
    def planned_shards(self) -> int:
        """How many shards the run has."""
        if self.shards is not None:
            return self.shards
        return max(ceil(self._needed(name) / self._share(name) - 1e-9) for name in self.families)

    @property
    def planned(self) -> int:
        """How many prompts the run has."""
        return sum(self.planned_of(name) for name in self.families)

    @property
    def planned_topics(self) -> dict[str, int]:
        """How many topics each list is to have."""
        return {name: ceil(each.quota * self.scale) for name, each in self.topics.items()}

    def planned_of(self, family: str) -> int:
        """How many prompts of a family the run has."""
        seeds = (len(self.seeds_of(family, shard)) for shard in range(self.planned_shards))
        return sum(seeds) * self.families[family].per_seed

    def seeds_of(self, family: str, shard: int) -> range:
        """The seeds of `family` in `shard`; empty past the family's last one."""
        share, limit = self._share(family), self.families[family].seeds
        start, stop = floor(shard * share + 1e-9), floor((shard + 1) * share + 1e-9)
        return range(start, stop) if limit is None else range(min(start, limit), min(stop, limit))

    def seeds(self, shard: int) -> list[Seed]:
        """All seeds of a shard, in the order of its rows."""
        return [(name, number) for name in sorted(self.families) for number in self.seeds_of(name, shard)]

    def sample(self, n: int) -> "Prompts":
        """`n` prompts in one shard, or as few more as it takes, for a seed gives all of its prompts; few topics."""
        wanted = min(n, self.planned)
        scale = max((FEW / each.quota for each in self.topics.values()), default=self.scale)
        samples = (replace(self, rows=rows, shards=1, scale=min(scale, self.scale)) for rows in count(wanted))
        return next(sample for sample in samples if sample.planned >= wanted)

    def check(self) -> None:
        """Raise `Refused` where there is nothing to make, no end to it, or a family that cannot work."""
        if not self.families:
            raise Refused("recipe.prompts.families is empty; choose at least one family, such as world or given")
        if self.rows < 1 or (self.shards is not None and self.shards < 1):
            raise Refused("recipe.prompts.rows and recipe.prompts.shards must be at least 1")
        if self.scale <= 0 or self.top_ups < 0:
            raise Refused("recipe.scale must be above 0, and recipe.prompts.top_ups must not be below 0")
        if self.writer:
            self.writer.check()
        for name, topics in self.topics.items():
            _check_list(f"recipe.prompts.topics.{name}", topics, self)
        for name, family in self.families.items():
            _check(f"recipe.prompts.families.{name}", family, self)
        if self.planned == 0:
            raise Refused("recipe.prompts makes no prompt; raise recipe.prompts.shards or recipe.prompts.rows")

    def open(self, again: str = "") -> Make:
        """The function from a shard's number, and the topics, to its prompts; the same wherever it is called.

        With `again`, the name of a run that is retried, all is drawn by other chance.
        """
        asking, programs = self._asking(), dict[str, Program]()

        async def make(shard: int, topics: Topics = NONE, some: Sequence[Seed] | None = None) -> pa.Table:
            if not programs:
                means = Means(model=asking, topics=topics)
                programs.update({name: family.open(means) for name, family in sorted(self.families.items())})
            seeds = self.seeds(shard) if some is None else some
            counts = {name: Counter[str]() for name, _ in seeds}
            rows = await asyncio.gather(
                *(
                    self._rows(*seed, shard, programs[seed[0]], counts[seed[0]], self._chance(*seed, again=again))
                    for seed in seeds
                )
            )
            return _table([row for some in rows for row in some], counts)

        return make

    def open_topics(self, again: str = "") -> Callable[[int], Awaitable[pa.Table]]:
        """The function that makes one list of topics, by its number in the order of their names; `again` as above."""
        asking = self._asking()

        async def make(shard: int) -> pa.Table:
            name = sorted(self.topics)[shard]
            program = self.topics[name].open(Means(model=asking))
            counts = Counter[str]()
            COUNTS.set(counts)
            drafts = await program(self.planned_topics[name], self._chance("topics", name, again=again))
            rows = [_row(draft, prompt_id(self.seed, "topics", name, i), shard, name) for i, draft in enumerate(drafts)]
            return _table(rows, {name: counts})

        return make

    def listed(self, tables: Sequence[pa.Table]) -> dict[str, list[Topic]]:
        """The topics in the tables of `open_topics`, in an order by chance, so that early shards have some of all.

        Raises:
            Refused: a list in which there is none at all.
        """
        return {name: self._usable(name, tables[number]) for number, name in enumerate(sorted(self.topics))}

    def _chance(self, *parts: object, again: str) -> Chance:
        chance = Chance(self.seed, *parts)
        return chance.at("again", again) if again else chance

    def _asking(self) -> Asking | None:
        return self.writer.start() if self.writer else None

    def _usable(self, name: str, table: pa.Table) -> list[Topic]:
        rows = table.select(["origin", "error"]).to_pylist()
        usable = [Topic(path=tuple(row["origin"]["path"])) for row in rows if row["error"] is None]
        if not usable:
            why = rows[0]["error"] if rows else "it has none"
            raise Refused(f"recipe.prompts.topics.{name}: none of {len(rows)} could be made: {why}")
        Chance(self.seed, "topics", name).shuffle(usable)
        return usable

    async def _rows(
        self, name: str, number: int, shard: int, program: Program, counts: Counter[str], chance: Chance
    ) -> list[dict[str, Any]]:
        COUNTS.set(counts)
        family = self.families[name]
        drafts = await self._topped_up(family, program, number, chance)
        if len(drafts) != family.per_seed:
            raise ValueError(f"family {name!r} made {len(drafts)} prompts of seed {number}, not {family.per_seed}")
        return [_row(draft, prompt_id(self.seed, name, str(number), i), shard, name) for i, draft in enumerate(drafts)]

    async def _topped_up(self, family: Family, program: Program, number: int, chance: Chance) -> Sequence[Draft]:
        """The drafts of a seed, their empty slots filled from further tries where a model makes them."""
        drafts = list(await program(number, chance))
        for again in range(self.top_ups if "writer" in family.needs else 0):
            empty = [place for place, draft in enumerate(drafts) if draft.error is not None]
            if not empty:
                break
            there = [draft.prompt for draft in drafts]
            more = [draft for draft in await program(number, chance.at("top-up", again)) if draft.error is None]
            spare = [draft for draft in more if draft.prompt not in there]
            for place, draft in zip(empty, spare, strict=False):
                drafts[place] = draft
        return drafts

    def _needed(self, name: str) -> int:
        """The seeds that fill a family's quota."""
        family = self.families[name]
        if family.quota is None:
            if family.seeds is None:
                raise Refused(f"recipe.prompts.families.{name}.quota must be given: there is always another seed")
            return ceil(family.seeds * self.scale)
        return ceil(family.quota * self.scale / family.per_seed)

    def _share(self, name: str) -> float:
        """The seeds of a family in a shard; seldom a whole number."""
        whole = sum(self._quota(each) for each in self.families)
        return self.rows * self._quota(name) / whole / self.families[name].per_seed

    def _quota(self, name: str) -> int:
        family = self.families[name]
        return family.quota if family.quota is not None else (family.seeds or 1) * family.per_seed


def _table(rows: Sequence[Mapping[str, Any]], counts: Mapping[str, Counter[str]]) -> pa.Table:
    """Rows, and what was counted while they were made: `lists:open_qa`, and the tokens of all families together."""
    total = sum(counts.values(), Counter[str]())
    reported = {f"{key}:{name}": value for name, counted in counts.items() for key, value in counted.items()}
    reported |= {key: total[key] for key in ("tokens_in", "tokens_out") if total[key]}
    table = pa.Table.from_pylist(list(rows), schema=PROMPT)
    return table.replace_schema_metadata({key: str(value) for key, value in reported.items()})


def _check_list(at: str, topics: TopicList, of: Prompts) -> None:
    """Raise `Refused` where a list of topics cannot be made."""
    if topics.quota <= 0:
        raise Refused(f"{at}.quota must be above 0, not {topics.quota}")
    if of.writer is None:
        raise Refused(f"{at} asks a model for its topics; choose one with recipe.prompts.writer.engine=...")
    topics.check()


def _check(at: str, family: Family, of: Prompts) -> None:
    """Raise `Refused` where a family cannot work or its quota cannot be met."""
    if family.quota is not None and family.quota <= 0:
        raise Refused(f"{at}.quota must be above 0, not {family.quota}")
    if "writer" in family.needs and of.writer is None:
        raise Refused(f"{at} asks a model for its prompts; choose one with recipe.prompts.writer.engine=...")
    if "topics" in family.needs and (wanted := getattr(family, "topics", "")) not in of.topics:
        there = ", ".join(of.topics) or "none"
        raise Refused(f"{at}.topics is {wanted!r}, of which recipe.prompts.topics has no list; it has {there}")
    family.check()
    has = None if family.seeds is None else family.seeds * family.per_seed
    wanted = ceil((family.quota or 0) * of.scale)
    if has is not None and wanted > has:
        raise Refused(f"{at} is to make {wanted:,} prompts, but its source has {has:,}; lower quota or recipe.scale")


def _row(draft: Draft, name: str, shard: int, family: str) -> dict[str, Any]:
    return {
        "prompt_id": name,
        "shard": shard,
        "family": family,
        "prompt": draft.prompt,
        "reference": draft.reference,
        "origin": draft.origin,
        "error": draft.error,
    }
