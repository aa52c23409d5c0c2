"""TRL itself: the pocket models take a training step from the exported sets, read as they lie."""

import math
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.engines.weights import POCKET
from tests.export.runs import exported, loaded
from tests.small import run_here, small_recipe

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("one_thread")]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TRL sets of a small run."""
    folder = tmp_path_factory.mktemp("trl")
    run_here(small_recipe(shards=2, rows=8), folder / "runs")
    assert exported(folder / "runs", folder / "out", "format=trl", "validation=0.2") == 0
    return folder / "out"


def settings(folder: Path) -> dict[str, Any]:
    """One step on the CPU, with an evaluation, that tells nobody and keeps nothing."""
    return {
        "output_dir": str(folder),
        "max_steps": 1,
        "per_device_train_batch_size": 2,
        "per_device_eval_batch_size": 2,
        "learning_rate": 1e-3,
        "use_cpu": True,
        "bf16": False,
        "report_to": [],
        "save_strategy": "no",
        "logging_steps": 1,
        "eval_strategy": "steps",
        "eval_steps": 1,
        "disable_tqdm": True,
    }


def model_and_tokenizer(name: str) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = POCKET / name
    return AutoModelForCausalLM.from_pretrained(folder, dtype="float32"), AutoTokenizer.from_pretrained(folder)


def step(trainer: Any) -> dict[str, float]:
    """Train; what was logged, once the weights are seen to have moved."""
    before = {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}
    trainer.train()
    assert any(not weight.equal(before[name]) for name, weight in trainer.model.named_parameters())
    return {key: value for entry in trainer.state.log_history for key, value in entry.items()}


def test_sft_takes_a_step_on_the_answers_alone(sets: Path, tmp_path: Path) -> None:
    from trl import SFTConfig, SFTTrainer

    model, tokenizer = model_and_tokenizer("base")
    rows = loaded(sets, "sft")
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(assistant_only_loss=True, **settings(tmp_path)),
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        processing_class=tokenizer,
    )
    batch = next(iter(trainer.get_train_dataloader()))
    learnt = tokenizer.batch_decode([row[row != -100] for row in batch["labels"]])
    answers = {row["messages"][-1]["content"] for row in rows["train"]}
    assert all(text.removesuffix("<|end|>") in answers for text in learnt)
    logged = step(trainer)
    assert math.isfinite(logged["loss"]) and math.isfinite(logged["eval_loss"])


def test_dpo_takes_a_step(sets: Path, tmp_path: Path) -> None:
    from trl import DPOConfig, DPOTrainer

    model, tokenizer = model_and_tokenizer("base")
    rows = loaded(sets, "preference")
    trainer = DPOTrainer(
        model=model,
        args=DPOConfig(**settings(tmp_path)),
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        processing_class=tokenizer,
    )
    logged = step(trainer)
    assert logged["loss"] == pytest.approx(math.log(2), abs=1e-3)  # policy and reference are equal before the step
    assert "rewards/margins" in logged and math.isfinite(logged["eval_loss"])
