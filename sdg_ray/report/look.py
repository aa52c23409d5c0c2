"""Records as a person reads them: the prompt, each candidate with its scores and fate, and the pair."""

import asyncio
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow.parquet as pq
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from sdg_ray.errors import Refused
from sdg_ray.recipe import TOPICS
from sdg_ray.store import Store


def records(store: Store, n: int) -> list[dict[str, Any]]:
    """The first `n` records of a run, with the columns of every step that has reached them."""
    return asyncio.run(_records(store, n))


async def _records(store: Store, n: int) -> list[dict[str, Any]]:
    first, *later = (step for step in store.homes if step != TOPICS)
    found: list[dict[str, Any]] = []
    for shard in sorted(store.done(first)):
        rows = {row["prompt_id"]: row for row in await _rows(store, first, shard)}
        for step in later:
            if await store.has(step, shard):
                for row in await _rows(store, step, shard):
                    rows[row["prompt_id"]] |= row
        found += rows.values()
        if len(found) >= n:
            break
    if not found:
        raise Refused(f"run {store.run!r} has no records yet; let jobs/generate.py run until a shard is committed")
    return found[:n]


async def _rows(store: Store, step: str, shard: int) -> list[dict[str, Any]]:
    return pq.read_table(await store.file(step, shard)).to_pylist()


def record_panel(row: Mapping[str, Any]) -> Panel:
    """One record."""
    body: list[RenderableType] = [_turn(message) for message in row["prompt"]]
    if row["reference"]:
        body.append(Text(f"reference  {harmless(row['reference'])}", style="dim"))
    if row["error"]:
        what = "set aside" if row["prompt"] else "no prompt"  # one that repeats another is there all the same
        body.append(Text(f"{what}: {harmless(row['error'])}", style="red"))
    for number in range(len(row.get("responses") or [])):
        body.append(Group(Text(), *_candidate(row, number)))
    return Panel(Group(*body), title=f"{row['family']} {row['prompt_id']}", title_align="left", border_style="dim")


def _turn(message: Mapping[str, str]) -> Text:
    return Text.assemble((f"{message['role']}  ", "bold cyan"), harmless(message["content"]))


def harmless(text: str) -> str:
    """`text` without what could steer a terminal: models may write any character, escape sequences among them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf") else "\ufffd" for c in text)


def _candidate(row: Mapping[str, Any], number: int) -> Iterator[RenderableType]:
    answered = row["answered"][number]
    yield Text("\n   ").join([Text(f"{number}  ", "bold"), *map(_turn, row["responses"][number])])
    ended = harmless(answered["error"] or answered["finish"])  # an error is in the words of whoever answered
    yield Text(f"   {answered['model']}, {answered['tokens']} tokens, {ended}", style="dim")
    if talk := (row.get("dialogues") or [])[number : number + 1]:
        user = f"the user is {talk[0]['persona']}; {talk[0]['ended'] or 'all turns are there'}"
        yield Text(f"   {harmless(user)}", style="dim")
    for column in row:
        if column.startswith("score_"):
            yield Text("   " + _score(row, column, number), style="dim")
    yield from _fate(row, number)


def _score(row: Mapping[str, Any], column: str, number: int) -> str:
    name, score = column.removeprefix("score_"), row[column][number]
    text = f"{name} {score:.2f}" if score is not None else f"{name} could not be told"
    parts = (row.get(f"parts_{name}") or [])[number : number + 1]
    if parts and parts[0]:
        text += f"  ({_parts(parts[0])})"
    return text


def _parts(parts: Any) -> str:
    """What a score is made of, in one line: figures, words, and a judge's verdicts one by one."""
    if isinstance(parts, list):
        return "; ".join(map(_parts, parts))
    return ", ".join(f"{name} {_value(value)}" for name, value in parts.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"({_parts(value)})" if isinstance(value, list) else harmless(str(value))


def _fate(row: Mapping[str, Any], number: int) -> Iterator[Text]:
    if "keep" in row and not row["keep"][number]:
        yield Text(f"   left out: {row['reason'][number]}", style="yellow")
    for pair in row.get("pairs") or []:
        if number == pair["chosen"]:
            yield Text(f"   chosen, {pair['margin']:.2f} better by {pair['by']}", style="green")
        if number == pair["rejected"]:
            yield Text("   rejected", style="red")
