"""Answers with their five attributes, as HelpSteer2 has them: a file, or a dataset of the hub.

    {prompt: "Why?", response: "So.", helpfulness: 3, correctness: 4, coherence: 4, complexity: 2, verbosity: 1}

A prompt of several turns is written with the marks of Nemotron's chat template, or is a list of messages. A dataset has
a split for validation, or it has none; a file has one in the file beside it that is named so: train.jsonl and
validation.jsonl.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdg_ray.align.exported import turns
from sdg_ray.errors import Refused
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.shapes import chat
from sdg_ray.record import Chat
from sdg_ray.scorers.reward_model import ATTRIBUTES

UNKNOWN = -100.0


@dataclass(frozen=True, kw_only=True)
class Grade:
    """An answer, the last turn of a conversation, and what it was found to be."""

    name: str
    chat: Chat
    labels: tuple[float, ...]

    @property
    def asked(self) -> Chat:
        """What is answered."""
        return self.chat[:-1]


def grades(data: str, split: str) -> Iterator[Grade]:
    """The answers of a split; none where there is no such split.

    Raises:
        Refused: a row lacks a column, has no attribute at all, or has one outside 0 to 4.
    """
    source = _source(data, split)
    if source is None:
        return
    source.check("prompt", "response", ATTRIBUTES)
    rows = source.rows("prompt", "response", *ATTRIBUTES)
    for number in range(len(rows)):
        try:
            row = rows[number]
            said = [*_prompt(row["prompt"]), {"role": "assistant", "content": row["response"]}]
            name = str(row.get("prompt_id") or source.where(number))
            yield Grade(name=name, chat=chat(said), labels=_labels(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            said_of = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raise Refused(f"{source.where(number)} {said_of}; mend the row or leave it out") from error


def _source(data: str, split: str) -> Source | None:
    if split == "train":
        return Source(at=data)
    if data.endswith((".jsonl", ".parquet")):
        beside = Path(data).with_name(Path(data).name.replace("train", split))
        return Source(at=str(beside)) if beside != Path(data) and beside.exists() else None
    source = Source(at=data, split=split)
    try:
        source.rows("prompt", "response", *ATTRIBUTES)
    except Refused as refused:
        if "Unknown split" in str(refused):  # so says the library of a dataset that has others
            return None
        raise
    return source


def _prompt(prompt: Any) -> Chat:
    return turns(f"<extra_id_1>User\n{prompt}") if isinstance(prompt, str) else chat(prompt)


def _labels(row: Mapping[str, Any]) -> tuple[float, ...]:
    labels = tuple(_label(name, row.get(name)) for name in ATTRIBUTES)
    if all(label == UNKNOWN for label in labels):
        raise ValueError(f"has none of the attributes {', '.join(ATTRIBUTES)}")
    return labels


def _label(name: str, label: Any) -> float:
    """A label as a number; one that is not there is not known."""
    if label is None or label == UNKNOWN:
        return UNKNOWN
    if isinstance(label, bool) or not isinstance(label, int | float) or not 0 <= label <= 4:
        raise ValueError(f"has {name} {label!r}, which is neither from 0 to 4 nor {UNKNOWN:g} for not known")
    return float(label)
