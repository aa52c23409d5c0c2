"""A part of a shard that ends its worker is found, blamed and left out, and nothing else is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.engines import EngineAway, EngineDied, refuse_condemned
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import Writer
from sdg_ray.prompts.coding import Coding
from sdg_ray.prompts.topics import Broad
from sdg_ray.recipe import recipe
from sdg_ray.record import Chat
from sdg_ray.runner import bring_all, pending
from sdg_ray.runner.local import Local
from sdg_ray.runner.suspects import Note, Try, guilty, parts, read_notes, suspicion, write_note
from sdg_ray.store import open_run
from tests.runner.test_both import given_recipe
from tests.scripted import Scripted
from tests.scripted_writer import ListWriter
from tests.small import assert_complete, run_here, table


def noted(attempt: str, *tried: range, ended: str | None = None, alone: bool = True) -> list[Note]:
    """The notes of an attempt that tried these parts one after the other; the last one says how it ended, if any."""
    about = [(part, n, n > 0, None) for n, part in enumerate(tried)]
    about += [(tried[-1], len(tried), len(tried) > 1, ended)] if ended is not None else []
    return [
        Note(
            shard=0,
            attempt=attempt,
            number=n,
            first=part.start,
            items=len(part),
            alone=alone,
            proven=proven,
            ended=said,
        )
        for part, n, proven, said in about
    ]


def test_a_shard_of_which_nothing_is_noted_is_one_part() -> None:
    assert parts(64, []) == [range(64)] and guilty(64, []) == {}
    assert parts(0, []) == [range(0)]


def test_only_the_part_that_ended_the_worker_is_cut() -> None:
    notes = noted("a", range(0, 8), range(8, 40))
    assert parts(64, notes) == [range(8), *(range(n, n + 2) for n in range(8, 40, 2)), range(40, 64)]


def test_an_item_is_guilty_once_the_engine_said_so_or_twice_when_it_could_not() -> None:
    fine, bad = range(3), range(3, 4)
    assert guilty(9, noted("a", fine, bad, ended="out of memory")) == {3: "ended the engine: out of memory"}
    assert guilty(9, noted("a", fine, bad)) == {}
    twice = noted("a", fine, bad) + noted("b", fine, bad)
    assert guilty(9, twice) == {3: "ended the engine: its process was gone 2 times"}


@pytest.mark.parametrize(
    "notes",
    [
        noted("a", range(3), range(3, 4), ended="") * 2,  # ended in order: storage failed, say
        noted("a", range(3), range(3, 5), ended="died"),  # two items: one of them is innocent
        noted("a", range(3), range(3, 4), ended="died", alone=False),  # others were in the engine
        noted("a", range(3, 4), ended="died"),  # the engine has not answered anything yet
        noted("a", range(3, 4), range(4, 9)) + noted("b", range(3, 4), range(4, 9)),  # it got past the item
    ],
)
def test_an_item_is_not_guilty_without_proof(notes: list[Note]) -> None:
    assert guilty(9, notes) == {}


@given(st.integers(5, 300), st.sets(st.integers(0, 299), max_size=3))
def test_whoever_kills_is_found_in_a_few_starts_and_nobody_else_is_blamed(items: int, killers: set[int]) -> None:
    killers = {item for item in killers if item < items}
    notes = noted("0", range(items), ended="died", alone=False) if killers else []
    starts = 1 + bool(killers)
    while True:
        blamed, tried = guilty(items, notes), []
        for part in sorted(parts(items, notes), key=lambda part: suspicion(part, items, notes)):
            if len(part) == 1 and part.start in blamed:
                continue
            tried.append(part)
            if {*part} & (killers - blamed.keys()):
                break
        else:
            break
        notes += noted(f"{starts}", *tried, ended="died")
        starts += 1
    assert blamed.keys() == killers
    assert starts <= 1 + 4 * len(killers)


def test_rows_that_kill_the_engine_are_errors_and_all_others_are_answered(tmp_path: Path) -> None:
    engine = Scripted(seconds=0.001, log=str(tmp_path / "starts"))
    made = given_recipe(tmp_path, {5: "kill me", 6: "kill me too", 22: "kill"}, engine, lines=48)

    store, failed = run_here(made, tmp_path)

    assert not failed and pending(made, store) == {}
    assert_complete(made, tmp_path)
    bad = {row["answered"][0]["error"] for row in rows(tmp_path) if row["answered"][0]["finish"] == "error"}
    assert bad == {"ended the engine: the engine died, as the prompt asked"}
    assert sum(row["answered"][0]["finish"] == "error" for row in rows(tmp_path)) == 3
    starts = (tmp_path / "starts").read_text().splitlines()
    assert len(starts) <= 2 + 3 * 4  # both steps once, and a few for each killer


def rows(folder: Path, shards: int = 12) -> list[Mapping]:
    return [row for shard in range(shards) for row in table(folder, "first", "responses", shard).to_pylist()]


def test_what_was_learnt_is_not_learnt_again_by_the_next_launch(tmp_path: Path) -> None:
    made = given_recipe(tmp_path, {5: "kill"}, Scripted(log=str(tmp_path / "starts")))
    store = open_run(str(tmp_path), "first", made.identities())
    for _ in range(3):
        Local(restarts=0).run(made, store, pending(made, store))  # each is over when the engine has died once
    assert pending(made, store) == {}

    (tmp_path / "starts").unlink()
    (tmp_path / "first/responses/shard-00001.parquet").unlink()
    assert not Local(restarts=0).run(made, store, pending(made, store))
    assert len((tmp_path / "starts").read_text().splitlines()) == 1  # and no engine died
    assert 1 in read_notes(store, "responses")


@pytest.mark.parametrize("left", [b"", b'{"shard": 1, "att'])
def test_a_damaged_note_keeps_no_launch_from_going_on_and_blames_no_neighbour(tmp_path: Path, left: bytes) -> None:
    made = given_recipe(tmp_path, {}, Scripted())
    store = open_run(str(tmp_path), "first", made.identities())
    for attempt in ("a", "b"):
        for note in noted(attempt, range(1), range(1, 2), range(2, 3)):
            write_note(store, "responses", note)
        (tmp_path / f"first/attempts/responses/shard-00000.{attempt}.0002.json").write_bytes(left)

    assert not read_notes(store, "responses")
    assert not bring_all(made, store, Local()) and pending(made, store) == {}
    assert all(row["answered"][0]["finish"] != "error" for row in rows(tmp_path, 3))


def test_an_engine_that_always_dies_ends_the_run_and_blames_no_row(tmp_path: Path) -> None:
    made = given_recipe(tmp_path, {}, Scripted(kill="question", log=str(tmp_path / "starts")))
    store = open_run(str(tmp_path), "first", made.identities())

    failed = Local(restarts=2).run(made, store, pending(made, store))

    assert failed == dict.fromkeys(range(3), "responses: the engine died, as the prompt asked")
    assert not store.done("responses")
    assert not any(guilty(4, notes) for notes in read_notes(store, "responses").values())
    assert len((tmp_path / "starts").read_text().splitlines()) == 2 + 2


def test_seeds_that_kill_the_engine_are_errors_in_the_slots_of_their_prompts(tmp_path: Path) -> None:
    writer = Writer(engine=ListWriter(fails="dies", where="for a beginner"))
    coding = Coding(quota=24, levels=("beginner", "advanced", "intermediate"))
    topics = {"python": Broad(quota=6)}
    made = recipe(prompts=Prompts(families={"coding": coding}, writer=writer, topics=topics, rows=12))
    store = open_run(str(tmp_path), "first", made.identities())

    assert not bring_all(made, store, Local()) and pending(made, store) == {}

    rows = [row for shard in range(2) for row in table(tmp_path, "first", "prompts", shard).to_pylist()]
    assert [row["error"] is not None for row in rows] == [row["origin"]["item"] == "beginner" for row in rows]
    assert {row["error"] for row in rows} == {None, "ended the engine: the writer died"}


def test_an_item_that_was_in_hand_while_nobody_could_be_asked_is_answered_later(tmp_path: Path) -> None:
    store, away = open_run(str(tmp_path), "first", {"responses": {"is": "x"}}), {5}
    write_note(store, "responses", noted("0", range(16))[0])  # a worker vanished over the shard

    async def make(part: range) -> pa.Table:
        refuse_condemned()
        if part.start in away:
            raise EngineAway("no address answers")
        return pa.table({"item": list(part)}).replace_schema_metadata({"tokens_in": "5"})

    def again(attempt: str) -> pa.Table:
        notes = read_notes(store, "responses")[0]
        tried = Try(store=store, step="responses", shard=0, attempt=attempt, notes=notes, alone=True)
        return asyncio.run(tried.over(16, make))

    with pytest.raises(EngineAway):
        again("1")
    assert guilty(16, read_notes(store, "responses")[0]) == {}
    away.clear()
    assert again("2")["item"].to_pylist() == list(range(16))


@dataclass(frozen=True, kw_only=True)
class Mortal(Scripted):
    """Once it has died it answers nobody, as a real one; each start is a new one."""

    def start(self) -> Scripted:
        return Mortal.Session(**{each.name: getattr(self, each.name) for each in fields(self)})

    class Session(Scripted):
        """One that remembers."""

        dead: ClassVar[list[Scripted]] = []

        async def _read(self, chat: Chat) -> None:
            if any(each is self for each in self.dead):
                raise EngineDied("it is dead already")
            try:
                await super()._read(chat)
            except EngineDied:
                self.dead.append(self)
                raise


def test_shards_that_waited_while_the_engine_died_are_not_suspected_of_it(tmp_path: Path) -> None:
    made = given_recipe(tmp_path, {9: "kill"}, Mortal(seconds=0.01), lines=24)
    store = open_run(str(tmp_path), "first", made.identities())

    assert not Local(overlap=6).run(made, store, pending(made, store))

    said = [note for notes in read_notes(store, "responses").values() for note in notes if note.alone and note.ended]
    assert said and {note.shard for note in said} == {2}
    assert all("dead already" not in str(note.ended) for note in said)
