"""First turns of recorded conversations, divided into parts that share nothing."""

import asyncio
import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.conversations import Conversations
from sdg_ray.prompts.sources import Source


def lmsys(number: int, turn: str, unsafe: bool = False, language: str = "English", redacted: bool = False) -> Any:
    """A row as LMSYS-Chat-1M has them."""
    said = [{"role": "user", "content": turn}, {"role": "assistant", "content": f"Answer {number}."}]
    moderation = [{"categories": {"hate": each}, "flagged": each} for each in (False, unsafe)]
    about = {"language": language, "redacted": redacted, "turn": 1}
    return {"conversation_id": f"c{number}", "conversation": said, "openai_moderation": moderation, **about}


def written(folder: Path, rows: Sequence[Any]) -> Source:
    file = folder / "talks.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    return Source(at=str(file), licence="CC0-1.0")


def rows(family: Conversations) -> list[dict[str, Any]]:
    """All rows of a family, through the prompts step."""
    prompts = Prompts(families={"talks": family}, rows=10_000, shards=1)
    prompts.check()
    return asyncio.run(prompts.open()(0)).to_pylist()


def turns(family: Conversations) -> list[str]:
    return [row["prompt"][0]["content"] for row in rows(family)]


def test_first_user_turns_of_sharegpt_are_prompts_and_what_the_user_did_not_begin_is_no_seed(tmp_path: Path) -> None:
    why = [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Why?"},
        {"from": "gpt", "value": "So."},
    ]
    source = written(
        tmp_path,
        [
            {"id": "a", "conversations": [*why, {"from": "human", "value": "Really?"}]},
            {"id": "b", "conversations": [{"from": "gpt", "value": "And so on."}, {"from": "human", "value": "How?"}]},
            {"id": "c", "conversations": []},
            {"id": "d", "licence": "MIT", "conversations": [{"from": "human", "value": "When?"}]},
        ],
    )
    first, second = rows(Conversations(source=source))
    assert first["prompt"] == [{"role": "user", "content": "Why?"}]
    assert second["prompt"] == [{"role": "user", "content": "When?"}]
    assert [row["origin"]["item"] for row in (first, second)] == ["a", "d"]
    assert [row["origin"]["licence"] for row in (first, second)] == ["CC0-1.0", "MIT"]
    assert [row["error"] for row in (first, second)] == [None, None]


def test_languages_and_names_blacked_out_are_left_out(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        [
            lmsys(0, "Why?"),
            lmsys(1, "Warum?", language="German"),
            lmsys(2, "Who is NAME_1?", redacted=True),
            lmsys(3, "Pourquoi ?", language="French"),
        ],
    )
    assert turns(Conversations(source=source)) == ["Why?", "Warum?", "Pourquoi ?"]
    assert turns(Conversations(source=source, redacted=True))[2] == "Who is NAME_1?"
    assert turns(Conversations(source=source, languages=("German", "English"))) == ["Why?", "Warum?"]


def test_unsafe_prompts_are_in_the_preference_part_alone_wherever_they_were_flagged(tmp_path: Path) -> None:
    talks = [lmsys(n, f"Question {n}?", unsafe=n % 10 == 0) for n in range(100)]
    source = written(tmp_path, [*talks, lmsys(100, "question  30?"), lmsys(101, "Question 40?", language="German")])
    sft = turns(Conversations(source=source, part="sft", preference_share=0.0))
    preference = turns(Conversations(source=source, part="preference", preference_share=0.0))
    assert sft == [f"Question {n}?" for n in range(100) if n % 10]
    assert preference == [*(f"Question {n}?" for n in range(0, 100, 10)), "question  30?", "Question 40?"]
    assert len(turns(Conversations(source=source))) == 102


TALKS = st.lists(
    st.tuples(st.integers(0, 30), st.booleans(), st.sampled_from(("English", "German")), st.booleans()),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talks=TALKS, share=st.floats(0, 1), languages=st.sampled_from((None, ("English",), ("German",))))
def test_parts_share_no_conversation_and_no_prompt_whatever_each_run_leaves_out(
    talks: list[tuple[int, bool, str, bool]], share: float, languages: tuple[str, ...] | None, tmp_path: Path
) -> None:
    source = written(tmp_path, [lmsys(n, f"Question {about}?", *rest) for n, (about, *rest) in enumerate(talks)])

    def kept(part: str, **changed: Any) -> set[int]:
        return set(Conversations(source=source, part=part, preference_share=share, **changed)._kept)

    sft, preference = kept("sft", redacted=True), kept("preference", redacted=True)
    assert not sft & preference
    assert not {talks[n][0] for n in sft} & {talks[n][0] for n in preference}
    assert not any(talks[n][1] for n in sft)
    assert sft | preference == set(range(len(talks)))
    for fewer in (kept("sft", languages=languages), kept("sft", redacted=True, languages=languages)):
        assert fewer <= sft


def test_share_is_kept_and_does_not_depend_on_what_else_is_there(tmp_path: Path) -> None:
    source = written(tmp_path, [lmsys(n, f"Question {n}?") for n in range(2000)])
    preference = turns(Conversations(source=source, part="preference", preference_share=0.25))
    assert 420 < len(preference) < 580
    fewer = written(tmp_path, [lmsys(n, f"Question {n}?") for n in range(0, 2000, 2)])
    again = turns(Conversations(source=fewer, part="preference", preference_share=0.25))
    assert set(again) == {f"Question {n}?" for n in range(0, 2000, 2)} & set(preference)


def test_row_of_another_shape_is_one_error_row_in_one_of_the_parts(tmp_path: Path) -> None:
    source = written(tmp_path, [lmsys(0, "Why?"), {"conversation": 5}, "Why?", lmsys(3, "How? \ud800")])
    made = rows(Conversations(source=source, part="sft", preference_share=0.0))
    assert [row["error"] for row in made[:3]] == [
        None,
        "unusable prompt: talks.jsonl line 2: is int, neither text nor a list of messages",
        "unusable prompt: talks.jsonl line 3: has no 'conversations'; it has nothing",
    ]
    assert "surrogates not allowed" in made[3]["error"]
    assert [row["prompt"] for row in made[1:]] == [[], [], []]
    assert turns(Conversations(source=source, part="preference", preference_share=1.0)) == ["Why?"]


def test_worker_needs_not_find_out_again_what_is_left_out(tmp_path: Path) -> None:
    family = Conversations(source=written(tmp_path, [lmsys(n, f"Question {n}?") for n in range(3000)]))
    assert family.seeds == 3000
    travels = pickle.dumps(family)
    assert len(travels) < 30_000
    assert "_kept" in pickle.loads(travels).__dict__
    assert turns(pickle.loads(travels))[17] == "Question 17?"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"part": "dpo"}, "part is 'dpo'; it must be one of all, sft, preference"),
        ({"preference_share": 1.5}, "preference_share must be from 0 to 1, not 1.5"),
        ({"languages": ("Klingon",)}, "none of the 2 of .*talks.jsonl is left"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    source = written(tmp_path, [lmsys(0, "Why?"), lmsys(1, "How?")])
    with pytest.raises(Refused, match=sentence):
        Conversations(source=source, **changed).check()


def test_source_without_conversations_or_languages_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path, [{"text": "Why?"}])
    with pytest.raises(Refused, match="has no column 'conversations'; it has text"):
        Conversations(source=source).check()
    source = written(tmp_path, [{"messages": []}])
    with pytest.raises(Refused, match="has no column 'language'; it has messages"):
        Conversations(source=source, languages=("English",)).check()
