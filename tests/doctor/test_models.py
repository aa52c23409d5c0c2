"""Checks of models' files: context, template, reward head, memory, and where models are used."""

import json
from pathlib import Path

import pytest

from sdg_ray.doctor import Verdict, chat_template, context, memory, reward_head
from sdg_ray.doctor.arithmetic import cache_per_token, estimated, weights
from sdg_ray.doctor.uses import uses
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.weights import POCKET
from tests.doctor.asking import asked, is_warning, is_wrong, pocket, worst

NEMOTRON4 = {
    "hidden_size": 18432, "num_hidden_layers": 96, "intermediate_size": 73728, "num_attention_heads": 96,
    "num_key_value_heads": 8, "head_dim": 192, "vocab_size": 256000, "hidden_act": "relu2",
    "max_position_embeddings": 4096, "dtype": "bfloat16",
}  # fmt: skip
H100 = 79.6 * 2**30


def test_every_use_of_a_model_is_found() -> None:
    found = {(use.step, use.engine.name, use.answer_tokens) for use in uses(asked("recipe=pocket").recipe)}
    assert found == {
        ("topics", "pocket/instruct", 400),
        ("prompts", "pocket/instruct", 400),
        ("responses_first", "pocket/instruct", 160),
        ("responses_second", "pocket/instruct_early", 160),
        ("responses_third", "pocket/base", 160),
        ("reward", "pocket/reward", 0),
    }


def test_who_plays_the_user_has_a_sampling_of_its_own() -> None:
    made = asked("recipe=dialogues", "recipe.responses.user=${model.judge}").recipe
    assert [use.answer_tokens for use in uses(made) if use.step == "responses"] == [160, 80]


def test_context_without_room_for_a_prompt() -> None:
    assert is_wrong(worst(context.check, "recipe.responses.sampling.max_tokens=1024"), "1,024 tokens", "no room")
    assert is_warning(worst(context.check, "recipe.responses.sampling.max_tokens=1000"), "24 for the prompt")
    assert worst(context.check).verdict is Verdict.OK


def test_reward_head_with_another_number_of_outputs(tmp_path: Path) -> None:
    labels = {str(i): f"LABEL_{i}" for i in range(3)}
    three = pocket(tmp_path / "three", "reward", id2label=labels)
    assert is_wrong(worst(reward_head.check, f"model.reward.name={three}"), "3 outputs, not 5")
    named = pocket(tmp_path / "named", "reward", id2label=None, num_labels=5)
    assert worst(reward_head.check, f"model.reward.name={named}").verdict is Verdict.OK


def test_generator_in_the_place_of_a_reward_model(tmp_path: Path) -> None:
    body = pocket(tmp_path / "body", "reward", architectures=["NemotronForCausalLM"])
    assert is_wrong(worst(reward_head.check, f"model.reward.name={body}"), "NemotronForCausalLM")
    assert is_wrong(worst(reward_head.check, "model.reward.classifies=false"), "as a generator")
    assert worst(reward_head.check).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (None, "no chat template"),
        ("{% for m in messages %}{{ m.content }}{% endfor %}", "nothing opens the assistant's turn"),
        ("{{ messages[0].content }}{% if add_generation_prompt %}<|assistant|>{% endif %}", "'It is 4.' is not in"),
        ("{{ raise_exception('no roles here') }}", "no roles here"),
    ],
)
def test_template_that_is_not_there_or_cannot_work(tmp_path: Path, template: str | None, words: str) -> None:
    folder = pocket(tmp_path / "model")
    (folder / "chat_template.jinja").unlink()
    if template:
        (folder / "chat_template.jinja").write_text(template)
    assert is_wrong(worst(chat_template.check, f"model.generator.name={folder}"), words)


def test_template_without_system_turns(tmp_path: Path) -> None:
    folder = pocket(tmp_path / "model")
    strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    file = folder / "chat_template.jinja"
    file.write_text(strict + file.read_text())
    assert is_warning(worst(chat_template.check, f"model.generator.name={folder}"), "takes no system turn")


