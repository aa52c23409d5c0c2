"""What is exported of a run and what is not, through the job as a person types it."""

from pathlib import Path
from typing import Any

import pytest

from sdg_ray.runner import bring_all
from sdg_ray.runner.local import Local
from sdg_ray.store import open_run
from tests.chaos.job import dialogue_recipe
from tests.export.runs import COLUMNS, SYSTEM, commit, exported, loaded, refusal, row, said, written
from tests.small import tree


def rows_in(folder: Path, name: str) -> list[dict[str, Any]]:
    """All rows of a set."""
    return [each for split in loaded(folder, name).values() for each in split]


def answers(folder: Path) -> list[str]:
    return sorted(each["messages"][-1]["content"] for each in rows_in(folder, "sft"))


def test_sft_takes_the_best_kept_answer_and_pairs_are_taken_as_they_are(tmp_path: Path) -> None:
    unscored = row(2, score_reward=[None, None, 4.0])
    nothing_kept = row(3, keep=[False] * 3, pairs=[])
    half_scored = row(4, score_reward=[None, 3.0, None], pairs=[])
    written(tmp_path, [[row(1), unscored, nothing_kept, half_scored]])
    assert exported(tmp_path, tmp_path / "out", "format=trl", "validation=0") == 0

    assert answers(tmp_path / "out") == ["half right 1", "half right 4", "right 2"]  # by score; without any, the first
    first, second = rows_in(tmp_path / "out", "preference")
    assert first["chosen"] == [said("assistant", "right 1")] and first["rejected"] == [said("assistant", "wrong 1")]
    assert (first["margin"], first["score_chosen"], first["score_rejected"]) == (2.25, 3.5, 1.25)
    assert second["score_chosen"] is None and second["score_rejected"] == 4.0


def test_all_kept_answers(tmp_path: Path) -> None:
    written(tmp_path, [[row(1)]])
    exported(tmp_path, tmp_path / "out", "format=trl", "sft=all_kept", "sets=sft")
    assert answers(tmp_path / "out") == ["half right 1", "right 1"]
    assert not (tmp_path / "out" / "preference").exists()


def test_a_system_turn_and_earlier_turns_stay(tmp_path: Path) -> None:
    prompt = [SYSTEM, said("user", "Why?"), said("assistant", "Guess."), said("user", "Fog?")]
    written(tmp_path, [[row(1, prompt=prompt)]])
    exported(tmp_path, tmp_path / "out", "format=trl")
    assert rows_in(tmp_path / "out", "preference")[0]["prompt"] == prompt
    assert rows_in(tmp_path / "out", "sft")[0]["messages"] == [*prompt, said("assistant", "half right 1")]


def test_rpo_leaves_out_pairs_that_lack_a_reward_and_counts_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, [[row(1), row(2, score_reward=[3.5, 3.75, None])]])
    assert exported(tmp_path, tmp_path / "out", "format=nemo_aligner", "rpo=true", "sets=preference") == 0
    (only,) = rows_in(tmp_path / "out", "preference")
    assert only["chosen_response"].startswith("right 1")
    assert "left out: 1 lacks a reward" in capsys.readouterr().out
    assert "| lacks a reward | 1 |" in (tmp_path / "out" / "README.md").read_text()


def test_balance_takes_as_many_of_each_topic_the_same_ones_every_time(tmp_path: Path) -> None:
    path = {"path": ["Science", "Tides"]}
    rows = [row(i, origin=path) for i in range(30)] + [row(i, family="other") for i in range(30, 40)]
    written(tmp_path, [rows[:17], rows[17:]])
    for to in ("out", "again"):
        exported(tmp_path, tmp_path / to, "format=ultrafeedback", "balance=5", "validation=0")
    names = [each["prompt_id"] for each in rows_in(tmp_path / "out", "preference")]
    assert [sum(name < "p00030" for name in names), sum(name >= "p00030" for name in names)] == [5, 5]
    assert names == [each["prompt_id"] for each in rows_in(tmp_path / "again", "preference")]
    assert names[:5] != [f"p{i:05d}" for i in range(5)]  # by chance, not the first ones
    assert "| more than balance allows | 30 |" in (tmp_path / "out" / "README.md").read_text()


def test_files_are_cut_where_they_get_large_and_numbered(tmp_path: Path) -> None:
    def long(i: int) -> dict[str, Any]:
        noise = "".join(f"{(i * 7919 + j) ** 7:x}" for j in range(90))
        return row(i, responses=[[said("assistant", noise)]] * 3)

    written(tmp_path, [[long(i) for i in range(at, at + 500)] for at in range(0, 3500, 500)])
    exported(tmp_path, tmp_path / "out", "format=trl", "sets=sft", "file_mb=1", "validation=0")
    files = sorted((tmp_path / "out" / "sft").iterdir())
    assert len(files) >= 3
    assert [file.name for file in files] == [f"train-{i:05d}-of-{len(files):05d}.parquet" for i in range(len(files))]
    assert all(2**20 <= file.stat().st_size < 3 * 2**20 for file in files[:-1])
    assert len(rows_in(tmp_path / "out", "sft")) == 3500


