"""Names, seeds and counts of the record."""

from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.record import RESPONSES, candidate_seed, counts, kind, no_answer, prompt_id


def test_prompt_id_is_the_same_everywhere_and_for_ever() -> None:
    assert prompt_id(0, "world", "17", 0) == "42e76cf3d9e52de5c6fd5221"


@given(st.tuples(st.integers(), st.text(), st.text(), st.integers()), st.integers(0, 3))
def test_prompt_id_changes_with_each_of_its_parts(parts: tuple[int, str, str, int], which: int) -> None:
    other = list(parts)
    other[which] = other[which] + ("x" if isinstance(other[which], str) else 1)  # type: ignore[operator]
    assert prompt_id(*parts) != prompt_id(*other)  # type: ignore[arg-type]


def test_parts_of_a_name_do_not_run_together() -> None:
    assert prompt_id(1, "a", "11", 1) != prompt_id(1, "a", "1", 11)


def test_candidates_of_different_rows_never_share_a_seed() -> None:
    seeds = Counter(candidate_seed(0, "respond", f"row {n}") + i for n in range(2000) for i in range(16))
    assert max(seeds.values()) == 1
    assert all(0 <= seed < 2**63 - 1 for seed in seeds)


def test_seed_depends_on_run_step_and_row() -> None:
    seeds = {candidate_seed(0, "a", "x"), candidate_seed(1, "a", "x"), candidate_seed(0, "b", "x")}
    assert len(seeds | {candidate_seed(0, "a", "y")}) == 4


def test_counts_tell_what_happened_by_the_columns_there_are() -> None:
    good = {"model": "m", "seed": 1, "finish": "stop", "prompt_tokens": 5, "tokens": 7, "error": None}
    bad = no_answer("m", 2, "too long: 9 tokens")
    answers = pa.table({"responses": [[], [], []], "answered": [[good, good], [bad, bad], []]}, schema=RESPONSES)

    assert counts(answers) == {
        "rows": 3,
        "answers": 2,
        "asked": 2,
        "unanswered": {"too long": 1},
        "tokens_in": 5,
        "tokens_out": 14,
        "errors": {"too long": 2},
    }
    assert counts(pa.table({"answered": [[good, bad], [bad, bad]]}))["unanswered"] == {"too long": 1}
    assert counts(pa.table({"score_a": [[1.0, None], []]}))["scored"] == 1
    assert counts(pa.table({"error": ["unusable prompt: x", None, "unusable prompt: y"]}))["errors"] == {
        "unusable prompt": 2
    }
    reasons = [[None, "reward: below 3"], ["finished: empty"]]
    kept = counts(pa.table({"keep": [[True, False], [False]], "reason": reasons}))
    assert (kept["kept"], kept["left_out"]) == (1, {"reward": 1, "finished": 1})
    pairs = counts(pa.table({"pairs": [[{"chosen": 0, "by": "reward"}], []]}))
    assert (pairs["pairs"], pairs["paired_rows"], pairs["pairs_by"]) == (1, 1, {"reward": 1})


def test_prompt_is_counted_once_for_all_its_candidates() -> None:
    each = {"model": "m", "seed": 1, "finish": "stop", "prompt_tokens": 100, "tokens": 1, "error": None}
    table = pa.table({"responses": [[]], "answered": [[each] * 8]}, schema=RESPONSES)
    assert counts(table)["tokens_in"] == 100


def test_kind_of_an_error_is_what_recurs() -> None:
    assert kind("too long: 17 tokens") == kind("too long: 18 tokens") == "too long"
