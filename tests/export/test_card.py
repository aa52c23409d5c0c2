"""The dataset card: what it counts, how the hub reads it, and that nothing a model wrote gets into it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.export.runs import COLUMNS, exported, row, written
from tests.small import run_here, small_recipe

HOSTILE = "<script>alert(1)</script> | `x`\n# heading"


def card(folder: Path) -> str:
    return (folder / "README.md").read_text()


def front(folder: Path) -> dict[str, Any]:
    """The card's YAML."""
    return yaml.safe_load(card(folder).split("---\n")[1])


def cells(text: str, section: str) -> dict[str, list[str]]:
    """The rows of a section's tables, by their first cell."""
    body = text.split(f"## {section}\n")[1].split("\n## ")[0]
    lines = [re.split(r"(?<!\\)\|", line.strip("| ")) for line in body.splitlines() if line.startswith("|")]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of a run with real stages."""
    folder = tmp_path_factory.mktemp("card")
    run_here(small_recipe(shards=3, rows=8, min_margin=0.25), folder / "runs")
    exported(folder / "runs", folder / "out", "format=trl", "validation=0.2")
    return folder / "out"


def test_front_matter_names_the_sets_and_where_their_splits_are(made: Path) -> None:
    found = front(made)
    assert found["license"] == "apache-2.0" and found["tags"] == ["synthetic"]
    preference, sft = found["configs"]
    assert preference["config_name"] == "preference" and preference["default"] and "default" not in sft
    assert {each["split"]: each["path"] for each in sft["data_files"]} == {
        "train": "sft/train-*.parquet",
        "validation": "sft/validation-*.parquet",
    }


def test_the_way_from_plan_to_pairs_models_and_thresholds_are_those_of_the_run(made: Path) -> None:
    text = card(made)
    funnel = cells(text, "From plan to pairs")
    assert funnel["planned"] == funnel["prompts"] == ["24"] and funnel["answers"] == ["96"]
    assert int(funnel["kept answers"][0]) > int(funnel["pairs"][0]) > 0
    assert int(funnel["pairs"][0]) == sum(int(n) for n in re.findall(r"\| preference \| \w+ \| (\d+) \|", text))
    assert "| selection | reward: MinScore scorer=reward threshold=2.0 |" in text
    assert re.search(r"\| preferences \| Pair .*min_margin=0.25", text)
    assert cells(text, "Licences of what prompts start from")["Apache-2.0"]
    assert re.fullmatch(r"\d+%", cells(text, "Families")["world"][-1])


def test_both_commands_are_there(made: Path) -> None:
    commands = card(made).split("```")[1]
    assert "python jobs/generate.py run=first" in commands
    assert f"python jobs/export.py run=first root={made.parent}/runs to={made} format=trl validation=0.2" in commands


def test_shares_of_models_and_the_length_gap(tmp_path: Path) -> None:
    turned = row(3, pairs=[{"chosen": 1, "rejected": 0, "margin": 0.25, "by": "judge"}])
    written(tmp_path, [[row(1), row(2), turned]])
    exported(tmp_path, tmp_path / "out", "format=openrlhf", "validation=0")
    text = card(tmp_path / "out")
    assert "| early | 0.0% | 66.7% | 33.3% |" in text and "| late | 100.0% | 33.3% | 66.7% |" in text
    assert "are 1.3 tokens longer" in text  # (5 - 2) + (5 - 2) + (3 - 5), over three
    assert cells(text, "Pairs") == {"decided by": ["pairs"], "---": ["---"], "reward": ["2"], "judge": ["1"]}


def test_several_licences_are_other_and_the_table_says_which(tmp_path: Path) -> None:
    written(tmp_path, [[row(1), row(2, origin={"licence": "CC-BY-4.0"}), row(3, origin={"licence": None})]])
    exported(tmp_path, tmp_path / "out", "format=openai")
    assert front(tmp_path / "out")["license"] == "other"
    licences = cells(card(tmp_path / "out"), "Licences of what prompts start from")
    assert licences | {"Apache-2.0": ["1"], "CC-BY-4.0": ["1"], "unknown": ["1"]} == licences


def test_nothing_that_a_model_wrote_is_in_the_card_and_what_comes_from_data_is_escaped(tmp_path: Path) -> None:
    answered = [each | {"model": HOSTILE} for each in row(1)["answered"]]
    topic = {"path": ["a topic of a model"], "licence": HOSTILE}
    written(tmp_path, [[row(1, "a prompt of a model", answered=answered, origin=topic)]])
    exported(tmp_path, tmp_path / "out", "format=trl", "balance=1")
    text = card(tmp_path / "out")
    for written_by_a_model in ("a prompt of a model", "a topic of a model", "right 1", "wrong 1"):
        assert written_by_a_model not in text
    assert "<script" not in text and "\n# heading" not in text
    assert front(tmp_path / "out")["license"] == "other"
    assert all(
        line.count("|") - line.count("\\|") == 5 for line in text.splitlines() if "alert" in line and "%" in line
    )


def test_a_run_without_pairs_has_no_section_of_them(tmp_path: Path) -> None:
    written(tmp_path, [[row(1)]], [step for step in COLUMNS if step != "preferences"])
    exported(tmp_path, tmp_path / "out", "format=trl")
    assert "## Pairs" not in card(tmp_path / "out") and "| preference |" not in card(tmp_path / "out")