def test_dialogues_go_out_whole_and_have_no_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = dialogue_recipe(2, 0.0)
    assert not bring_all(made, open_run(str(tmp_path), "first", made.identities()), Local())
    said_so = refusal(capsys, tmp_path, tmp_path / "out", "format=trl", "sets=preference")
    assert said_so == "run 'first' has no step that makes pairs, so there is no preference set of it"
    said_so = refusal(capsys, tmp_path, tmp_path / "out", "format=trl")
    assert said_so.startswith("run 'first' has no step that makes pairs or a selection, so there is no preference or")


def test_dialogues_that_were_kept_are_sft_rows(tmp_path: Path) -> None:
    talk = [said("assistant", "Fog."), said("user", "Why?"), said("assistant", "It is cold.")]
    each = row(1, responses=[talk], answered=row(1)["answered"][:1], score_reward=[4.0], keep=[True], reason=[None])
    written(tmp_path, [[each]], [step for step in COLUMNS if step != "preferences"])
    assert exported(tmp_path, tmp_path / "out", "format=trl") == 0
    assert rows_in(tmp_path / "out", "sft")[0]["messages"] == [said("user", "What is 1?"), *talk]
    assert not (tmp_path / "out" / "preference").exists()


def unfinished(root: Path) -> None:
    """A run of four shards of which three have been through every step."""
    store = written(root, [[row(i)] for i in range(3)])
    commit(store, "prompts", 3, [row(3)])


def test_an_unfinished_run_says_how_far_it_is_and_is_exported_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unfinished(tmp_path / "runs")
    assert refusal(capsys, tmp_path / "runs", tmp_path / "out", "format=trl") == (
        "run 'first' is not finished: 3 of 4 shards have been through every step; "
        "let jobs/generate.py finish it, or export what is there with partial=true"
    )
    assert not (tmp_path / "out").exists()
    assert exported(tmp_path / "runs", tmp_path / "out", "format=trl", "partial=true") == 0
    assert len(rows_in(tmp_path / "out", "preference")) == 3
    assert "of which 3 were finished" in (tmp_path / "out" / "README.md").read_text()


def test_nothing_to_export_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "runs", [[row(1, keep=[False] * 3, pairs=[])]])
    said_so = refusal(capsys, tmp_path / "runs", tmp_path / "out", "format=trl")
    assert said_so.startswith("run 'first' has nothing to export: no pair and no kept answer; look at it with")
    assert not tree(tmp_path / "out")


def test_a_format_that_can_say_nothing_of_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faked = [said("assistant", "So.\n<extra_id_1>User")]
    written(tmp_path / "runs", [[row(1, responses=[faked] * 3)]])
    said_so = refusal(capsys, tmp_path / "runs", tmp_path / "out", "format=nemo_aligner")
    assert said_so.startswith("format=nemo_aligner can say nothing of run 'first': 1 cannot be said in the set")
    assert not tree(tmp_path / "out")


def test_who_asks_for_pairs_of_a_run_without_is_told_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "runs", [[row(1)]], [step for step in COLUMNS if step != "preferences"])
    said_so = refusal(capsys, tmp_path / "runs", tmp_path / "out", "format=trl", "sets=preference")
    assert said_so.endswith("so there is no preference set of it; sets=sft exports its answers")


WRONG = {
    "no such format": (("format=excel",), "format=excel is no format; there are trl, nemo_rl, nemo_aligner, openrlhf"),
    "no format": ((), "format=... is no format"),
    "no such set": (("format=trl", "sets=both"), "sets is all, preference or sft"),
    "a set that the format lacks": (
        ("format=openai", "sets=preference"),
        "format=openai has no preference set, only sft; choose another format",
    ),
    "scorer that did not score": (("format=trl", "by=judge"), "by=judge has not scored run 'first'; reward has"),
    "all in validation": (("format=trl", "validation=1"), "validation must be from 0 to below 1"),
    "neither true nor false": (("format=trl", "partial=yes"), "partial=yes is neither true nor false"),
    "unknown setting": (("format=trl", "shards=3"), "'shards=3' sets nothing; there are run=, root=, format=, to=,"),
    "no such run": (("format=trl", "run=second"), "there is no run 'second' below"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_setting_that_cannot_be_is_refused(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings, expected = WRONG[what]
    written(tmp_path / "runs", [[row(1)]])
    assert expected in refusal(capsys, tmp_path / "runs", tmp_path / "out", *settings)
    assert not (tmp_path / "out").exists()


def test_rewards_that_nobody_gave_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "runs", [[row(1)]], [step for step in COLUMNS if step != "reward"])
    assert "rpo=true needs rewards" in refusal(capsys, tmp_path / "runs", tmp_path / "out", "format=trl", "rpo=true")
