"""What a stage of training promises: which data, which model, and which loss. The steps are `trainer.py`'s.

Sft(), Dpo(beta=0.1, nll=1e-5), Rpo(distance="squared"), Reward()
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from sdg_ray.align.tokens import Examples, Tokens


class Stage(Protocol):
    """Frozen data: its fields are the settings of the stage."""

    def examples(self, data: str, split: str, tokens: Tokens) -> Examples:
        """What is trained on. Raises `Refused` where the data is not what the stage needs."""

    def load(self, name: str, tokens: Tokens, seed: int) -> Any:
        """The model as training begins."""

    def prepared(self, model: Any, items: Sequence[Any], kept: Path, rows: int) -> Sequence[Any]:
        """The items with what has to be known of them before the first step; what was asked is kept in `kept`."""

    def batch(self, items: Sequence[Any], padding: int) -> dict[str, Tensor]:
        """The tensors of some items, input_ids among them."""

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The loss of a batch, a scalar, and what else is traced of it by name."""
