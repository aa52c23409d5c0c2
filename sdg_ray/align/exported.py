"""What jobs/export.py has written, row by row, whichever of the two formats it is in.

    for row in conversations("out/demo", "train"):    Talk(name="p00017", chat=[user, assistant])
    for row in preferences("out/demo", "train"):      Preference(prompt=[user], chosen=[assistant], rewards=(4.1, 1.2))

    trl             messages; prompt, chosen, rejected, score_chosen, score_rejected            Parquet
    nemo_aligner    conversations; prompt, chosen_response, rejected_response, chosen_reward    lines of JSON

A row is called by its prompt_id, or by its file and number where it has none: this is how a bad batch is named.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from sdg_ray.errors import Refused
from sdg_ray.prompts.sources.shapes import chat
from sdg_ray.record import Chat

HEAD = "<extra_id_0>System\n"
TURN = re.compile(r"<extra_id_1>(User|Assistant)\n")
Row = Mapping[str, Any]
Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A conversation whose assistant is to be imitated."""

    name: str
    chat: Chat

    @property
    def asked(self) -> Chat:
        """What is said before the assistant speaks."""
        return list(takewhile(lambda message: message["role"] != "assistant", self.chat))


@dataclass(frozen=True, kw_only=True)
class Preference:
    """Two answers to one prompt; the rewards are those of the chosen and the rejected one, where they are known."""

    name: str
    prompt: Chat
    chosen: Chat
    rejected: Chat
    rewards: tuple[float | None, float | None]

    @property
    def asked(self) -> Chat:
        """What is answered."""
        return self.prompt


def conversations(data: str, split: str) -> Iterator[Talk]:
    """The rows of the set `sft`. Raises `Refused` where there are none, or one is not what it must be."""
    return _rows(data, "sft", split, _talk)


def preferences(data: str, split: str) -> Iterator[Preference]:
    """The rows of the set `preference`. Raises `Refused` where there are none, or one is not what it must be."""
    return _rows(data, "preference", split, _preference)


def turns(text: str) -> Chat:
    """A conversation in the Nemotron chat template, as messages; an unanswered opening at its end is no turn.

    Raises:
        ValueError: it does not begin with a turn.
    """
    before, *marked = TURN.split(text.removesuffix("<extra_id_1>"))
    system = before.removeprefix(HEAD).removesuffix("\n")
    if not marked or (before and not before.startswith(HEAD)):
        raise ValueError("is not in the Nemotron chat template")
    said = list(zip(marked[::2], marked[1::2], strict=True))
    said = said[:-1] if said[-1] == ("Assistant", "") else said
    spoken = [{"role": role.lower(), "content": content.removesuffix("\n")} for role, content in said]
    return chat(([{"role": "system", "content": system}] if system else []) + spoken)


def _rows(data: str, of: str, split: str, shape: Callable[[str, Row], Made]) -> Iterator[Made]:
    if "://" in data:
        raise Refused(f"data={data} is not on this machine: copy the export to a folder, and name that")
    files = sorted(path for path in (Path(data) / of).glob(f"{split}-*") if path.suffix in (".parquet", ".jsonl"))
    if not files and split == "train":
        raise Refused(
            f"data={data} has no files {of}/train-*: export a finished run there with jobs/export.py format=trl"
        )
    for file in files:
        for number, row in enumerate(_read(file), 1):
            where = f"{of}/{file.name} row {number}"
            try:
                yield shape(str(row.get("prompt_id") or where), row)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise Refused(f"{Path(data) / where} cannot be read: {_said(error)}; export the run again") from error


def _read(file: Path) -> Iterator[Row]:
    try:
        if file.suffix == ".parquet":
            for batch in pq.ParquetFile(file).iter_batches(1000):
                yield from batch.to_pylist()
        else:
            with file.open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)
    except (pa.ArrowInvalid, ValueError) as error:
        raise Refused(f"{file} cannot be read: {str(error).splitlines()[0]}; export the run again") from error


def _talk(name: str, row: Row) -> Talk:
    if "conversations" in row:
        spoken = [{"role": turn["from"].lower(), "content": turn["value"]} for turn in row["conversations"]]
        system = [{"role": "system", "content": row["system"]}] if row.get("system") else []
        return Talk(name=name, chat=chat(system + spoken))
    return Talk(name=name, chat=chat(row["messages"]))


def _preference(name: str, row: Row) -> Preference:
    if "chosen_response" in row:
        prompt = turns(row["prompt"])
        answers = [turns(row["prompt"] + row[f"{end}_response"])[len(prompt) :] for end in ("chosen", "rejected")]
        rewards = (row.get("chosen_reward"), row.get("rejected_reward"))
    else:
        prompt = chat(row["prompt"])
        answers = [chat(row[end]) for end in ("chosen", "rejected")]
        rewards = (row.get("score_chosen"), row.get("score_rejected"))
    if wrong := [each for each in rewards if each is not None and not isinstance(each, int | float)]:
        raise ValueError(f"a reward is {wrong[0]!r} and no number")
    if not all(answer and answer[-1]["role"] == "assistant" for answer in answers):
        raise ValueError("an answer does not end with an assistant's turn")
    return Preference(name=name, prompt=prompt, chosen=answers[0], rejected=answers[1], rewards=rewards)


def _said(error: BaseException) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
