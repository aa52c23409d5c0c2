"""Stages around real ones: one that breaks its promises for one shard, and one that notes what it is asked to do."""

import os
from dataclasses import dataclass

import pyarrow as pa

from sdg_ray.config import runtime
from sdg_ray.stage import Columns, Stage


@dataclass(frozen=True, kw_only=True)
class Odd:
    """Does what `stage` does, but for shard `at` it does something odd: see `_bent`. What is odd is no identity."""

    stage: Stage
    at: int | None = runtime(None)
    how: str = runtime("drops a row")
    log: str | None = runtime(None)  # gets one line `column shard` for each shard started

    @property
    def reads(self) -> tuple[str, ...]:
        """What the stage inside reads, and the shard."""
        return (*self.stage.reads, "shard")

    @property
    def writes(self) -> pa.Schema:
        """What the stage inside writes."""
        return self.stage.writes

    def check(self) -> None:
        """As the stage inside."""
        self.stage.check()

    def open(self) -> Columns:
        """The function of the stage inside, bent."""
        inside = self.stage.open()

        async def odd(table: pa.Table) -> pa.Table:
            shard = table["shard"][0].as_py()
            if self.log:
                note(self.log, f"{self.writes.names[0]} {shard}")
            made = await inside(table)
            return _bent(self.how, made) if shard == self.at else made

        return odd


def note(log: str, line: str) -> None:
    """Append one line to a file that several processes write to."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


def _bent(how: str, made: pa.Table) -> pa.Table:
    if how == "raises":
        raise ZeroDivisionError("something\nunforeseen")
    if how == "drops a row":
        return made.slice(1)
    if how == "repeats a row":
        return pa.concat_tables([made, made.slice(0, 1)])
    if how == "adds a column":
        return made.append_column("more", pa.nulls(made.num_rows))
    if how == "writes other types":
        return pa.table({name: [{"x": 1}] * made.num_rows for name in made.column_names})
    raise ValueError(how)
