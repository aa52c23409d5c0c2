"""Training of real models: the figures of TRL, the same weights after a kill, and no step on a NaN."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from sdg_ray.align.distill import Distill
from sdg_ray.align.dpo import Dpo
from sdg_ray.align.models import causal
from sdg_ray.align.reference import referenced
from sdg_ray.align.reward import Reward
from sdg_ray.align.rpo import Rpo
from sdg_ray.align.sft import Sft
from sdg_ray.align.train import train
from sdg_ray.align.trainer import Training
from sdg_ray.config import build, compose
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused
from tests.align.sets import SHORT, Killed, export_of, killed_at, logged, of, pocket_tokens, trained
from tests.export.runs import loaded, row

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return export_of(tmp_path_factory.mktemp("data"))


def of_trl(trainer: Any) -> float:
    trainer.train()
    return trainer.state.log_history[0]["loss"]


def settings(folder: Path) -> dict[str, Any]:
    """All eight rows in one step, on the CPU, that tells nobody."""
    return {
        "output_dir": str(folder), "max_steps": 1, "per_device_train_batch_size": 8, "use_cpu": True, "bf16": False,
        "report_to": [], "save_strategy": "no", "logging_steps": 1, "disable_tqdm": True,
    }  # fmt: skip


def test_sft_has_the_loss_that_trl_has_on_the_same_rows(data: str, tmp_path: Path) -> None:
    from trl import SFTConfig, SFTTrainer

    stage, tokens = Sft(longest=60), pocket_tokens()
    items = stage.examples(of(data), "train", tokens).items
    assert 1 < len(items) < 8  # packed, as TRL's are not
    ours = stage.loss(causal("pocket/base", tokens, 0), stage.batch(items, 0))[0].item()
    theirs = SFTTrainer(
        model=causal("pocket/base", tokens, 0), args=SFTConfig(assistant_only_loss=True, **settings(tmp_path)),
        train_dataset=loaded(Path(data), "sft")["train"], processing_class=tokens.tokenizer,
    )  # fmt: skip
    assert ours == pytest.approx(of_trl(theirs), abs=1e-4)


def test_dpo_has_the_loss_that_trl_has_on_the_same_pairs(data: str, tmp_path: Path) -> None:
    from trl import DPOConfig, DPOTrainer

    stage, tokens = Dpo(beta=0.3), pocket_tokens()
    reference, policy = causal("pocket/base", tokens, 0), causal("pocket/instruct", tokens, 0)
    pairs = stage.examples(of(data), "train", tokens).items[:7]  # of the dialogue, TRL learns what the user says, too
    items = referenced(reference, pairs, tmp_path, rows=3)
    loss, traced = stage.loss(policy, stage.batch(items, 0))
    theirs = DPOTrainer(
        model=policy, ref_model=reference, args=DPOConfig(beta=0.3, **settings(tmp_path / "trl")),
        train_dataset=loaded(Path(data), "preference")["train"].select(range(7)), processing_class=tokens.tokenizer,
    )  # fmt: skip
    assert abs(traced["gap"].item()) > 1  # there is something to be wrong about
    assert loss.item() == pytest.approx(of_trl(theirs), rel=1e-4)
    assert traced["chosen_logprob"].item() == pytest.approx(theirs.state.log_history[0]["logps/chosen"], rel=1e-4)
    assert traced["preferred"].item() == pytest.approx(theirs.state.log_history[0]["rewards/accuracies"])


def test_preference_training_widens_the_gap_and_begins_at_its_reference(data: str, tmp_path: Path) -> None:
    made = trained(Rpo(beta=0.1), data, tmp_path / "rpo", SHORT)
    assert logged(made, "gap")[0] == pytest.approx(0, abs=1e-3)
    assert logged(made, "gap")[-1] > 1 and logged(made, "loss")[-1] < logged(made, "loss")[0]
    assert made.steps == 4 and made.rows == 8 and made.table().row_count > 8


@pytest.mark.parametrize(
    ("stage", "training"),
    [
        (Sft(longest=40), replace(SHORT, accumulate=1)),
        (Dpo(nll=1e-3), SHORT),
        (Distill(teacher="pocket/instruct", length=8), SHORT),
    ],
    ids=["sft", "dpo", "distill"],
)
@pytest.mark.parametrize("step", [2, 3])  # within an epoch, and between two
def test_a_killed_training_ends_with_the_same_weights(
    stage: Any, training: Training, step: int, data: str, tmp_path: Path
) -> None:
    whole = trained(stage, data, tmp_path / "whole", training)

    with pytest.raises(Killed):
        trained(stage, data, tmp_path / "killed", training, say=killed_at(step))
    last = tmp_path / "killed" / "checkpoints" / f"checkpoint-{step - 1}"
    half = last.with_name(f"checkpoint-{step}")
    shutil.copytree(last, half)  # what a kill leaves of the next one, while it is written
    (half / "complete.json").unlink()
    (half / "model.safetensors").write_bytes(b"half")
    again = trained(stage, data, tmp_path / "killed", training)
    assert whole.steps == again.steps > step and again.since == step - 1
    for name in (f"checkpoints/checkpoint-{whole.steps}/model.safetensors", "model.safetensors"):
        first, second = (load_file(tmp_path / folder / name) for folder in ("whole", "killed"))
        assert first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)
    assert logged(whole, "loss") == logged(again, "loss")  # the traces go on, too


def test_a_part_of_an_epoch_is_not_made_longer_by_a_kill(data: str, tmp_path: Path) -> None:
    training = replace(SHORT, accumulate=1, epochs=1.5)
    whole = trained(Dpo(), data, tmp_path / "to", training)
    before = load_file(tmp_path / "to" / "model.safetensors")
    for name in ("config.json", "model.safetensors"):  # killed while it was written
        (tmp_path / "to" / name).unlink()
    again = trained(Dpo(), data, tmp_path / "to", training)
    assert whole.steps == again.steps == again.since == 6
    after = load_file(tmp_path / "to" / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_how_often_is_saved_and_logged_may_change_from_launch_to_launch(data: str, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        trained(Dpo(), data, tmp_path, say=killed_at(2))
    again = trained(Dpo(), data, tmp_path, replace(SHORT, save_every=100, log_every=3))
    assert [line["step"] for line in again.log if "loss" in line] == [1, 3]
    assert sorted(path.name for path in (tmp_path / "checkpoints").glob("checkpoint-*")) == [
        "checkpoint-1",
        "checkpoint-4",
    ]


def test_another_model_in_the_same_folder_is_another_training(data: str, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(Vllm(name="pocket/base").folder, model)
    with pytest.raises(Killed):
        trained(Dpo(), data, tmp_path / "begun", model=str(model), say=killed_at(1))
    with pytest.raises(Killed):
        trained(Dpo(), data, tmp_path / "to", model=str(model), say=killed_at(2))
    shutil.copy(Path(Vllm(name="pocket/base_early").folder) / "model.safetensors", model)  # of the very same size
    fresh = trained(Dpo(), data, tmp_path / "begun", model=str(model))
    assert logged(fresh, "gap")[0] == pytest.approx(0, abs=1e-3), "compared with what the other one had said"
    with pytest.raises(Refused, match="begun with other settings: model: .*model@.* -> .*model@"):
        trained(Dpo(), data, tmp_path / "to", model=str(model))


def test_a_model_without_its_checkpoints_is_still_of_its_settings(data: str, tmp_path: Path) -> None:
    trained(Sft(longest=40), data, tmp_path)
    for path in (tmp_path / "checkpoints").glob("checkpoint-*"):
        shutil.rmtree(path)  # to have the disk back
    with pytest.raises(Refused, match="begun with other settings: stage.longest: 40 -> 41"):
        trained(Sft(longest=41), data, tmp_path)
    assert train(Sft(longest=40), SHORT, data=data, model="pocket/base", to=str(tmp_path)) is None


@pytest.mark.parametrize("stage", [Dpo(), Rpo()], ids=["dpo", "rpo"])
def test_a_stage_of_preferences_has_its_nll_term(stage: Any, data: str, tmp_path: Path) -> None:
    model = causal("pocket/base", pocket_tokens(), 0)
    items = referenced(model, stage.examples(of(data), "train", pocket_tokens()).items, tmp_path, rows=8)
    batch = stage.batch(items, 0)
    without, traced = replace(stage, nll=0.0).loss(model, batch)
    assert traced["chosen_logprob"].item() < -1
    weighed = replace(stage, nll=0.5).loss(model, batch)[0] - without
    assert weighed.item() == pytest.approx(-0.5 * traced["chosen_logprob"].item(), rel=1e-4)


def test_the_reference_is_asked_once(data: str, tmp_path: Path) -> None:
    items = Dpo().examples(of(data), "train", pocket_tokens()).items
    first = referenced(causal("pocket/base", pocket_tokens(), 0), items, tmp_path, rows=4)
    assert referenced(None, items, tmp_path, rows=4) == first
    assert first[0].reference is not None and first[0].reference[0] != first[0].reference[1]


def test_a_loss_that_is_no_number_stops_before_it_reaches_the_weights(tmp_path: Path) -> None:
    rows = [row(n, score_reward=[2.0, 3.0, 2.0]) for n in range(5)] + [row(5, score_reward=[3.0, 3.0, 2.0])]
    data = export_of(tmp_path, rows=rows)
    stage = Rpo(distance="squared", eta=1e30)  # equal rewards are well, others are infinitely far
    training = Training(rate=1e-4, batch=1, save_every=1, log_every=1, seed=1)
    with pytest.raises(Refused) as refused:
        trained(stage, data, tmp_path / "to", training)
    kept = sorted(path.name for path in (tmp_path / "to" / "checkpoints").glob("checkpoint-*"))
    step = int(kept[-1].rpartition("-")[2]) + 1 if kept else 1
    good = tmp_path / "to" / "checkpoints" / kept[-1] if kept else "none"
    assert str(refused.value) == (
        f"the loss is inf at step {step}, in the batch of p00005; the last good "
        f"checkpoint is {good}; look at these rows, or begin elsewhere with a lower training.rate"
    )
    for path in kept[-1:]:
        weights = load_file(tmp_path / "to" / "checkpoints" / path / "model.safetensors")
        assert all(torch.isfinite(each).all() for each in weights.values())
    assert not (tmp_path / "to" / "config.json").exists()


def test_other_settings_a_damaged_checkpoint_and_a_strange_folder_are_refused(data: str, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        trained(Sft(longest=40), data, tmp_path / "to", say=killed_at(1))
    trained_at = tmp_path / "to" / "checkpoints"
    with pytest.raises(Killed):  # nothing has been trained yet, so other settings may come
        trained(Sft(longest=41), data, tmp_path / "to", say=killed_at(2))
    with pytest.raises(Refused, match="begun with other settings: stage.longest: 41 -> 42; choose another place"):
        trained(Sft(longest=42), data, tmp_path / "to")
    file = trained_at / "checkpoint-1" / "optimizer.pt"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(Refused, match=r"checkpoint-1 is damaged: optimizer.pt has 1,000 bytes, not [\d,]+; delete"):
        trained(Sft(longest=41), data, tmp_path / "to")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    with pytest.raises(Refused, match="has a model that was not trained there"):
        trained(Sft(), data, tmp_path / "model")


def test_an_empty_set_is_refused(data: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has nothing to train on: 8 are longer than 3 tokens; look at what was exported"):
        trained(Sft(longest=3), data, tmp_path)


def test_a_model_is_spread_over_gpus_of_workers_or_not_at_all(data: str, tmp_path: Path) -> None:
    arguments = replace(SHORT, fsdp=True).arguments(tmp_path)
    assert arguments.fsdp and arguments.fsdp_plugin_args["reshard_after_forward"]  # full shards
    with pytest.raises(Refused, match="over GPUs of several workers, and there is 1 with cpu: set workers=N"):
        trained(Sft(longest=40), data, tmp_path, replace(SHORT, fsdp=True))


def test_every_stage_of_the_config_can_be_built() -> None:
    stages = compose("align", ["data=here", "to=there", "teacher=pocket/instruct"]).stages
    assert {name: (type(build(each.loss)), type(build(each.training))) for name, each in stages.items()} == {
        "sft": (Sft, Training), "code": (Sft, Training), "general": (Sft, Training), "dpo": (Dpo, Training),
        "rpo": (Rpo, Training), "reward": (Reward, Training), "distill": (Distill, Training),
    }  # fmt: skip
