"""The steps: `transformers.Trainer` with a stage's loss, complete checkpoints, and a stop at the first NaN.

Trainer brings optimizers, schedules, mixed precision, FSDP, TensorBoard, and the exact state to go on from: weights,
optimizer, schedule, random numbers, and the place in the data. It is subclassed where it has no hook of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.integrations import is_tensorboard_available
from transformers.trainer_callback import PrinterCallback

from sdg_ray.align import checkpoints
from sdg_ray.align.models import padding
from sdg_ray.align.stage import Stage
from sdg_ray.config import runtime
from sdg_ray.errors import Refused

SHOWN = 4  # prompts that are named of a bad batch


class Diverged(Refused):
    """Training has met a loss or a gradient that is no number, and has stopped before it reached the weights."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a stage is trained. A step is of `batch` rows or pairs, `accumulate` times, on each device.

    `schedule` is one of transformers' by name; `warmup` its steps.
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
    save_every: int = runtime(200)
    log_every: int = runtime(10)

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.epochs <= 0 or min(self.batch, self.accumulate, self.save_every, self.log_every) < 1:
            raise Refused(f"{self} cannot be: the rate and epochs are above 0, and what is counted is at least 1")

    def arguments(self, folder: Path) -> TrainingArguments:
        """The same in Trainer's words; checkpoints go to `folder`."""
        try:
            return TrainingArguments(
                output_dir=str(folder), learning_rate=self.rate, num_train_epochs=self.epochs,
                per_device_train_batch_size=self.batch, gradient_accumulation_steps=self.accumulate,
                lr_scheduler_type=self.schedule, warmup_steps=self.warmup, weight_decay=self.decay, adam_beta2=0.98,
                max_grad_norm=self.clip, seed=self.seed, data_seed=self.seed, bf16=self.bf16,
                save_strategy="steps", save_steps=self.save_every, save_total_limit=2,
                logging_strategy="steps", logging_steps=self.log_every, logging_first_step=True,
                logging_nan_inf_filter=False, report_to=["tensorboard"] if is_tensorboard_available() else [],
                remove_unused_columns=False, dataloader_pin_memory=torch.cuda.is_available(), disable_tqdm=True,
            )  # fmt: skip
        except ValueError as error:
            raise Refused(f"training.schedule={self.schedule} cannot be: {str(error).splitlines()[0]}") from error


class Numbered(torch.utils.data.Dataset):
    """Items, each with its number, by which it is named when something is wrong with it."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> tuple[int, Any]:
        return number, self.items[number]


class Steps(Trainer):
    """The steps of one stage."""

    def __init__(self, stage: Stage, model: Any, items: Sequence[Any], arguments: TrainingArguments,
                 say: Callable[[str], None]) -> None:  # fmt: skip
        self.stage, self.items, self.tokens = stage, items, 0
        self.traced: dict[str, list[Tensor]] = defaultdict(list)
        self.padding = padding(model)
        super().__init__(
            model=model, args=arguments, train_dataset=Numbered(items), data_collator=self.collated,
            callbacks=[Watching(say)],
        )  # fmt: skip
        self.loss_is_scaled_for_ga = False  # a loss is a mean over its own batch
        self.remove_callback(PrinterCallback)

    def collated(self, numbered: Sequence[tuple[int, Any]]) -> dict[str, Tensor]:
        """A batch, and the numbers of its items."""
        numbers = torch.tensor([number for number, _ in numbered])
        return {"numbers": numbers} | self.stage.batch([item for _, item in numbered], self.padding)

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], **_: Any) -> Tensor:
        """The stage's loss; what it traces waits for the next line of the log."""
        loss, traced = self.stage.loss(model, inputs)
        for name, value in traced.items():
            self.traced[name].append(value.detach())
        return loss

    def training_step(self, model: Any, inputs: dict[str, Tensor], num_items_in_batch: Any = None) -> Tensor:
        """Forward and backward. Raises `Diverged` where the loss or a gradient is no number."""
        numbers = inputs.pop("numbers").tolist()
        self.tokens += sum(len(self.items[number]) for number in numbers)
        loss = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            raise Diverged(self._stopped(f"the loss is {loss.item():g}", numbers))
        if not all(torch.isfinite(each.grad).all() for each in model.parameters() if each.grad is not None):
            raise Diverged(self._stopped("a gradient is no finite number", numbers))
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Trainer's line of the log, with the means of what was traced since the last one."""
        if "loss" in logs:
            logs |= {name: torch.stack(values).mean().item() for name, values in self.traced.items()}
            self.traced.clear()
        super().log(logs, start_time)

    def _stopped(self, wrong: str, numbers: Sequence[int]) -> str:
        names = list(dict.fromkeys(name for number in numbers for name in self.items[number].names))
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        good = checkpoints.newest(Path(self.args.output_dir))
        return (
            f"{wrong} at step {self.state.global_step + 1}, in the batch of {', '.join(names[:SHOWN])}{more}; the last "
            f"good checkpoint is {good or 'none'}; look at these rows, or begin elsewhere with a lower training.rate"
        )


class Watching(TrainerCallback):
    """Says how far training is, and commits what Trainer has written."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Every file of the checkpoint is written: now the one that says so."""
        if state.is_world_process_zero:
            checkpoints.commit(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        """One line of progress."""
        if state.is_world_process_zero and "loss" in logs:
            self.say(f"step {state.global_step:,} of {state.max_steps:,}   loss {logs['loss']:.4f}")
