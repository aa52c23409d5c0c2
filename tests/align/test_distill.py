"""On-policy distillation: TRL's figures, a student that comes closer to its teacher, and who may teach whom."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from sdg_ray.align.distill import Distill
from sdg_ray.align.logprobs import told_logits
from sdg_ray.align.models import causal
from sdg_ray.align.trainer import Training
from sdg_ray.errors import Refused
from tests.align.sets import export_of, logged, of, pocket_tokens, trained
from tests.align.test_data import changed_tokenizer
from tests.export.runs import loaded, said

pytestmark = pytest.mark.usefixtures("one_thread")


def asked(at: Path, count: int) -> str:
    """Questions of the world, with an answer that is wrong; every fourth is held out."""
    (at / "sft").mkdir(parents=True)
    for split, keep in (("train", lambda n: n % 4), ("validation", lambda n: not n % 4)):
        rows = [{"messages": [said("user", f"What is {n} plus {n + 3}?"), said("assistant", "pears")]}
                for n in range(count) if keep(n)]  # fmt: skip
        (at / "sft" / f"{split}-0.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    return str(at)


def apart(student: str, data: str) -> float:
    """KL of the teacher from a student, at the tokens that the teacher itself says to what is held out."""
    tokens = pocket_tokens()
    stage = Distill(teacher="pocket/instruct", lmbda=1.0, length=12)
    teacher = causal("pocket/instruct", tokens, 0)
    items = stage.examples(of(data), "validation", tokens).items
    torch.manual_seed(5)
    said_by_teacher = stage._sampled(teacher, stage.batch(items, 0))
    with torch.no_grad():
        right = told_logits(teacher, said_by_teacher).log_softmax(-1)
        other = told_logits(causal(student, tokens, 0).eval(), said_by_teacher).log_softmax(-1)
    return (right.exp() * (right - other)).sum(-1).mean().item()


@pytest.mark.parametrize("lmbda", [1.0, 0.0])
def test_the_student_moves_towards_its_teacher(lmbda: float, tmp_path: Path) -> None:
    """Everywhere that it comes to by itself; taught on bad answers of others, only there."""
    data = asked(tmp_path / "data", 64)
    stage = Distill(teacher="pocket/instruct", lmbda=lmbda, beta=0.0, length=12)
    how = Training(rate=1e-3, batch=8, warmup=2, log_every=1, epochs=2, save_every=100)
    made = trained(stage, data, tmp_path / "to", how)
    assert (apart(str(tmp_path / "to"), data) < 0.7 * apart("pocket/base", data)) == (lmbda == 1)
    assert logged(made, "own") == [lmbda] * made.steps
    assert logged(made, "eval_loss")[-1] < logged(made, "eval_loss")[0] or lmbda == 1


def test_loss_is_that_of_trl_on_the_same_rows(tmp_path: Path) -> None:
    from trl.experimental.gkd import GKDConfig, GKDTrainer

    data, tokens = export_of(tmp_path), pocket_tokens()
    stage = Distill(teacher="pocket/instruct", lmbda=0.0, beta=0.3)
    items = stage.examples(of(data), "train", tokens).items
    ours = stage.loss(causal("pocket/base", tokens, 0), stage.batch(items, 0))[0].item()
    theirs = GKDTrainer(
        model=causal("pocket/base", tokens, 0), teacher_model=causal("pocket/instruct", tokens, 0),
        args=GKDConfig(
            lmbda=0.0, beta=0.3, output_dir=str(tmp_path / "trl"), max_steps=1, per_device_train_batch_size=8,
            use_cpu=True, bf16=False, report_to=[], save_strategy="no", logging_steps=1, disable_tqdm=True,
        ),
        train_dataset=loaded(Path(data), "sft")["train"], processing_class=tokens.tokenizer,
    )  # fmt: skip
    theirs.train()
    assert ours == pytest.approx(theirs.state.log_history[0]["loss"], rel=1e-3)


def test_what_the_student_says_is_told_and_its_prompt_is_not(tmp_path: Path) -> None:
    tokens = pocket_tokens()
    stage = Distill(teacher="pocket/instruct", length=6)
    items = stage.examples(of(export_of(tmp_path)), "train", tokens).items
    torch.manual_seed(0)
    made = stage._sampled(causal("pocket/instruct", tokens, 0), stage.batch(items, 0))
    for item, ids, told in zip(items, made["input_ids"], made["told"], strict=True):
        here = len(item.prompt)
        assert tuple(ids[:here].tolist()) == item.prompt and not told[:here].any()
        assert 1 <= told.sum() <= 6 and told[here : here + int(told.sum())].all()
        ends = [n for n, one in enumerate(ids[here:].tolist()) if one == tokens.tokenizer.eos_token_id]
        assert told.sum() == (ends[0] + 1 if ends else 6)  # up to where it ends its turn, and not beyond


def refusal(**how: Any) -> str:
    with pytest.raises(Refused) as refused:
        Distill(**how)
    return str(refused.value)


def test_a_teacher_with_another_tokenizer_is_refused_by_name(tmp_path: Path) -> None:
    def renamed(written: dict[str, Any]) -> None:
        words = written["model"]["vocab"]
        words["A"], words["B"] = words["B"], words["A"]

    other = changed_tokenizer(tmp_path, renamed)
    data, own = export_of(tmp_path), pocket_tokens().tokenizer.get_vocab()
    with pytest.raises(Refused) as refused:
        Distill(teacher=other).examples(of(data), "train", pocket_tokens())
    assert str(refused.value) == (
        f"teacher={other} and the tokenizer of pocket/base do not match: 'A' is {own['B']} to the teacher and "
        f"{own['A']} to the student; a teacher must share the tokenizer of its student"
    )
    config = json.loads(Path(other, "config.json").read_text())
    Path(other, "config.json").write_text(json.dumps({**config, "vocab_size": 2000}))
    with pytest.raises(Refused, match=r"has embeddings for 2,000 tokens and model=pocket/base for 1,792; choose two"):
        Distill(teacher=other).load("pocket/base", pocket_tokens(), 0)


def test_settings_that_cannot_be_are_refused() -> None:
    assert refusal(teacher=None).startswith("teacher=MODEL must be given for stage=distill")
    assert "lmbda and beta are from 0 to 1" in refusal(teacher="m", lmbda=1.5)
    assert replace(Distill(teacher="m"), lmbda=1.0).lmbda == 1
