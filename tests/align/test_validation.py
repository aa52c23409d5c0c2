"""What is held out: asked before, between and after the steps, without a trace in the weights."""

import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from sdg_ray.align.agreement import agreement, correlation
from sdg_ray.align.dpo import Dpo
from sdg_ray.align.exported import conversations
from sdg_ray.align.graded import grades
from sdg_ray.align.logprobs import of_model, told_sum
from sdg_ray.align.models import causal
from sdg_ray.align.reward import Graded, Reward
from sdg_ray.align.sft import Sft
from sdg_ray.align.tokens import Said
from sdg_ray.align.validation import validated
from sdg_ray.scorers.reward_model import ATTRIBUTES
from tests.align.sets import SHORT, Killed, export_of, graded, killed_at, logged, of, pocket_tokens, trained
from tests.export.runs import row

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An export of which about a third is held out."""
    rows = [row(number, f"{'Why? ' * number}What is {number}?") for number in range(18)]
    return export_of(tmp_path_factory.mktemp("data"), "validation=0.35", rows=rows)


def test_validation_is_the_mean_over_all_told_tokens_before_and_after(data: str, tmp_path: Path) -> None:
    stage = Sft(longest=60)
    held_out = stage.examples(of(data), "validation", pocket_tokens()).items
    asked_about = [name for item in held_out for name in item.names]
    assert 2 < len(held_out) < len(asked_about)  # packed
    made = trained(stage, data, tmp_path / "to", replace(SHORT, eval_every=2))

    def mean(model: str) -> float:
        with torch.no_grad():
            scores, told = of_model(causal(model, pocket_tokens(), 0), stage.batch(held_out, 0))
        return -told_sum(scores, told).sum().item() / int(told.sum())

    losses = logged(made, "eval_loss")
    asked = [line["step"] for line in made.log if "eval_loss" in line]
    assert asked == [0, *range(2, made.steps, 2), made.steps]
    assert losses[0] == pytest.approx(mean("pocket/base"), rel=1e-4)
    assert losses[-1] == pytest.approx(mean(str(tmp_path / "to")), rel=0.02) and losses[-1] < losses[0]
    figures = json.loads((tmp_path / "to" / "figures.json").read_text())
    assert figures == {"rows": len(asked_about), "loss": losses[-1]}
    assert 0 < made.packed < made.rows == len(of(data).rows(conversations, "train").rows) - sum(made.left_out.values())
    printed = io.StringIO()
    Console(file=printed, width=120).print(made.table())
    assert "validation, last" in printed.getvalue() and f"{losses[-1]:.4g}" in printed.getvalue()


def test_validation_leaves_no_trace_in_the_weights_killed_or_not(data: str, tmp_path: Path) -> None:
    stage = Dpo(beta=0.1)
    asked, plain = replace(SHORT, eval_every=1), tmp_path / "plain"
    whole = trained(stage, data, tmp_path / "whole", asked)
    with pytest.raises(Killed):
        trained(stage, data, tmp_path / "killed", asked, say=killed_at(3))
    again = trained(stage, data, tmp_path / "killed", asked)
    (tmp_path / "without" / "preference").mkdir(parents=True)
    for file in Path(data, "preference").glob("train-*"):
        (tmp_path / "without" / "preference" / file.name).write_bytes(file.read_bytes())
    none = trained(stage, str(tmp_path / "without"), plain)
    assert again.since == 2 and again.log[:-1] == whole.log[:-1] and not logged(none, "eval_loss")
    assert logged(whole, "eval_gap")[0] == pytest.approx(0, abs=1e-3) and logged(whole, "eval_gap")[-1] > 0
    assert not (plain / "figures.json").exists()
    weights = [load_file(at / "model.safetensors") for at in (tmp_path / "whole", tmp_path / "killed", plain)]
    for other in weights[1:]:
        assert all(torch.equal(weights[0][name], other[name]) for name in weights[0])


def test_a_reward_model_is_measured_on_the_file_beside_its_own(tmp_path: Path) -> None:
    graded(tmp_path / "validation.jsonl", [
        {"prompt": f"Is it {n}?", "response": "yes " * (1 + word), "helpfulness": 4 * word, "correctness": n % 5,
         "coherence": 4, "complexity": None, "verbosity": 1}
        for n in range(6) for word in range(2)
    ])  # fmt: skip
    made = trained(Reward(), graded(tmp_path / "train.jsonl"), tmp_path / "to", replace(SHORT, epochs=1))
    figures = json.loads((tmp_path / "to" / "figures.json").read_text())
    assert figures["rows"] == 12 and figures["pairs"] == 6 and figures["equal_pairs"] == 0
    assert figures["loss"] == pytest.approx(logged(made, "eval_loss")[-1])
    assert "eval_loss" in made.log[-2] and "train_runtime" in made.log[-1]  # asked as a part of the last step
    assert -1 <= figures["correlation_helpfulness"] <= 1 and 0 <= figures["scalar_pair_accuracy"] <= 1
    assert "correlation_complexity" not in figures and "correlation_coherence" not in figures  # unknown, and all equal


@pytest.mark.parametrize("rows", [2, 3, 4, 8])
def test_what_few_have_is_a_mean_over_these_whatever_the_batch(rows: int) -> None:
    unknown = [-100.0] * 4
    items = [Graded(names=(str(n),), said=Said(ids=(5, 6), told=(False, True)), prompt="p",
                    labels=(1.0, *unknown) if n < 5 else (*unknown, 3.0)) for n in range(8)]  # fmt: skip

    class Silent(torch.nn.Module):
        config = SimpleNamespace(pad_token_id=0)

        def forward(self, input_ids: torch.Tensor, use_cache: bool) -> Any:
            return SimpleNamespace(logits=torch.zeros(len(input_ids), 5))

    found = validated(Reward(), Silent(), items, rows, torch.device("cpu"))
    assert found == {"loss": pytest.approx((5 * 1 + 3 * 9) / 8), "helpfulness": 1.0, "verbosity": 9.0}


def test_a_dataset_has_a_split_for_validation_or_none(tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    (tmp_path / "one").mkdir()
    graded(tmp_path / "both" / "train.jsonl")
    graded(tmp_path / "both" / "validation.jsonl", [{"prompt": "?", "response": "!"} | dict.fromkeys(ATTRIBUTES, 1)])
    graded(tmp_path / "one" / "train.jsonl")
    found = {at: [len(list(grades(str(tmp_path / at), split))) for split in ("train", "validation")]
             for at in ("both", "one")}  # fmt: skip
    assert found == {"both": [12, 1], "one": [12, 0]}
    assert [len(list(grades(str(tmp_path / "both" / "train.jsonl"), split))) for split in ("train", "validation")] == [
        12,
        1,
    ]
    assert not list(grades(graded(tmp_path / "rows.jsonl"), "validation"))


def test_agreement_is_what_it_is_by_hand() -> None:
    labels = [[4, 2, 3, 1, 0], [1, 2, 3, 1, 0], [4, 2, 3, 1, 0], [4, 2, 3, 1, 0], [0, 2, -100, 1, 0]]
    values = [[3.0, 1, 0, 0, 0], [2.0, 4, 0, 0, 0], [2.5, 2, 0, 0, 0], [3.5, 3, 0, 0, 0], [3.5, 0, 9, 0, 0]]
    prompts, lengths = ["p", "p", "q", "q", "q"], [10, 10, 20, 30, 99]
    found = agreement(values, labels, prompts, lengths, [0.0, 1.0, 0.0, 0.0, 0.0])
    helpful = torch.tensor([row[0] for row in values]), torch.tensor([float(row[0]) for row in labels])
    assert found["correlation_helpfulness"] == pytest.approx(torch.corrcoef(torch.stack(helpful))[0, 1].item())
    assert "correlation_correctness" not in found and "correlation_coherence" not in found
    assert found["pairs"] == 3  # 0 before 1; 2 and 3 before 4; 2 and 3 are equally helpful
    assert found["pair_accuracy"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert found["scalar_pair_accuracy"] == pytest.approx((0 + 1 + 1) / 3)
    assert found["equal_pairs"] == 3 and found["longer_wins"] == 1  # among 0, 2 and 3, by the scalar 1, 2, 3
    assert found["length_correlation"] == pytest.approx(1)
    assert correlation(torch.tensor([1.0, 2, 3]), torch.tensor([3.0, 2, 1])) == pytest.approx(-1)


def test_length_is_looked_at_only_where_all_labels_are_equal() -> None:
    labels = [[4, 2, 3, 1, 0], [3, 2, 3, 1, 0]]
    found = agreement([[4.0, 0, 0, 0, 0], [1.0, 0, 0, 0, 0]], labels, ["p", "q"], [9, 1], [1.0, 0, 0, 0, 0])
    assert not {"length_correlation", "longer_wins", "pair_accuracy"} & found.keys()
