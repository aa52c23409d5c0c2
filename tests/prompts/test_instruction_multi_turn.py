"""Conversations for the whole of which an instruction holds."""

from dataclasses import replace
from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.instructions import check
from sdg_ray.prompts.family import Draft
from sdg_ray.prompts.instruction_multi_turn import FORMS, OF_ONE_PROMPT, SYSTEM, InstructionMultiTurn
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.world import World
from tests.instructions.conversations import QUESTION, Some, ids_of
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of

NO_COMMA: dict[str, Any] = {"ids": ("punctuation:no_comma",), "instructions": (1, 1)}
FOLLOWS = "It does because the moon pulls."


def talk(number: int = 0, writer: ListWriter | None = None, answered: bool = False, **settings: Any) -> Draft:
    family = InstructionMultiTurn(base=Some(answered=answered), **{**NO_COMMA, **settings})
    return drafts(family, number, writer or ListWriter(says={QUESTION: FOLLOWS}))[0]


def declared(draft: Draft) -> str:
    """All that is said before the first answer of the writer."""
    first = next(i for i, message in enumerate(draft.prompt) if message["content"] == FOLLOWS)
    return "\n".join(message["content"] for message in draft.prompt[:first])


def test_declared_first_then_an_answer_that_follows_then_the_second_prompt() -> None:
    draft = talk(3, as_system=0)
    assert [message["role"] for message in draft.prompt] == ["system", "user", "assistant", "user"]
    assert f"6: {QUESTION}" in draft.prompt[1]["content"] and "comma" in draft.prompt[1]["content"]
    assert draft.prompt[2]["content"] == FOLLOWS
    assert check(draft.reference or "", FOLLOWS) == [True]
    assert text_of(draft) == f"7: {QUESTION}"


def test_declared_in_a_system_turn_it_joins_the_one_that_is_there() -> None:
    draft = talk(3, as_system=1)
    assert [message["role"] for message in draft.prompt] == ["system", "user", "assistant", "user"]
    assert draft.prompt[0]["content"].startswith("Be kind.\n\n") and "comma" in draft.prompt[0]["content"]
    assert draft.prompt[1]["content"] == f"6: {QUESTION}"


def test_prompts_that_are_conversations_keep_their_turns_and_are_told_after_what_was_answered() -> None:
    draft = talk(3, answered=True, as_system=1)
    assert [message["role"] for message in draft.prompt] == ["system", *("user", "assistant") * 3, "user"]
    assert draft.prompt[0]["content"] == "Be kind."
    assert "comma" in draft.prompt[3]["content"]


def test_every_way_to_declare_is_used_and_the_same_seed_gives_the_same_talk() -> None:
    made = [talk(number) for number in range(60)]
    assert {origin_of(draft)["template"].split("@")[0] for draft in made} == {*FORMS, SYSTEM}
    assert made == [talk(number) for number in range(60)]
    assert all("comma" in declared(draft) for draft in made)


def test_the_first_answer_is_asked_for_until_it_follows_and_no_longer() -> None:
    writer = ListWriter(says={QUESTION: "No, it does not."})
    draft = talk(writer=writer, tries=3)
    assert draft.prompt == []
    assert draft.error == "no first answer: not followed in 3 tries: punctuation:no_comma"
    assert len(writer.asked) == 3

    writer = ListWriter(says={QUESTION: FOLLOWS})
    assert talk(writer=writer).error is None
    assert len(writer.asked) == 1


def test_an_answer_that_cannot_be_had_is_the_reason_for_the_empty_slot() -> None:
    draft = talk(writer=ListWriter(fails="bad row"))
    assert draft.error == "no first answer: too long: as the test says"


def test_what_speaks_of_one_prompt_is_not_declared_for_several() -> None:
    made = [talk(number, ListWriter(), ids=None, instructions=(1, 1), tries=1) for number in range(80)]
    found = {id for draft in made if draft.error is None for id in ids_of(draft)}
    assert len(found) > 5 and not found & OF_ONE_PROMPT
    with pytest.raises(Refused, match="no 1 of ids"):
        InstructionMultiTurn(base=Some(), ids=tuple(OF_ONE_PROMPT), instructions=(1, 1)).check()


def test_a_second_prompt_whose_own_answers_break_what_was_declared_is_none() -> None:
    draft = talk(answered=True, ids=("startend:quotation",), writer=ListWriter(says={QUESTION: '"It does."'}))
    assert draft.error == "no second prompt: its own answers do not follow what was declared"


def test_an_error_in_either_prompt_is_the_error_of_the_talk() -> None:
    made = drafts(InstructionMultiTurn(base=Some(), **NO_COMMA), 0, ListWriter(says={QUESTION: FOLLOWS}))
    assert [draft.error for draft in made] == [None, "broken: before"]


def test_origin_has_the_first_prompts_path_and_both_as_parents() -> None:
    origin = origin_of(talk(1))
    assert origin["parents"] == [f"2: {QUESTION}", f"3: {QUESTION}"]
    assert origin["path"] == ["Science", "Tides"]


def test_a_seed_is_two_of_the_base() -> None:
    assert InstructionMultiTurn(base=replace(Some(), seeds=5)).seeds == 2
    assert InstructionMultiTurn(base=World()).seeds is None
    asked = InstructionMultiTurn(base=OpenQa(questions=1, modes=("context",)))
    assert (asked.per_seed, asked.topics, asked.needs) == (2, "general", {"writer", "topics"})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"as_system": 1.5}, "as_system"),
        ({"tries": 0}, "tries"),
        ({"system": "instruction/multi_above"}, "prompt"),
        ({"forms": (SYSTEM,)}, "lacks"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict, says: str) -> None:
    with pytest.raises(Refused, match=says):
        InstructionMultiTurn(base=Some(), **changed).check()
