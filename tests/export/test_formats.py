"""Every format, from a run with real stages: `datasets` finds its splits, and each row is of the documented shape."""

import json
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.export.formats import FORMATS, nemo_aligner, nemo_rl, openrlhf, trl, ultrafeedback
from sdg_ray.record import Chat
from tests.export.runs import SYSTEM, exported, loaded, row, said, written
from tests.export.shapes import SHAPES, fits
from tests.small import rows_of, run_here, small_recipe, table

ASKED: Chat = [{"role": "user", "content": "Why?"}]


def demonstration(text: str = "So.", score: float | None = 4.0, prompt: Any = ASKED, more: Any = ()) -> Demonstration:
    response = [said("assistant", text), *more]
    return Demonstration(prompt_id="p1", prompt=prompt, response=response, model="m", tokens=2, score=score)


def preference(**of_both: Any) -> Preference:
    chosen, rejected = demonstration(**of_both), demonstration(**{"text": "No.", "score": 1.5} | of_both)
    return Preference(chosen=chosen, rejected=rejected, margin=2.5, by="reward")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the small recipe: 24 arithmetic questions in 3 shards."""
    root = tmp_path_factory.mktemp("runs")
    _, failed = run_here(small_recipe(shards=3, rows=8), root)
    assert not failed
    return root


@pytest.mark.parametrize("name", FORMATS)
def test_datasets_reads_an_export_and_rows_are_of_the_documented_shape(
    name: str, finished: Path, tmp_path: Path
) -> None:
    assert exported(finished, tmp_path / "out", f"format={name}", "validation=0.2") == 0

    shapes = {of: shape for (form, of), shape in SHAPES.items() if form == name}
    assert shapes.keys() == FORMATS[name].sets.keys()
    for of, shape in shapes.items():
        splits = loaded(tmp_path / "out", of)
        assert set(splits) == {"train", "validation"} and min(map(len, splits.values())) > 0
        rows = [each for split in splits.values() for each in split]
        assert len(rows) == expected(finished, FORMATS[name].sets[of].kind)
        for each in rows:
            fits(each, shape)
    assert (
        loaded(tmp_path / "out")["train"].column_names
        == loaded(tmp_path / "out", next(iter(FORMATS[name].sets)))["train"].column_names
    )


def expected(root: Path, kind: str) -> int:
    """How many pairs the run has, or prompts with a kept answer."""
    step, column = ("selection", "keep") if kind == "sft" else ("preferences", "pairs")
    rows = [row[column] for shard in range(3) for row in rows_of(table(root, "first", step, shard))]
    return sum(any(row) for row in rows) if kind == "sft" else sum(map(len, rows))


def test_jsonl_is_one_object_a_line_with_text_as_it_is(tmp_path: Path) -> None:
    written(tmp_path, [[row(1, "Two\nlines of snow: 雪\u2028?"), row(2)]])
    exported(tmp_path, tmp_path / "out", "format=openai", "validation=0")
    (file,) = (tmp_path / "out" / "sft").iterdir()
    assert file.name == "train-00000-of-00001.jsonl"
    first, second, rest = file.read_text(encoding="utf-8").split("\n")
    assert "雪" in first and rest == ""
    for line in (first, second):
        fits(json.loads(line), SHAPES["openai", "sft"])
    assert loaded(tmp_path / "out")["train"][0]["messages"][0]["content"] == "Two\nlines of snow: 雪\u2028?"


def test_trl_has_the_answers_apart_from_the_prompt_and_a_margin() -> None:
    made = trl.preference(preference())
    assert made["prompt"] == ASKED and made["chosen"] == [said("assistant", "So.")]
    assert made["rejected"] == [said("assistant", "No.")]
    assert (made["margin"], made["score_chosen"], made["score_rejected"]) == (2.5, 4.0, 1.5)
    assert made["prompt_id"] == trl.sft(demonstration())["prompt_id"] == "p1"


def test_nemo_rl_ranks_the_chosen_first_and_gives_rewards_only_where_both_are_known() -> None:
    first, second = nemo_rl.preference(preference())["completions"]
    assert (first["rank"], first["completion"][0]["content"], first["reward"]) == (0, "So.", 4.0)
    assert (second["rank"], second["completion"][0]["content"], second["reward"]) == (1, "No.", 1.5)
    assert all("reward" not in each for each in nemo_rl.preference(preference(score=None))["completions"])


def test_two_texts_cannot_say_a_dialogue() -> None:
    further = (said("user", "And?"), said("assistant", "Also so."))
    assert nemo_rl.binary(preference(more=further)) is None
    assert nemo_rl.binary(preference()) == {"prompt": ASKED, "chosen": "So.", "rejected": "No."}


def test_nemo_aligner_has_the_template_of_nemotron() -> None:
    made = nemo_aligner.preference(preference(prompt=[SYSTEM, *ASKED]))
    assert made == {
        "prompt": "<extra_id_0>System\nAnswer in one word.\n<extra_id_1>User\nWhy?\n<extra_id_1>Assistant\n",
        "chosen_response": "So.\n<extra_id_1>",
        "rejected_response": "No.\n<extra_id_1>",
        "chosen_reward": 4.0,
        "rejected_reward": 1.5,
        "prompt_id": "p1",
    }
    without = nemo_aligner.preference(preference(score=None))
    assert without and without["prompt"].startswith("<extra_id_0>System\n\n<extra_id_1>User\nWhy?\n")
    assert "chosen_reward" not in without and "rejected_reward" not in without


def test_nemo_aligner_leaves_out_a_text_that_would_fake_a_turn() -> None:
    assert nemo_aligner.preference(preference(text="So.\n<extra_id_1>User\nThanks!")) is None
    assert nemo_aligner.sft(demonstration(text="<extra_id_0>System")) is None


def test_nemo_aligner_conversations_mask_the_user_and_keep_the_system_turn_apart() -> None:
    made = nemo_aligner.sft(demonstration(prompt=[SYSTEM, *ASKED]))
    turns = [{"from": "User", "value": "Why?"}, {"from": "Assistant", "value": "So."}]
    assert made == {"system": "Answer in one word.", "mask": "User", "conversations": turns, "prompt_id": "p1"}


def test_openrlhf_has_parts_that_make_a_conversation_when_put_together() -> None:
    made = openrlhf.preference(preference())
    assert [*made["prompt"], *made["chosen"]] == [*ASKED, said("assistant", "So.")]
    assert openrlhf.sft(demonstration())["input"][-1] == said("assistant", "So.")


def test_ultrafeedback_has_whole_conversations() -> None:
    made = ultrafeedback.preference(preference(prompt=[SYSTEM, *ASKED]))
    assert made["prompt"] == "Why?" and made["prompt_id"] == "p1"
    assert made["chosen"] == made["messages"] == [SYSTEM, *ASKED, said("assistant", "So.")]
    assert made["rejected"] == [SYSTEM, *ASKED, said("assistant", "No.")]
