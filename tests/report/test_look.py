"""Records as they are read: every step's columns beside each other, and turns one below the other."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from jobs.generate import say_pending
from jobs.look import main
from sdg_ray.errors import Refused
from sdg_ray.report.look import record_panel, records
from sdg_ray.runner import bring_all
from sdg_ray.runner.local import Local
from sdg_ray.store import open_run
from tests.chaos.job import dialogue_recipe
from tests.small import run_here, small_recipe


def shown(row: dict) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(record_panel(row))
    return console.export_text()


def test_records_have_the_columns_of_every_step(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(shards=2, rows=3), tmp_path)
    rows = records(store, 5)
    assert len(rows) == 5
    assert {"prompt", "responses", "score_reward", "keep", "pairs"} <= rows[0].keys()
    assert rows[0]["prompt"][0]["content"][:20] in shown(rows[0]) and "reference" in shown(rows[0])


def test_topics_are_no_records_and_dialogues_are_shown_turn_by_turn(tmp_path: Path) -> None:
    made = dialogue_recipe(2, 0.0)
    store = open_run(str(tmp_path), "first", made.identities())
    assert not bring_all(made, store, Local())
    row = records(store, 1)[0]
    assert row["family"] == "open_qa"
    text = shown(row)
    assert text.count("assistant  ") == 2 and text.count("user  ") == 2
    assert "the user is " in text and "all turns are there" in text


def test_run_without_records_says_what_to_do(tmp_path: Path) -> None:
    store = open_run(str(tmp_path), "first", small_recipe().identities())
    with pytest.raises(Refused, match="has no records yet"):
        records(store, 1)


@pytest.mark.parametrize("few", ["0", "-1"])
def test_fewer_records_than_one_are_refused(few: str, tmp_path: Path) -> None:
    run_here(small_recipe(), tmp_path)
    with pytest.raises(Refused, match=f"n={few} is too few"):
        main(["run=first", f"root={tmp_path}", f"n={few}"], Console(file=io.StringIO()))


def test_parts_are_figures_words_and_verdicts() -> None:
    row = {
        "family": "f", "prompt_id": "0", "prompt": [], "reference": None, "error": None,
        "responses": [[{"role": "assistant", "content": "4"}]],
        "answered": [{"model": "m", "tokens": 1, "error": None, "finish": "stop"}],
        "score_a": [1.0], "parts_a": [{"answer": "4\x1b[2J", "share": 0.25, "none": None}],
        "score_judge": [0.5], "parts_judge": [[{"other": 1, "verdict": "win"}, {"other": 2, "verdict": "tie"}]],
    }  # fmt: skip
    text = shown(row)
    assert "a 1.00  (answer 4\ufffd[2J, share 0.2)" in text
    assert "judge 0.50  (other 1, verdict win; other 2, verdict tie)" in text


def test_prompt_that_repeats_another_is_set_aside_and_not_missing() -> None:
    row = {"family": "f", "prompt_id": "0", "prompt": [{"role": "user", "content": "Why?"}], "reference": None}
    text = shown(row | {"error": "duplicate: of 1"})
    assert "user  Why?" in text and "set aside: duplicate: of 1" in text and "no prompt" not in text
    assert "no prompt: too long" in shown(row | {"prompt": [], "error": "too long"})


def test_words_of_whoever_answered_cannot_steer_the_terminal() -> None:
    row = {
        "family": "f", "prompt_id": "0", "prompt": [], "reference": None, "error": "no\x1b[2J",
        "responses": [[]], "dialogues": [{"persona": "a \x1b[1mpilot", "ended": "refused: \x1b]0;owned\x07"}],
        "answered": [{"model": "m", "tokens": 0, "error": "refused: \x1b[2J", "finish": "error"}],
    }  # fmt: skip
    out = io.StringIO()
    Console(width=100, file=out).print(record_panel(row))
    assert "\x1b" not in out.getvalue() and "\x07" not in out.getvalue()
    assert "0 tokens, refused: \ufffd[2J" in out.getvalue() and "a \ufffd[1mpilot; refused:" in out.getvalue()


def test_reason_of_a_pending_shard_cannot_steer_the_terminal() -> None:
    out = io.StringIO()
    say_pending([3], {3: "responses: \x1b[2Jfarewell"}, Console(width=100, file=out))
    assert out.getvalue() == "pending: shard 3: responses: \ufffd[2Jfarewell\n"
