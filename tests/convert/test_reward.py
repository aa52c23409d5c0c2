"""From the published layout of the reward model to safetensors: exact in transformers and on vLLM, with the bias."""

import asyncio
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console
from transformers import NemotronForSequenceClassification

from jobs.convert import main
from sdg_ray.config import build, compose
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.weights import POCKET
from sdg_ray.errors import Refused
from sdg_ray.scorers.reward_model import ATTRIBUTES
from tests.convert.layout import nine, publish

TOKENS = torch.tensor([[5, 17, 42, 3, 71, 9, 23], [8, 8, 61, 30, 2, 77, 1]])


def converted(published: Path, to: Path, *more: str) -> Path:
    assert main((f"from={published}", f"to={to}", *more), Console(file=io.StringIO())) == 0
    return to


def test_five_of_nine_outputs_come_out_as_they_were_with_their_bias(tmp_path: Path) -> None:
    model, bias = nine()
    with torch.no_grad():
        # one text at a time, as below: two at once round otherwise, by how much is a matter of the CPU
        expected = (torch.cat([model(TOKENS[:1]).logits, model(TOKENS[1:]).logits]) + bias)[:, 4:]

    folder = converted(publish(model, bias, tmp_path / "published"), tmp_path / "made")

    loaded = NemotronForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    config = json.loads((folder / "config.json").read_text())
    with torch.no_grad():
        found = loaded(TOKENS[:1]).logits, loaded(TOKENS[1:]).logits
    assert (torch.cat(found) + torch.tensor(config["score_bias"]) - expected).abs().max() < 1e-6
    assert list(loaded.config.id2label.values()) == list(ATTRIBUTES) and loaded.config.problem_type == "regression"
    assert min(config["score_bias"], key=abs) and not (tmp_path / "made.unfinished").exists()


@pytest.mark.engine
def test_vllm_adds_the_bias_that_it_finds_beside_the_weight(tmp_path: Path) -> None:
    """The pocket reward model, its five outputs moved by constants."""
    pocket: Vllm = build(compose("generate", ["run=none"]).model.reward)
    chat = [{"role": "user", "content": "Add 214 and 387."}, {"role": "assistant", "content": "601"}]
    plain = asyncio.run(pocket.start().classify(chat)).values
    moved = [0.5, -1.25, 2.0, 0.25, -3.0]
    shutil.copytree(POCKET / "reward", tmp_path / "biased")
    add_bias(tmp_path / "biased" / "model.safetensors", moved)

    found = asyncio.run(replace(pocket, name=str(tmp_path / "biased")).start().classify(chat)).values

    assert found == pytest.approx([value + constant for value, constant in zip(plain, moved, strict=True)], abs=1e-5)


def add_bias(file: Path, bias: list[float]) -> None:
    from safetensors.torch import load_file, save_file

    save_file({**load_file(file), "score.bias": torch.tensor(bias)}, file, metadata={"format": "pt"})


def test_tokenizer_of_the_family_is_copied(tmp_path: Path) -> None:
    published = publish(*nine(), tmp_path / "published")
    folder = converted(published, tmp_path / "made", f"tokenizer={POCKET / 'reward'}")
    assert (folder / "tokenizer.json").read_bytes() == (POCKET / "reward/tokenizer.json").read_bytes()
    assert json.loads((folder / "config.json").read_text())["num_hidden_layers"] == 3


def lost(name: str) -> Callable[[Path], object]:
    return lambda folder: shutil.rmtree(folder / "model_weights" / name)


def said(name: str, **about: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        file = folder / "model_weights" / name
        file.write_text(json.dumps(json.loads(file.read_text()) | about))

    return change


SPOILED: dict[str, Callable[[Path], object]] = {
    "has no reward head with a bias (model.rm_head): is it the Instruct": lost("model.rm_head.bias"),
    "has no tensor model.decoder.layers.mlp.linear_fc2.weight": lost("model.decoder.layers.mlp.linear_fc2.weight"),
    "is no NeMo checkpoint: it needs a model_config.yaml": lambda folder: (folder / "model_config.yaml").unlink(),
    "model_config.yaml does not say max_position_embeddings": lambda folder: (folder / "model_config.yaml").write_text(
        re.sub("max_position_embeddings.*", "", (folder / "model_config.yaml").read_text())
    ),
    "is stored as torch_dist; zarr is read": said("metadata.json", sharded_backend="torch_dist"),
    "is compressed or of the kind": said("model.rm_head.weight/.zarray", compressor={"id": "blosc"}),
    "the checkpoint has not been copied completely": lambda folder: next(
        (folder / "model_weights/model.decoder.layers.mlp.linear_fc1.weight").glob("1.*")
    ).write_bytes(b"half"),
}


@pytest.mark.parametrize("says", SPOILED)
def test_checkpoint_in_another_state_or_layout_is_refused_and_nothing_is_left(says: str, tmp_path: Path) -> None:
    published = publish(*nine(), tmp_path / "published")
    SPOILED[says](published)
    with pytest.raises(Refused) as refused:
        converted(published, tmp_path / "made")
    assert says in str(refused.value) and "\n" not in str(refused.value)
    assert not (tmp_path / "made").exists()


def test_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has 1 outputs, not 9"):
        converted(publish(*nine(outputs=1), tmp_path / "a"), tmp_path / "made")
    with pytest.raises(Refused, match="has activation='fast-swiglu', and Nemotron-4 'squared-relu'"):
        converted(publish(*nine(), tmp_path / "b", activation="fast-swiglu"), tmp_path / "made")
    with pytest.raises(Refused, match="is packed; unpack it first: mkdir FOLDER && tar -xf"):
        (tmp_path / "reward.nemo").write_bytes(b"")
        converted(tmp_path / "reward.nemo", tmp_path / "made")
