"""What a stage of training promises: which data, which model, and which loss. The steps are `steps.py`'s.

Sft(), Dpo(beta=0.1, nll=1e-5), Rpo(distance="squared"), Reward(), Distill(teacher="pocket/instruct")
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from sdg_ray.align.blend import Blend
from sdg_ray.align.tokens import Examples, Tokens


class Stage(Protocol):
    """Frozen data: its fields are the settings of the stage."""

    def examples(self, data: Blend, split: str, tokens: Tokens) -> Examples:
        """What is trained on, or held out for validation. Raises `Refused` where it is not what the stage needs."""

    def load(self, name: str, tokens: Tokens, seed: int) -> Any:
        """The model as training begins."""

    def prepared(self, model: Any, items: Sequence[Any], kept: Path, rows: int) -> Sequence[Any]:
        """The items with what has to be known of them before the first step; what was asked is kept in `kept`."""

    def batch(self, items: Sequence[Any], padding: int) -> dict[str, Tensor]:
        """The tensors of some items, input_ids among them."""

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The loss of a batch, a scalar, and what else is traced of it by name: a mean, or a value for each row.

        A row without a value has a NaN. A loss that is a mean over tokens, or over labels that are known, traces how
        many there are as `told`: so much does the batch weigh.
        """

    def measured(self, model: Any, items: Sequence[Any], rows: int) -> Mapping[str, float]:
        """What more there is to know of the trained model on the items held out, asked `rows` at a time."""


def as_they_are(model: Any, items: Sequence[Any], kept: Path, rows: int) -> Sequence[Any]:
    """For `prepared`: nothing has to be known of the items."""
    return items


def nothing(model: Any, items: Sequence[Any], rows: int) -> Mapping[str, float]:
    """For `measured`: the loss and its traces say it all."""
    return {}
