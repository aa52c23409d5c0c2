"""Several exports as one set: whose answer counts, what is replayed, and what is never trained on."""

import json
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.align.blend import HELD_OUT, TWICE, Blend, Replay
from sdg_ray.align.exported import Talk, conversations
from sdg_ray.align.graded import grades
from sdg_ray.align.sft import Sft
from sdg_ray.errors import Refused
from tests.align.sets import SHORT, Killed, graded, killed_at, of, pocket_tokens, trained
from tests.export.runs import said


def folder(at: Path, rows: dict[str, str], split: str = "train") -> str:
    """An export with these answers, by prompt."""
    (at / "sft").mkdir(parents=True, exist_ok=True)
    lines = [{"prompt_id": f"{at.name} {asked}", "messages": [said("user", asked), said("assistant", answer)]}
             for asked, answer in rows.items()]  # fmt: skip
    (at / "sft" / f"{split}-0.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(at)


def numbered(at: Path, count: int, word: str) -> str:
    return folder(at, {f"{word} {number}?": f"{number}." for number in range(count)})


def told(rows: Any) -> list[tuple[str, str]]:
    return [(row.chat[0]["content"], row.chat[-1]["content"]) for row in rows]


def test_the_last_folder_with_a_prompt_counts_and_the_others_are_counted(tmp_path: Path) -> None:
    first = folder(tmp_path / "1", {"a?": "old", "b?": "old", "c?": "old"})
    second = folder(tmp_path / "2", {"c?": "new", "d?": "new"})
    found = of(first, second).rows(conversations, "train")
    assert told(found.rows) == [("a?", "old"), ("b?", "old"), ("c?", "new"), ("d?", "new")]
    assert found.left_out == {TWICE: 1}
    assert Sft().examples(of(first, second), "train", pocket_tokens()).left_out == {TWICE: 1}


def test_other_answers_are_kept_if_asked_for_and_equal_ones_are_not(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "1", {"a?": "A", "b?": "B"}), folder(tmp_path / "2", {"a?": "A", "b?": "C"})
    found = of(first, second, repeats=True).rows(conversations, "train")
    assert told(found.rows) == [("b?", "B"), ("a?", "A"), ("b?", "C")]


def test_a_prompt_may_come_twice_in_one_export(tmp_path: Path) -> None:
    data = graded(tmp_path / "rows.jsonl", [{"prompt": "?", "response": text, "helpfulness": 1} for text in "ab"])
    assert len(of(data).rows(grades, "train").rows) == 2


def test_what_one_folder_holds_out_no_other_trains(tmp_path: Path) -> None:
    first = folder(tmp_path / "1", {"a?": "A", "b?": "B"})
    second = folder(tmp_path / "2", {"c?": "C"})
    folder(tmp_path / "2", {"a?": "D"}, split="validation")
    code = folder(tmp_path / "3", {"a?": "E", "b?": "F", "z?": "Z"})
    found = of(first, second, replay=Replay(data=code, share=0.1)).rows(conversations, "train")
    assert told(found.rows) == [("b?", "B"), ("c?", "C"), ("z?", "Z")]
    assert found.left_out == {HELD_OUT: 1}
    assert told(of(first, second).rows(conversations, "validation").rows) == [("a?", "D")]


def test_replay_is_a_share_of_all_drawn_by_seed(tmp_path: Path) -> None:
    general, code = numbered(tmp_path / "general", 98, "general"), numbered(tmp_path / "code", 50, "code")

    def replayed(share: float, seed: int) -> list[Talk]:
        found = Blend(folders=(general,), replay=Replay(data=code, share=share), seed=seed)
        rows = found.rows(conversations, "train").rows
        assert [row.name.split()[0] for row in rows[:98]] == ["general"] * 98
        return [row for row in rows if row.name.startswith("code")]

    assert len(replayed(0.02, 0)) == 2 and len(replayed(0.3, 0)) == 42
    assert replayed(0.3, 0) == replayed(0.3, 0) != replayed(0.3, 1)
    with pytest.raises(Refused, match="has 50 rows with other prompts than data, and replay.share=0.5 of 196"):
        replayed(0.5, 0)


def test_a_changed_replay_is_refused_by_name(tmp_path: Path) -> None:
    general, code = numbered(tmp_path / "general", 8, "general"), numbered(tmp_path / "code", 50, "code")
    with pytest.raises(Killed):
        blend = of(general, replay=Replay(data=code, share=0.2))
        trained(Sft(longest=40), blend, tmp_path / "to", say=killed_at(2))
    with pytest.raises(Refused, match="begun with other settings: replay.share: 0.2 -> 0.5; choose"):
        trained(Sft(longest=40), of(general, replay=Replay(data=code, share=0.5)), tmp_path / "to", SHORT)


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_share_is_one(share: float) -> None:
    with pytest.raises(Refused, match="it is a share of what is trained on"):
        Replay(data="there", share=share)
