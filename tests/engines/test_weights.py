"""Which weights a model's folder has, and that a run, a stage or a scorer does not take others for them."""

import shutil
from pathlib import Path

import pytest

from sdg_ray.align.distill import Distill
from sdg_ray.config import identity
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.weights import POCKET, folder_of, versioned
from sdg_ray.errors import Refused
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.store import open_run


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POCKET / "instruct", tmp_path / "model"))


def train_again(model: Path, name: str = "model.safetensors") -> None:
    """Other bytes in the middle, in a file of the same size."""
    found = bytearray((model / name).read_bytes())
    found[len(found) // 2 : len(found) // 2 + len(found) // 32] = bytes(len(found) // 32)
    (model / name).write_bytes(found)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja"])
def test_what_decides_about_answers_is_in_the_version(name: str, model: Path) -> None:
    (model / "chat_template.jinja").write_text("{{ messages[0].content }}" * 50)
    before = versioned(str(model))
    assert before == versioned(str(model)) and str(before).startswith(f"{model}@")
    train_again(model, name)
    assert versioned(str(model)) != before


def test_what_lies_beside_the_weights_is_not(model: Path) -> None:
    before = versioned(str(model))
    (model / "figures.json").write_text("{}")
    (model / "checkpoints").mkdir()
    assert versioned(str(model)) == before


@pytest.mark.parametrize("size", [0, 1, 63, 65, 1 << 20])
def test_a_small_file_is_read_to_its_last_byte(size: int, tmp_path: Path) -> None:
    seen = set()
    for last in (b"a", b"b"):
        (tmp_path / "model.safetensors").write_bytes((bytes(size) + last)[-size:] if size else b"")
        seen.add(versioned(str(tmp_path)))
    assert len(seen) == (2 if size else 1)


@pytest.mark.parametrize("name", ["nvidia/Nemotron-4-340B-Instruct", "s3://bucket/model", None])
def test_a_model_that_is_elsewhere_is_known_by_its_name(name: str | None) -> None:
    assert versioned(name) == name


def test_the_embedded_family_has_its_folder_and_keeps_its_name() -> None:
    assert folder_of("pocket/instruct") == str(POCKET / "instruct") and folder_of("out/dpo") == "out/dpo"
    assert str(versioned("pocket/instruct")).startswith("pocket/instruct@")


def test_a_run_that_was_begun_with_other_weights_is_refused(model: Path, tmp_path: Path) -> None:
    engine = Vllm(name=str(model))
    open_run(str(tmp_path), "a", {"responses": identity(engine)})
    open_run(str(tmp_path), "a", {"responses": identity(engine)})
    train_again(model)
    with pytest.raises(Refused, match="changed: name: '.*/model@[0-9a-f]{12}' -> '.*/model@[0-9a-f]{12}'"):
        open_run(str(tmp_path), "a", {"responses": identity(engine)})


def test_scorers_and_teachers_have_weights_too(model: Path) -> None:
    for asks in (RewardModel(engine=Vllm(name=str(model), classifies=True)), Distill(teacher=str(model))):
        before = identity(asks)
        train_again(model)
        assert identity(asks) != before
        shutil.copy(POCKET / "instruct" / "model.safetensors", model)
        assert identity(asks) == before
