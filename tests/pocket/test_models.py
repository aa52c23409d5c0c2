"""The committed weights, on the real engine: the same tokens, the same five values, small files, and sane answers."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from sdg_ray.pocket import evaluate, models, sampling
from sdg_ray.pocket.corpus import grades, talks
from sdg_ray.pocket.tokenizer import ROLES, encode
from sdg_ray.pocket.train import WEIGHTS
from sdg_ray.pocket.world import KINDS

ENGINE: dict[str, Any] = {
    "dtype": "float32",
    "enforce_eager": True,
    "enable_chunked_prefill": False,
    "max_model_len": 1024,
    "max_num_seqs": 64,
    "max_num_batched_tokens": 4096,
    "seed": 0,
}


@pytest.fixture(scope="module", autouse=True)
def in_process() -> Iterator[None]:
    """The engine core in this process, with a small cache: it starts in seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


def asked(count: int) -> list[talks.Turns]:
    rng = random.Random(11)
    return [talks.asked(rng, KINDS[place % len(KINDS)], held_out=True).turns[:-1] for place in range(count)]


@pytest.mark.engine
@pytest.mark.parametrize("name", ["base", "instruct"])
def test_vllm_writes_the_same_greedy_tokens_as_transformers(name: str) -> None:
    from vllm import LLM, SamplingParams

    folder = WEIGHTS / name
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompts = [
        [*encode(tokenizer, turns)[0], tokenizer.convert_tokens_to_ids(ROLES["assistant"])] for turns in asked(32)
    ]
    engine = LLM(model=str(folder), **ENGINE)
    outputs = engine.generate(
        [{"prompt_token_ids": ids} for ids in prompts], SamplingParams(temperature=0, max_tokens=60), use_tqdm=False
    )
    model = models.load_instruct(folder)
    for ids, output in zip(prompts, outputs, strict=True):
        expected = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        do_sample=False,
                                  max_new_tokens=60)[0, len(ids):].tolist()  # fmt: skip
        assert list(output.outputs[0].token_ids) == expected


@pytest.mark.engine
def test_vllm_gives_the_same_five_raw_values_as_transformers() -> None:
    from vllm import LLM, PoolingParams

    folder = WEIGHTS / "reward"
    tokenizer, rng = AutoTokenizer.from_pretrained(folder), random.Random(12)
    judged = [grades.graded(rng, held_out=True).turns for _ in range(64)]
    rows = [encode(tokenizer, turns)[0] for turns in judged]
    assert all(ids[-1] == tokenizer.eos_token_id for ids in rows)
    engine = LLM(model=str(folder), runner="pooling", **ENGINE)
    raw = PoolingParams(use_activation=False)
    outputs = engine.classify([{"prompt_token_ids": ids} for ids in rows], pooling_params=raw, use_tqdm=False)
    got = torch.tensor([list(output.outputs.probs) for output in outputs])
    expected = torch.tensor(evaluate.rewards(models.load_reward(folder), tokenizer, judged))
    assert got.shape == (64, 5)
    assert (got - expected).abs().max() < 1e-3
    assert (got.sum(1) - 1).abs().min() > 0.1 or got.max() > 1.5  # a softmax would sum to one


@pytest.mark.engine
def test_instruct_and_reward_are_sane_on_held_out_items() -> None:
    said = evaluate.instruct_rows(WEIGHTS / "instruct", seed=5, size=60)
    judged = evaluate.reward_rows(WEIGHTS / "instruct", WEIGHTS / "reward", seed=5, size=60)
    measured = {row.metric: row.measured for row in (*said, *judged)}
    floors = {
        "Instruct: right, facts and arithmetic": 0.45, "Instruct: one instruction on the form followed": 0.5,
        "Instruct: a list when asked for a list": 0.8, "Instruct: stops by itself": 0.95,
        "Reward: right before wrong, all pairs": 0.6, "Reward: Pearson r, correctness, written answers": 0.6,
    }  # fmt: skip
    assert {name: measured[name] for name in floors if measured[name] < floors[name]} == {}


@pytest.mark.parametrize("name", sorted(path.name for path in WEIGHTS.iterdir() if path.is_dir()))
def test_a_model_folder_is_small_and_complete(name: str) -> None:
    folder: Path = WEIGHTS / name
    config: dict[str, Any] = json.loads((folder / "config.json").read_text())
    assert all(path.stat().st_size <= 16 * 2**20 for path in folder.iterdir())
    assert config["architectures"] == [
        "NemotronForSequenceClassification" if name == "reward" else "NemotronForCausalLM"
    ]
    assert config["hidden_act"] == "relu2" and config["max_position_embeddings"] == 1024
    assert config["eos_token_id"] is not None and config["pad_token_id"] is not None and config["bos_token_id"] is None
    if name == "reward":
        assert config["problem_type"] == "regression" and len(config["id2label"]) == 5
    else:
        assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == config["eos_token_id"]


def test_rows_of_a_batch_do_not_disturb_each_other() -> None:
    folder = WEIGHTS / "instruct"
    model, tokenizer = models.load_instruct(folder), AutoTokenizer.from_pretrained(folder)
    turns = asked(12)
    together = sampling.answers(model, tokenizer, turns, temperature=0, seed=0, longest=60)
    assert together == [
        sampling.answers(model, tokenizer, [one], temperature=0, seed=0, longest=60)[0] for one in turns
    ]
