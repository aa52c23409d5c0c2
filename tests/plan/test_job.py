"""jobs/plan.py: what it prints, what it refuses, and a probe by the command that made it."""

import asyncio
import io
import json
import re
import shlex
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from jobs.plan import main
from sdg_ray.config import CONF, build, compose
from sdg_ray.errors import Refused
from sdg_ray.recipe import Recipe
from sdg_ray.store import Footer, open_run, reopen

COUNTS = {  # of one shard of 32 prompts
    "prompts": {"rows": 32},
    "responses": {"rows": 32, "tokens_in": 960, "tokens_out": 1280, "answers": 96},
    "reward": {"rows": 32, "tokens_in": 7200},
    "selection": {"judged": 96, "kept": 48},
    "preferences": {"paired_rows": 8},
}


def printed(*arguments: str) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    assert main(arguments, console) == 0
    return console.export_text()


def cells(text: str, step: str) -> list[str]:
    """The cells of a step's row."""
    found = next(line for line in text.splitlines() if line.split()[:1] == [step])
    return re.split(r"\s{2,}", found.strip())[1:]


def made(root: Path, shards: int = 2, without: str = "") -> None:
    """A run of recipe=world with four shards' worth of seconds: each step is busy for 10 s with each shard."""
    typed = ["run=old", f"root={root}", f"recipe.prompts.shards={shards}", "recipe.responses.n=3"]
    recipe: Recipe = build(compose("generate", typed).recipe)
    store = open_run(str(root), "old", recipe.identities(), None, f"python jobs/generate.py {shlex.join(typed)}")

    async def commit() -> None:
        for step, counts in COUNTS.items():
            for shard in range(shards):
                footer = Footer(
                    attempt="x", began=10.0 * shard, ended=10.0 * shard + 10, counts={"errors": {}} | counts
                )
                if step != without:
                    await store.commit(step, shard, pa.table({"prompt_id": pa.array([], pa.string())}), footer)

    asyncio.run(commit())


def test_table_has_the_work_of_each_step_and_below_it_what_was_assumed() -> None:
    text = printed("recipe=world", "cluster=h100x2", "model=nemotron4", "model.reward.name=my-340b", "price=3")
    prompts, requests, tokens_in, tokens_out, replicas, *_ = cells(text, "responses")
    assert (prompts, requests, tokens_in, tokens_out, replicas) == ("640", "640", "256,000", "409,600", "1 x 8 GPU")
    assert cells(text, "reward")[:2] == ["640", "2,560"]
    hours, cost = (float(re.search(rf"{name} +([\d,]+)", text)[1]) for name in ("GPU-hours", "cost"))  # type: ignore[index]
    assert cost == pytest.approx(3 * hours, abs=2)
    for said in ("reads 9,500 and writes", "an answer 600", "max_tokens=160", "50% of the prompts", "costs 3 an hour"):
        assert said in " ".join(text.split())


def test_scale_n_and_figures_change_the_plan() -> None:
    plain, changed = printed(), printed("recipe.scale=2", "recipe.responses.n=8", "throughput.pocket.tokens.answer=46")
    (_, requests, _, written), (_, more, _, longer) = (cells(text, "responses")[:4] for text in (plain, changed))
    assert int(more.replace(",", "")) == 2 * int(requests.replace(",", ""))
    assert int(longer.replace(",", "")) == 2 * 2 * 2 * int(written.replace(",", ""))


def test_pool_that_does_not_suit_its_model_is_said_with_a_setting_that_mends_it() -> None:
    arguments = ("recipe=nemotron4", "cluster=laptop", "model=nemotron4", "model.reward.name=my-340b")
    wrong = [line for line in printed(*arguments).splitlines() if line.startswith("wrong: ")]
    found = [re.search(r"set (cluster\.\S+ cluster\.\S+)$", line)[1].replace("REPLICAS", "2") for line in wrong]  # type: ignore[index]
    assert len(found) == 4
    text = printed(*arguments, *(setting for settings in found for setting in settings.split()))
    assert "wrong: " not in text and cells(text, "prompts")[4] == "2 x 8 GPU"


def test_probe_gives_its_own_figures_for_another_size(tmp_path: Path) -> None:
    made(tmp_path)
    text = printed("probe=old", f"root={tmp_path}", "recipe.prompts.shards=20", "recipe.responses.n=6")
    # ten times the shards, and twice the answers to each prompt
    prompts, requests, tokens_in, tokens_out, _, time = cells(text, "responses")[:6]
    assert (prompts, requests, tokens_in, tokens_out) == ("640", "640", "19,200", f"{20 * 1280 * 2:,}")
    rate = (2 * (960 + 1280)) / 20  # tokens a second
    assert time == f"{(19_200 + 51_200) / rate / 60:.0f} min"
    assert cells(text, "reward")[1:3] == ["3,840", f"{20 * 7200 * 2:,}"]
    assert "about 160" in text and "50% of the answers were kept" in " ".join(text.split())


def test_command_of_the_config_is_one_that_can_be_planned() -> None:
    first, *_ = (CONF / "plan.yaml").read_text().splitlines()
    assert "GPU-hours" in printed(*first.partition("jobs/plan.py ")[2].split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("recipe=nope",), "Could not find 'recipe/nope'"),
        (("model=nemotron4",), "model.reward.name=... must be given"),
        (("model.generator.name=mine",), "nothing is known of how fast mine is; give .* throughput.other.reads=..."),
        (("probe=nix",), "there is no run 'nix' below "),
        (("throughput.pocket.write=1",), "write"),
        (("price=cheap",), "price=cheap is not of the type float"),
        (("probe=old", "root=5"), "root=5 is not of the type str"),
        (("price=-1",), "price=-1 must not be below 0"),
        (("throughput.pocket.wide=0",), "throughput.pocket: .* wide at least 1"),
        (("throughput.pocket.reads=-1",), "throughput.pocket: reads and writes must be above 0"),
        (("throughput.pocket.tokens.answer=-50",), "throughput.pocket: .* tokens not below 0"),
        (("cluster=one_node", "cluster.pools.responses.min=0"), "responses: min and overlap must be at least 1"),
        (("recipe.scale=-1",), "this recipe asks for nothing: recipe.scale"),
    ],
)
def test_what_cannot_be_planned_is_refused(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(Refused, match=says):
        printed(*arguments)


def test_probe_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    made(tmp_path, without="reward")
    with pytest.raises(Refused, match="run 'old' lacks 2 shards; a probe has to be finished"):
        printed("probe=old", f"root={tmp_path}")


def test_probe_that_only_asked_again_names_the_run_with_the_figures(tmp_path: Path) -> None:
    made(tmp_path)
    store = reopen(str(tmp_path), "old")
    steps = json.loads((tmp_path / "old/run.json").read_text())["steps"]
    open_run(str(tmp_path), "again", {step: at["is"] for step, at in steps.items()}, earlier=store)
    with pytest.raises(Refused, match="run 'again' only asked again what had failed in 'old'; probe=old has"):
        printed("probe=again", f"root={tmp_path}")
