"""jobs/evaluate.py as a person types it: figures, going on, and what bad input gets."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from jobs.evaluate import main, named
from sdg_ray.command import command
from sdg_ray.config import CONF, build, compose, identity
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.weights import POCKET
from sdg_ray.errors import Refused
from sdg_ray.evaluate import figures
from sdg_ray.evaluate.figure import settled
from tests.small import tree

SCRIPTED = ("~model.generator", "~model.reward", "+model.generator={_target_: tests.scripted.Scripted}",
            "+model.reward={_target_: tests.scripted.Scripted}")  # fmt: skip
SMALL = ("on=world", *SCRIPTED, "recipe.prompts.families.world.quota=24", "recipe.prompts.rows=8")


@pytest.fixture
def evaluate(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """`python jobs/evaluate.py` with these settings: its exit code, and what it said."""

    def run(*settings: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["jobs/evaluate.py", *settings])
        with pytest.raises(SystemExit) as left:
            command(main, None)
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return left.value.code, said.out

    return run


def test_figures_are_made_once_and_what_is_missing_of_the_run_alone_again(evaluate, tmp_path: Path) -> None:
    to, log = tmp_path / "out", tmp_path / "log"
    typed = (*SMALL, f"to={to}", f"model.generator.log={log}")
    code, said = evaluate(*typed)
    assert (code, len(log.read_text().splitlines())) == (0, 1)
    assert "right: fact" in said and "95% interval" in said
    first, there = figures(to), tree(to)
    code, said = evaluate(*typed)
    assert (code, tree(to)) == (0, there)
    assert "nothing to do" in said and "right: fact" in said
    (to / "figures.json").unlink()  # as if it had been killed before the end
    (to / "run" / "responses" / "shard-00001.parquet").unlink()
    assert evaluate(*typed)[0] == 0
    assert figures(to) == first
    assert len(log.read_text().splitlines()) == 2


def test_run_that_is_not_complete_has_no_figures(evaluate, tmp_path: Path) -> None:
    code, said = evaluate(*SMALL, f"to={tmp_path}", "model.generator.breaks=a")
    assert code == 1
    assert "pending: shard" in said
    assert not (tmp_path / "figures.json").exists()


def test_other_settings_in_the_same_folder_are_refused_by_name(evaluate, tmp_path: Path) -> None:
    assert evaluate(*SMALL, f"to={tmp_path}")[0] == 0
    code, said = evaluate(*SMALL, f"to={tmp_path}", "model.generator.name=another")
    assert code == 2
    assert "model.name: 'scripted' -> 'another'; choose another folder" in said
    code, said = evaluate(*SMALL, f"to={tmp_path}", "recipe.responses.n=3")
    assert code == 2
    assert "on.responses.n: 2 -> 3" in said


def test_folder_that_was_trained_again_is_another_model(evaluate, tmp_path: Path) -> None:
    model, to = shutil.copytree(POCKET / "instruct", tmp_path / "model"), tmp_path / "out"
    assert not settled(str(to), {"model": identity(Vllm(name=str(model)))})
    assert not settled(str(to), {"model": identity(Vllm(name=str(model)))})
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[len(weights) // 2 : len(weights) // 2 + 200_000] = bytes(200_000)
    (model / "model.safetensors").write_bytes(weights)
    with pytest.raises(Refused, match="model.name: .*model@.* -> .*model@"):
        settled(str(to), {"model": identity(Vllm(name=str(model)))})


@pytest.mark.parametrize("option", sorted(path.stem for path in (CONF / "evaluation").glob("*.yaml")))
def test_every_evaluation_is_one_of_this_package_and_has_an_identity(option: str, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('"Why?"\n')
    given = [f"recipe.prompts.families.given.source={tmp_path / 'mine.jsonl'}"] if option == "judged" else []
    made = build(
        compose("evaluate", [f"evaluation={option}", "to=x", "model.generator.name=out/dpo", *given]).evaluation
    )
    assert type(made).__module__ == f"sdg_ray.evaluate.{option}"
    asked = made.engine if option == "harness" else made.recipe.stages["responses"].engine
    assert asked.model == "out/dpo"
    json.dumps(identity(made) if option == "harness" else made.settings())


def test_model_is_a_folder_or_a_file_of_the_config() -> None:
    assert named("model=out/dpo") == "model.generator.name=out/dpo"
    assert named("model=pocket/base") == "model.generator.name=pocket/base"
    assert named("model=served") == "model=served"
    assert named("model=llama31_8b") == "model@model.generator=llama31_8b"
    assert named("model.generator.seed=1") == "model.generator.seed=1"


BAD = {
    "no such model": (("model=./nowhere",), "model ./nowhere is not a folder with a config.json"),
    "no such evaluation": (("on=mtbench",), "on=mtbench is none; there are harness, judged, world"),
    "no question": (("recipe.prompts.families.world.quota=0",), "recipe.prompts.families.world.quota must be above 0"),
    "no such kind": (("recipe.prompts.families.world.kinds=[riddle]",), "prompts.world has no kind 'riddle'"),
    "no place": (("to=s3://bucket/out",), "figures go into a folder"),
    "place that is none": (("to=null",), "to=None is not of the type str | int"),
    "share in percent": (("max_error_share=10%",), "max_error_share=10% is not of the type float"),
    "share in percent without the sign": (("max_error_share=10",), "max_error_share=10 is no share"),
    "no scorer": (("+evaluation.scorer=reward",), "evaluation.scorer=reward is none of this recipe's"),
    "no prompts": (("on=judged",), "recipe.prompts.families.given.source=... must be given"),
    "no such setting": (("recipe.responses.m=3",), "recipe.responses has no 'm'"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_gets_one_sentence_and_leaves_nothing(bad: str, evaluate, tmp_path: Path) -> None:
    settings, sentence = BAD[bad]
    code, said = evaluate(f"to={tmp_path / 'out'}", *settings)
    assert code == 2
    assert sentence in said
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_empty_file_of_prompts_is_refused(evaluate, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    given = f"recipe.prompts.families.given.source={tmp_path / 'none.jsonl'}"
    code, said = evaluate("on=judged", given, f"to={tmp_path / 'out'}")
    assert code == 2
    assert "none.jsonl is empty" in said


def test_model_without_a_chat_template_is_refused(evaluate, tmp_path: Path) -> None:
    bare = shutil.copytree(POCKET / "base", tmp_path / "bare")
    (bare / "chat_template.jinja").unlink()
    code, said = evaluate(f"model={bare}", f"to={tmp_path / 'out'}")
    assert code == 2
    assert "has no chat template" in said and "model.generator.chat_template=" in said
    assert not (tmp_path / "out").exists()
    config = json.loads((bare / "tokenizer_config.json").read_text())
    (bare / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": "{{ messages }}"}))
    assert "must be above 0" in evaluate(f"model={bare}", f"to={tmp_path / 'out'}",
                                         "recipe.prompts.families.world.quota=0")[1]  # fmt: skip


@pytest.mark.engine
def test_pocket_model_on_its_world(evaluate, tmp_path: Path) -> None:
    code, said = evaluate("model=pocket/instruct", f"to={tmp_path}", "recipe.prompts.families.world.quota=128")
    assert code == 0
    found = {figure.name: figure for figure in figures(tmp_path)}
    assert found["right"].n == 256
    assert 0.3 < found["right"].low < found["right"].value < found["right"].high < 0.95
    assert found["right: arithmetic"].n == 32
    assert found["finished"].value > 0.9
    assert "right: dialogue" in said
