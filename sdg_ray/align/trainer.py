"""How a stage is trained: the settings of the steps, and the same in the words of transformers.

Training(rate=3e-7, epochs=3, batch=8, accumulate=16, schedule="constant")
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import TrainingArguments
from transformers.integrations import is_tensorboard_available

from sdg_ray.config import runtime
from sdg_ray.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a stage is trained. A step is of `batch` rows or pairs, `accumulate` times, on each worker.

    `schedule` is one of transformers' by name; `warmup` its steps. `fsdp` spreads weights, gradients and what the
    optimizer keeps over the workers, for models that are too large for one GPU with all of it. What is held out for
    validation is asked before the first step, after the last one, and after every `eval_every` of them. `threads` of a
    CPU: the threads of a small model mostly wait for each other, so one is faster.
    """

    rate: float
    epochs: float = 1.0
    batch: int = 8
    accumulate: int = 1
    schedule: str = "constant_with_warmup"
    warmup: int = 10
    decay: float = 0.0
    clip: float = 1.0
    seed: int = 0
    bf16: bool = False  # mixed precision; weights and optimizer stay in 32 bits
    fsdp: bool = False
    save_every: int = runtime(200)
    log_every: int = runtime(10)
    eval_every: int = runtime(0)
    threads: int | None = runtime(None)

    def __post_init__(self) -> None:
        counts = (self.batch, self.accumulate, self.save_every, self.log_every, self.eval_every + 1)
        if self.rate <= 0 or self.epochs <= 0 or min(counts) < 1:
            raise Refused(f"{self} cannot be: the rate and epochs are above 0, and what is counted is at least 1")

    def arguments(self, folder: Path) -> TrainingArguments:
        """The same in Trainer's words; checkpoints go to `folder`."""
        try:
            return TrainingArguments(
                output_dir=str(folder), learning_rate=self.rate, num_train_epochs=self.epochs,
                per_device_train_batch_size=self.batch, gradient_accumulation_steps=self.accumulate,
                lr_scheduler_type=self.schedule, warmup_steps=self.warmup, weight_decay=self.decay, adam_beta2=0.98,
                max_grad_norm=self.clip, seed=self.seed, data_seed=self.seed, bf16=self.bf16, fsdp=self.fsdp or None,
                save_strategy="steps", save_steps=self.save_every, save_total_limit=2,
                logging_strategy="steps", logging_steps=self.log_every, logging_first_step=True,
                logging_nan_inf_filter=False, report_to=["tensorboard"] if is_tensorboard_available() else [],
                remove_unused_columns=False, dataloader_pin_memory=torch.cuda.is_available(), disable_tqdm=True,
                use_cpu=not torch.cuda.is_available(),  # said, as workers on CPUs do not find each other otherwise
            )  # fmt: skip
        except ValueError as error:
            raise Refused(f"training.schedule={self.schedule} cannot be: {str(error).splitlines()[0]}") from error
