"""The reward model: five attributes from 0 to 4 are regressed on the last token of an answer.

    masked_mse(values, labels)      values and labels [rows, 5]; a label of -100 is not known, and has no part

It is a regression and no ranking, which keeps helpfulness apart from length (Nemotron-4 340B, section 3.1). Data is of
the shape of HelpSteer2, a file or a dataset of the hub:

    {prompt: "Why?", response: "So.", helpfulness: 3, correctness: 4, coherence: 4, complexity: 2, verbosity: 1}

A prompt of several turns is written with the marks of Nemotron's chat template, or is a list of messages.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sdg_ray.align.exported import turns
from sdg_ray.align.models import regressing
from sdg_ray.align.tokens import Examples, Said, Tokens, padded
from sdg_ray.errors import Refused
from sdg_ray.prompts.sources import Source
from sdg_ray.prompts.sources.shapes import chat
from sdg_ray.record import Chat
from sdg_ray.scorers.reward_model import ATTRIBUTES

UNKNOWN = -100.0


def masked_mse(values: Tensor, labels: Tensor) -> Tensor:
    """The mean squared error of the labels that are known: a scalar, from two of [rows, attributes].

    It is the sum over all of them divided by their number, as in NeMo-Aligner: an attribute that few rows have weighs
    as much as these rows. Where none is known it is 0.
    """
    known = labels != UNKNOWN
    errors = torch.where(known, values - labels, torch.zeros_like(values)) ** 2
    return errors.sum() / known.sum().clamp(min=1)


@dataclass(frozen=True, kw_only=True)
class Graded:
    """An answer with its prompt, as tokens, and its five labels."""

    names: tuple[str, ...]
    said: Said
    labels: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.said)


@dataclass(frozen=True, kw_only=True)
class Reward:
    """Regression of the attributes. Answers that are longer than `longest` with their prompt are left out."""

    longest: int = 1024

    def examples(self, data: str, split: str, tokens: Tokens) -> Examples:
        """The graded answers of a file or dataset.

        Raises:
            Refused: a row lacks a column, has no attribute at all, or has one outside 0 to 4.
        """
        items: list[Graded] = []
        left_out: Counter[str] = Counter()
        for name, said, labels in _rows(data, split):
            read = tokens.read(said)
            if len(read) > self.longest:
                left_out[f"are longer than {self.longest:,} tokens"] += 1
            else:
                items.append(Graded(names=(name,), said=read, labels=labels))
        return Examples(items=items, left_out=left_out)

    load = staticmethod(regressing)

    def prepared(self, model: Any, items: Sequence[Graded], kept: Path, rows: int) -> Sequence[Graded]:
        """The items as they are: there is no reference to ask."""
        return items

    def batch(self, items: Sequence[Graded], padding: int) -> dict[str, Tensor]:
        """input_ids [rows, length], and attributes [rows, 5]."""
        ids = padded([item.said.ids for item in items], padding, torch.long)
        return {"input_ids": ids, "attributes": torch.tensor([item.labels for item in items])}

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The loss of a batch, and that of each attribute."""
        values = model(input_ids=batch["input_ids"], use_cache=False).logits.float()
        labels = batch["attributes"]
        each = {name: masked_mse(values[:, i], labels[:, i]) for i, name in enumerate(ATTRIBUTES)}
        return masked_mse(values, labels), each


def _rows(data: str, split: str) -> Iterator[tuple[str, Chat, tuple[float, ...]]]:
    source = Source(at=data, split=split)
    source.check("prompt", "response", ATTRIBUTES)
    rows = source.rows("prompt", "response", *ATTRIBUTES)
    for number in range(len(rows)):
        try:
            row = rows[number]
            said = [*_prompt(row["prompt"]), {"role": "assistant", "content": row["response"]}]
            yield str(row.get("prompt_id") or source.where(number)), chat(said), _labels(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            said_of = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raise Refused(f"{source.where(number)} {said_of}; mend the row or leave it out") from error


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
