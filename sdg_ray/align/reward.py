"""The reward model: five attributes from 0 to 4 are regressed on the last token of an answer.

    masked_mse(values, labels)      values and labels [rows, 5]; a label of -100 is not known, and has no part

It is a regression and no ranking, which keeps helpfulness apart from length (Nemotron-4 340B, section 3.1); whether it
does, `agreement.py` measures on the answers that are held out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from sdg_ray.align import models, stage
from sdg_ray.align.agreement import agreement
from sdg_ray.align.blend import Blend
from sdg_ray.align.graded import UNKNOWN, grades
from sdg_ray.align.tokens import Examples, Said, Tokens, padded
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.record import hashed
from sdg_ray.scorers.reward_model import ATTRIBUTES, WEIGHTS_340B


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
    """An answer with its prompt, as tokens, and its five labels. Those to one prompt have the same `prompt`."""

    names: tuple[str, ...]
    said: Said
    labels: tuple[float, ...]
    prompt: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.said)


@dataclass(frozen=True, kw_only=True)
class Reward:
    """Regression of the attributes. Answers that are longer than `longest` with their prompt are left out.

    `weights` make one figure of the five, by which answers are compared after training; they have no part in it.
    """

    longest: int = 1024
    weights: Mapping[str, float] = runtime(factory=lambda: WEIGHTS_340B)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.weights) - set(ATTRIBUTES)):
            raise Refused(f"weights has {unknown[0]!r}; the attributes are {', '.join(ATTRIBUTES)}")

    def examples(self, data: Blend, split: str, tokens: Tokens) -> Examples:
        """The graded answers of a file or dataset."""
        items: list[Graded] = []
        found = data.rows(grades, split)
        left_out = Counter(found.left_out)
        for row in found.rows:
            said = tokens.read(row.chat, since=len(row.asked))
            if len(said) > self.longest:
                left_out[f"are longer than {self.longest:,} tokens"] += 1
            else:
                items.append(Graded(names=(row.name,), said=said, labels=row.labels, prompt=hashed(repr(row.asked))))
        return Examples(items=items, left_out=left_out)

    load = staticmethod(models.regressing)
    prepared = staticmethod(stage.as_they_are)

    def batch(self, items: Sequence[Graded], padding: int) -> dict[str, Tensor]:
        """input_ids [rows, length], and attributes [rows, 5]."""
        ids = padded([item.said.ids for item in items], padding, torch.long)
        return {"input_ids": ids, "attributes": torch.tensor([item.labels for item in items])}

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The loss of a batch, the squared error of each attribute by rows, and how many labels are known."""
        values, labels = self._values(model, batch), batch["attributes"]
        known = labels != UNKNOWN
        errors = torch.where(known, (values - labels) ** 2, torch.nan)
        return masked_mse(values, labels), {**dict(zip(ATTRIBUTES, errors.T, strict=True)), "told": known.sum().float()}

    @torch.no_grad()
    def measured(self, model: Any, items: Sequence[Graded], rows: int) -> Mapping[str, float]:
        """How well the model agrees with the labels of answers that it was not trained on, and what length does."""
        values: list[list[float]] = []
        for begin in range(0, len(items), rows):
            made = self.batch(items[begin : begin + rows], models.padding(model))
            values += self._values(model, {name: each.to(model.device) for name, each in made.items()}).tolist()
        return agreement(
            values, [item.labels for item in items], [item.prompt for item in items],
            [sum(item.said.told) for item in items], [self.weights.get(name, 0.0) for name in ATTRIBUTES],
        )  # fmt: skip

    @staticmethod
    def _values(model: Any, batch: Mapping[str, Tensor]) -> Tensor:
        return model(input_ids=batch["input_ids"], use_cache=False).logits.float()
