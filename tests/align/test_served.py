"""What jobs/align.py has trained, on the engine that runs use: no step in between."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from jobs.align import main
from sdg_ray.align.models import regressing
from sdg_ray.config import build, compose
from sdg_ray.engines import Sampling
from tests.align.sets import export_of, graded, pocket_tokens

pytestmark = pytest.mark.engine


def align(*arguments: str) -> str:
    """`python jobs/align.py` with these settings: what it prints.

    In one thread, for threads of models this small only wait for each other; vLLM has its own mind on that.
    """
    printed, threads = io.StringIO(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert main(arguments, Console(width=120, file=printed)) == 0
    finally:
        torch.set_num_threads(threads)
    return printed.getvalue()


def served(name: Path, role: str) -> Any:
    """The model, loaded as runs load the one that plays this role."""
    chosen = compose("generate", ["run=served"]).model[role]
    chosen.name = str(name)
    return build(chosen).start()


def test_the_job_trains_what_vllm_serves(tmp_path: Path) -> None:
    rows = "".join(json.dumps(each) + "\n" for each in
                   [{"messages": [{"role": "user", "content": f"Say {n}!"}, {"role": "assistant", "content": "pears"}]}
                    for n in range(40)])  # fmt: skip
    (tmp_path / "set" / "sft").mkdir(parents=True)
    (tmp_path / "set" / "sft" / "train-0.jsonl").write_text(rows)
    to, data = str(tmp_path / "sft"), export_of(tmp_path)
    words = ["stage=sft", f"data={tmp_path / 'set'}", f"to={to}", "stages.sft.loss.longest=64",
             "stages.sft.training.epochs=6", "stages.sft.training.batch=2"]  # fmt: skip
    assert "tokens/s" in align(*words)
    assert "nothing to do" in align(*words)
    align("stage=rpo", f"data={data}", f"model={to}", f"to={tmp_path / 'rpo'}", "stages.rpo.training.rate=1e-6")
    session = served(tmp_path / "rpo", "generator")
    asked = session.generate([{"role": "user", "content": "Say 7!"}], 1, 0, Sampling(temperature=0, max_tokens=20))
    answer = asyncio.run(asked).candidates[0]
    assert (answer.text, answer.finish) == ("pears", "stop")
    assert json.loads((tmp_path / "rpo" / "config.json").read_text())["dtype"] == "bfloat16"


def test_a_trained_reward_model_is_served_with_its_raw_values(tmp_path: Path) -> None:
    data, to = graded(tmp_path / "graded.jsonl"), tmp_path / "reward"
    assert "helpfulness" in align("stage=reward", f"data={data}", "model=pocket/instruct", f"to={to}",
                                  "stages.reward.training.epochs=20", "stages.reward.training.batch=4")  # fmt: skip
    chat = [{"role": "user", "content": "What is 3?"}, {"role": "assistant", "content": "It is 3."}]
    read = asyncio.run(served(to, "reward").classify(chat)).values
    tokens = pocket_tokens()
    ids = torch.tensor([tokens.read(chat).ids])
    with torch.no_grad():
        own = regressing(str(to), tokens, 0).eval()(input_ids=ids).logits[0].tolist()
    assert read == pytest.approx(own, abs=1e-3)
    assert read[2] == pytest.approx(4, abs=0.7)  # coherence was 4 throughout
