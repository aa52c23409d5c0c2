"""On-policy distillation: the student speaks, and learns at each token what its teacher would have said there.

    Distill(teacher="pocket/instruct", lmbda=0.5, beta=0.5, temperature=0.9, length=128)

Generalised knowledge distillation (2306.13649). How the student is sampled, and how far apart the two distributions
are, is TRL's GKDTrainer, function by function; the steps are those of all stages here, so checkpoints, going on, a NaN
and validation are as everywhere. Two things differ from that trainer: what was sampled is learnt without the padding
before its prompt, and what is held out for validation is compared on the answers of the export, never on samples.
"""

import random
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from sdg_ray.align import models, stage
from sdg_ray.align.blend import Blend
from sdg_ray.align.exported import conversations
from sdg_ray.align.logprobs import told_logits
from sdg_ray.align.tokens import Examples, Said, Tokens, padded, whole
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.weights import folder_of, model_name
from sdg_ray.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A conversation of which the last turn is the assistant's, and told; the student is asked what is before it."""

    names: tuple[str, ...]
    said: Said

    def __len__(self) -> int:
        return len(self.said)

    @property
    def prompt(self) -> tuple[int, ...]:
        """The tokens up to where the assistant speaks."""
        return self.said.ids[: self.said.told.index(True)]


@dataclass(frozen=True, kw_only=True)
class Distill:
    """Distillation from `teacher`, which must have the student's tokenizer.

    A batch is the student's own answers, of at most `length` tokens at `temperature`, with probability `lmbda`, else
    the answers of the export. `beta` leads from the forward KL (0), by which the student covers all that its teacher
    may say, to the reverse (1), by which it keeps to what its teacher says most.
    """

    teacher: str | None = model_name()
    lmbda: float = 0.5
    beta: float = 0.5
    temperature: float = 0.9
    length: int = 128
    longest: int = 1024

    def __post_init__(self) -> None:
        if not self.teacher:
            raise Refused("teacher=MODEL must be given for stage=distill: a folder, a name of the hub, or pocket/...")
        if not 0 <= self.lmbda <= 1 or not 0 <= self.beta <= 1 or self.temperature <= 0 or self.length < 1:
            raise Refused(f"{self} cannot be: lmbda and beta are from 0 to 1, the temperature is above 0")

    def examples(self, data: Blend, split: str, tokens: Tokens) -> Examples:
        """The conversations of an export. Raises `Refused` where the teacher has another tokenizer."""
        _check_shared(str(self.teacher), tokens)
        found = data.rows(conversations, split)
        left_out = Counter(found.left_out)
        read = ((row.name, tokens.read(row.chat, since=len(row.chat) - 1)) for row in found.rows)
        items = [Asked(names=(name,), said=said) for name, said in whole(read, self.longest, left_out)]
        return Examples(items=items, left_out=left_out)

    def load(self, name: str, tokens: Tokens, seed: int) -> Any:
        """The student. Raises `Refused` where its teacher has another number of embeddings."""
        student = models.causal(name, tokens, seed)
        rows = AutoConfig.from_pretrained(folder_of(str(self.teacher))).vocab_size
        if rows != student.config.vocab_size:
            raise Refused(
                f"teacher={self.teacher} has embeddings for {rows:,} tokens and model={name} for "
                f"{student.config.vocab_size:,}; choose two of one family"
            )
        return student

    prepared = staticmethod(stage.as_they_are)
    measured = staticmethod(stage.nothing)

    def batch(self, items: Sequence[Asked], padding: int) -> dict[str, Tensor]:
        """input_ids and told [rows, length]; and the prompts with their mask, padded on the left to be gone on from."""
        prompts = [item.prompt for item in items]
        longest = max(map(len, prompts))
        return {
            "input_ids": padded([item.said.ids for item in items], padding, torch.long),
            "told": padded([item.said.told for item in items], False, torch.bool),
            "prompts": torch.tensor([[padding] * (longest - len(each)) + [*each] for each in prompts]),
            "prompt_attention_mask": torch.tensor([[0] * (longest - len(each)) + [1] * len(each) for each in prompts]),
        }

    def loss(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """How far the student is from its teacher at a told token, in the mean; and how often it spoke itself."""
        own = model.training and random.random() < self.lmbda  # its state is a part of every checkpoint
        said = self._sampled(model, batch) if own else dict(batch)
        teacher = _teacher(str(self.teacher), batch["input_ids"].device)
        with torch.no_grad():
            wanted = told_logits(teacher, said)
        found = told_logits(model, said)
        loss = _gkd().generalized_jsd_loss(found, wanted, beta=self.beta)
        return loss, {"told": torch.tensor(float(len(found))), "own": torch.tensor(float(own))}

    def _sampled(self, model: Any, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The student's answers to the prompts of a batch, in the shape of `batch`."""
        student = getattr(model, "module", model)  # without what keeps workers in step
        how = GenerationConfig(
            max_new_tokens=self.length, do_sample=True, temperature=self.temperature, top_k=0, top_p=1.0,
            pad_token_id=models.padding(student), eos_token_id=student.generation_config.eos_token_id,
        )  # fmt: skip
        student.eval()
        ids, there, labels = _gkd().generate_on_policy_outputs(student, batch, how)
        student.train()
        rows = [(each[kept], told[kept] != -100) for each, kept, told in zip(ids, there.bool(), labels, strict=True)]
        return {
            "input_ids": pad_sequence([row for row, _ in rows], True, models.padding(student)),
            "told": pad_sequence([told for _, told in rows], True, False),
        }


@lru_cache(maxsize=1)
def _teacher(name: str, device: torch.device) -> Any:
    """The teacher, loaded once in a process."""
    model = AutoModelForCausalLM.from_pretrained(folder_of(name), dtype=torch.float32)
    return model.eval().requires_grad_(False).to(device)


@lru_cache(maxsize=1)
def _gkd() -> Any:
    """TRL's trainer: seconds to import, and no news that it is experimental, for its version is pinned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from trl.experimental.gkd import GKDTrainer
    return GKDTrainer


def _check_shared(teacher: str, tokens: Tokens) -> None:
    Vllm(name=teacher).check()
    own = tokens.tokenizer.get_vocab()
    theirs = AutoTokenizer.from_pretrained(folder_of(teacher)).get_vocab()
    if others := [word for word in own.keys() | theirs.keys() if own.get(word) != theirs.get(word)]:
        word = min(others)
        raise Refused(
            f"teacher={teacher} and the tokenizer of {tokens.name} do not match: {word!r} is {theirs.get(word)} to the "
            f"teacher and {own.get(word)} to the student; a teacher must share the tokenizer of its student"
        )
