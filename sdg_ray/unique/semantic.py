"""Prompts that mean the same: the cosine of their embeddings by a sentence model.

    semantic = Semantic(model="sentence-transformers/all-MiniLM-L6-v2")
    semantic.embed(["Why is the sky blue?", "What makes the sky look blue?"])     unit vectors, one a text

Every prompt is compared with every earlier kept one: exact, and quadratic. That is for hundreds of thousands of prompts
on a GPU and for some thousands without. The marks of a run that grows stay the same up to the rounding of floats.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdg_ray.config import runtime
from sdg_ray.errors import Refused

BLOCK = 1024  # prompts that are compared at once with all earlier ones


@dataclass(frozen=True, kw_only=True)
class Semantic:
    """A sentence model whose token vectors are averaged (a folder or a name of the hub), and how close is the same."""

    model: str
    similarity: float = 0.95
    max_tokens: int = 256  # of a text; the rest is not read
    device: str | None = runtime(None)  # by default a GPU where there is one
    batch: int = runtime(64)

    def check(self) -> None:
        """Raise `Refused` where there is no such model, it pools otherwise, or `similarity` is no cosine."""
        if not 0 < self.similarity <= 1:
            raise Refused(f"unique.semantic.similarity must lie above 0 and not above 1; it is {self.similarity}")
        folder = Path(self.model)
        if not folder.exists() and self.model.count("/") == 1 and not self.model.startswith((".", "/")):
            return  # a name of the hub
        if not (folder / "config.json").is_file():
            raise Refused(
                f"unique.semantic.model {self.model} has no config.json; give a model folder or a name of the hub"
            )
        pooling = folder / "1_Pooling" / "config.json"
        if pooling.is_file() and not json.loads(pooling.read_text()).get("pooling_mode_mean_tokens", True):
            raise Refused(
                f"unique.semantic.model {self.model} does not average its token vectors; choose one that does"
            )

    def embed(self, texts: Sequence[str]) -> Any:
        """Unit vectors as a tensor on the model's device, one row a text."""
        import torch

        tokenizer, model = self._load()
        batches = [
            self._embed(tokenizer, model, texts[at : at + self.batch]) for at in range(0, len(texts), self.batch)
        ]
        return torch.cat(batches) if batches else torch.zeros(0, model.config.hidden_size, device=model.device)

    def _load(self) -> tuple[Any, Any]:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        device = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            tokenizer = AutoTokenizer.from_pretrained(self.model)
            # in half precision the other texts of a batch would move a cosine by a thousandth
            return tokenizer, AutoModel.from_pretrained(self.model, dtype=torch.float32).eval().to(device)
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise Refused(f"unique.semantic.model {self.model} could not be loaded: {reason}") from error

    def _embed(self, tokenizer: Any, model: Any, texts: Sequence[str]) -> Any:
        """The mean of the vectors of a text's tokens, of length one."""
        import torch

        read = tokenizer(
            list(texts), padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        ).to(model.device)
        with torch.inference_mode():
            vectors = model(**read).last_hidden_state
            mask = read["attention_mask"].unsqueeze(-1)
            return torch.nn.functional.normalize((vectors * mask).sum(1) / mask.sum(1).clamp(min=1), dim=1)


class SameMeaning:
    """Which kept prompt's vector is closest, if its cosine is at least `similarity`."""

    def __init__(self, ids: Sequence[str], vectors: Any, similarity: float) -> None:
        self.ids, self.vectors, self.similarity = ids, vectors, similarity
        self.kept: list[int] = []
        self.block = -1

    def find(self, row: int) -> str | None:
        """The kept prompt that means the same, as a reason."""
        if row // BLOCK != self.block:
            self._begin(row // BLOCK)
        cosine, earlier = self.before[row % BLOCK]
        among = self.kept[self.settled :]
        if among:
            cosines = self.within[row % BLOCK, [each % BLOCK for each in among]]
            cosine, earlier = max((cosine, earlier), (float(cosines.max()), among[int(cosines.argmax())]))
        return f"same meaning: {cosine:.2f} like {self.ids[earlier]}" if cosine >= self.similarity else None

    def keep(self, row: int) -> None:
        """Remember `row` for later ones."""
        self.kept.append(row)

    def _begin(self, block: int) -> None:
        """Compare a block with what was kept before it, and with itself."""
        own = self.vectors[block * BLOCK : (block + 1) * BLOCK]
        self.block, self.settled = block, len(self.kept)
        self.within = (own @ own.T).cpu().numpy()
        self.before = [(0.0, -1)] * len(own)
        for at in range(0, self.settled, 8 * BLOCK):
            earlier = self.kept[at : at + 8 * BLOCK]
            cosines, places = (own @ self.vectors[earlier].T).max(dim=1)
            found = zip(cosines.tolist(), (earlier[place] for place in places.tolist()), strict=True)
            self.before = [max(old, new) for old, new in zip(self.before, found, strict=True)]
