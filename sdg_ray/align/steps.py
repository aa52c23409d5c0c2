"""The steps: `transformers.Trainer` with a stage's loss, complete checkpoints, and a stop at the first NaN.

Trainer brings optimizers, schedules, mixed precision, FSDP, TensorBoard, and the exact state to go on from: weights,
optimizer, schedule, random numbers, and the place in the data. It is subclassed where it has no hook of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from math import isnan
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import Tensor
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from sdg_ray.align import checkpoints, together
from sdg_ray.align.models import padding
from sdg_ray.align.stage import Stage
from sdg_ray.align.validation import validated
from sdg_ray.errors import Refused

SHOWN = 4  # prompts that are named of a bad batch


class Diverged(Refused):
    """Training has met a loss or a gradient that is no number, and has stopped before it reached the weights."""


class Numbered(torch.utils.data.Dataset):
    """Items, each with its number, by which it is named when something is wrong with it."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> tuple[int, Any]:
        return number, self.items[number]


class Steps(Trainer):
    """The steps of one stage on `items`; `held_out` is what it is asked and not trained on, and may be empty."""

    control: Any  # Trainer's

    def __init__(self, stage: Stage, model: Any, items: Sequence[Any], held_out: Sequence[Any],
                 arguments: TrainingArguments, eval_every: int, say: Callable[[str], None]) -> None:  # fmt: skip
        self.stage, self.items, self.held_out, self.tokens = stage, items, held_out, 0
        self.traced: dict[str, list[Tensor]] = defaultdict(list)
        self.padding = padding(model)
        super().__init__(
            model=model, args=arguments, train_dataset=Numbered(items), data_collator=self.collated,
            callbacks=[Watching(say, eval_every if held_out else None)],
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

    def _run_epoch(self, *arguments: Any, **how: Any) -> None:
        """Nothing where all steps were made before a kill: Trainer looks for the end only after a further step."""
        if self.state.global_step >= self.state.max_steps:
            self.control.should_training_stop = True
        else:
            super()._run_epoch(*arguments, **how)

    def training_step(self, model: Any, inputs: dict[str, Tensor], num_items_in_batch: Any = None) -> Tensor:
        """Forward and backward. Raises `Diverged` where the loss or a gradient is no number, on every worker."""
        numbers = inputs.pop("numbers").tolist()
        self.tokens += sum(len(self.items[number]) for number in numbers)
        loss = super().training_step(model, inputs, num_items_in_batch)
        if not self._everywhere(_finite([loss, *(each.grad for each in model.parameters())])):
            raise Diverged(self._stopped(loss, numbers))
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The stage's loss and traces on what is held out, as a line of the log."""
        with self.compute_loss_context_manager():
            found = validated(self.stage, self.model, self.held_out, self.args.per_device_train_batch_size,
                              self.args.device)  # fmt: skip
        figures = {f"eval_{name}": value for name, value in found.items()}
        self.log(dict(figures))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, figures)
        return figures

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Trainer's line of the log, with the means of what was traced since the last one, by all workers."""
        if "loss" in logs:
            own = {name: torch.cat([each.reshape(-1) for each in values]).nanmean().item()
                   for name, values in self.traced.items()}  # fmt: skip
            found = together.gathered(own)
            told = {name: [each[name] for each in found if not isnan(each[name])] for name in own}
            logs |= {name: fmean(values) for name, values in told.items() if values}
            self.traced.clear()
        super().log(logs, start_time)

    def _everywhere(self, well: Tensor) -> bool:
        """Whether all is well on all workers, so that all stop or none."""
        if together.count() == 1:
            return bool(well)
        return bool(self.accelerator.reduce(well.float(), "sum") == together.count())

    def _stopped(self, loss: Tensor, numbers: Sequence[int]) -> str:
        """What is wrong and where, from the first worker whose own loss is no number, if there is one."""
        names = list(dict.fromkeys(name for number in numbers for name in self.items[number].names))
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        own = not torch.isfinite(loss)
        wrong = f"the loss is {loss.item():g}" if own else "a gradient is no finite number"
        told = together.gathered((not own, f"{wrong} at step {self.state.global_step + 1}, in the batch of "
                                           f"{', '.join(names[:SHOWN])}{more}"))  # fmt: skip
        good = checkpoints.newest(Path(self.args.output_dir))
        return (
            f"{min(told, key=lambda one: one[0])[1]}; the last good checkpoint is {good or 'none'}; look at these "
            "rows, or begin elsewhere with a lower training.rate"
        )


class Watching(TrainerCallback):
    """Says how far training is, asks for validation, and commits what Trainer has written."""

    def __init__(self, say: Callable[[str], None], eval_every: int | None) -> None:
        self.say, self.eval_every = say, eval_every

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """How often to write and to log is of this launch: Trainer would take it from the checkpoint."""
        state.save_steps, state.logging_steps = args.save_steps, args.logging_steps

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the last step, and after each so many of them."""
        if self.eval_every is not None:
            due = self.eval_every and state.global_step % self.eval_every == 0
            control.should_evaluate = bool(due or state.global_step >= state.max_steps)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Every file of the checkpoint is written, by all workers: now the one that says so."""
        together.wait()
        if state.is_world_process_zero:
            checkpoints.commit(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        """One line of progress."""
        for name in ("loss", "eval_loss"):
            if state.is_world_process_zero and name in logs:
                what = "loss" if name == "loss" else "validation loss"
                self.say(f"step {state.global_step:,} of {state.max_steps:,}   {what} {logs[name]:.4f}")


def _finite(found: Sequence[Tensor | None]) -> Tensor:
    """Whether all that is there is of finite numbers; of what is spread over workers, this one's part."""
    own = [getattr(each, "_local_tensor", each) for each in found if each is not None]
    return torch.stack([torch.isfinite(each).all() for each in own]).all()