def test_template_of_ones_own_is_the_one_that_is_tried(tmp_path: Path) -> None:
    folder = pocket(tmp_path / "model")
    (folder / "chat_template.jinja").rename(tmp_path / "mine.jinja")
    settings = (f"model.generator.name={folder}", f"model.generator.chat_template={tmp_path}/mine.jinja")
    assert worst(chat_template.check, *settings).verdict is Verdict.OK


def test_reward_that_is_read_past_the_end_of_a_response(tmp_path: Path) -> None:
    folder = pocket(tmp_path / "model", "reward")
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text() + "{{- '\\n' -}}")
    assert is_warning(worst(chat_template.check, f"model.reward.name={folder}"), "ends no turn")
    assert worst(chat_template.check).verdict is Verdict.OK


def test_model_without_a_tokenizer(tmp_path: Path) -> None:
    folder = pocket(tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    assert is_wrong(worst(chat_template.check, f"model.generator.name={folder}"), "no tokenizer")


def test_arithmetic_of_the_340b_model(tmp_path: Path) -> None:
    engine = Vllm(name=str(tmp_path), tensor_parallel=8)
    assert estimated(NEMOTRON4) == pytest.approx(341.0e9, rel=1e-3)
    assert cache_per_token(engine, NEMOTRON4) == 576 * 1024
    assert cache_per_token(Vllm(name=str(tmp_path), tensor_parallel=16), NEMOTRON4) == 2 * 576 * 1024
    assert cache_per_token(Vllm(name="x", arguments={"kv_cache_dtype": "fp8"}), NEMOTRON4) == 288 * 1024


def test_weights_are_counted_in_the_files_and_take_what_they_are_loaded_as() -> None:
    stored = (POCKET / "instruct" / "model.safetensors").stat().st_size
    shape = json.loads((POCKET / "instruct" / "config.json").read_text())
    assert weights(Vllm(name="pocket/instruct"), shape) == pytest.approx(stored, rel=0.01)
    assert weights(Vllm(name="pocket/instruct", dtype="float32"), shape) == pytest.approx(2 * stored, rel=0.01)
    assert estimated(shape) == pytest.approx(stored / 2, rel=0.01)


def test_weights_by_the_index_where_the_files_are_not_here(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": 682e9}}))
    assert weights(Vllm(name=str(tmp_path)), NEMOTRON4) == pytest.approx(682e9)
    assert weights(Vllm(name=str(tmp_path), quantization="fp8"), NEMOTRON4) == pytest.approx(341e9)


def test_model_on_gpus_without_room_for_its_weights(tmp_path: Path) -> None:
    assert is_wrong(memory.on_gpu(Vllm(name=str(tmp_path), tensor_parallel=8), NEMOTRON4, H100), "no room")
    fits = memory.on_gpu(Vllm(name=str(tmp_path), tensor_parallel=8, quantization="fp8"), NEMOTRON4, H100)
    assert fits.verdict is Verdict.OK and "39.7 GiB on each of 8 GPUs" in fits.found
    both = Vllm(name=str(tmp_path), tensor_parallel=8, pipeline_parallel=2)
    assert memory.on_gpu(both, NEMOTRON4, H100).verdict is Verdict.OK


def test_cache_that_holds_too_little() -> None:
    small = "model.generator.arguments.kv_cache_memory_bytes"
    assert is_wrong(worst(memory.check, f"{small}=1000000"), "not one has room")
    assert is_warning(worst(memory.check, f"{small}=10000000"), "5 have room")
    assert worst(memory.check).verdict is Verdict.OK


def test_more_workers_than_the_machine_has_memory_for() -> None:
    assert is_wrong(worst(memory.check, "cluster.pools.responses.min=100000"), "all workers at once")
