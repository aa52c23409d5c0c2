"""Conversations in which the user asks to revise an answer under an instruction."""

from typing import Any

import pytest

from sdg_ray.errors import Refused
from sdg_ray.instructions import check
from sdg_ray.prompts.family import Draft
from sdg_ray.prompts.instruction_second_turn import FORMS, InstructionSecondTurn
from sdg_ray.prompts.world import World
from tests.instructions.conversations import QUESTION, Some
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of

ANSWER = "The moon pulls, so the water follows."


def talk(number: int = 0, answer: str = ANSWER, **settings: Any) -> Draft:
    writer = ListWriter(says={QUESTION: answer}) if answer else ListWriter(fails="empty")
    return drafts(InstructionSecondTurn(base=Some(), **settings), number, writer)[0]


def test_the_answer_stands_between_the_prompt_and_the_request_to_revise_it() -> None:
    draft = talk(7)
    assert [message["role"] for message in draft.prompt[-3:]] == ["user", "assistant", "user"]
    assert draft.prompt[-3]["content"] == f"7: {QUESTION}"
    assert draft.prompt[-2]["content"] == ANSWER
    assert QUESTION not in text_of(draft) or "repeat_prompt" in str(draft.reference)


def test_there_is_something_to_revise() -> None:
    for number in range(60):
        assert not all(check(talk(number).reference or "", ANSWER))
    draft = talk(ids=("punctuation:no_comma",), instructions=(1, 1))
    assert check(draft.reference or "", ANSWER) == [False]


def test_where_the_answer_follows_everything_there_is_no_prompt() -> None:
    draft = talk(answer="It does.", ids=("punctuation:no_comma",), instructions=(1, 1))
    assert (draft.prompt, draft.error) == ([], "no instruction: the first answer follows all that suit the prompt")


def test_origin_has_the_bases_path_the_model_and_both_parents() -> None:
    origin = origin_of(talk(2))
    assert origin["parents"] == [f"2: {QUESTION}", ANSWER]
    assert (origin["path"], origin["source"]) == (["Science", "Tides"], "some")
    assert origin["template"].split("@")[0] in FORMS


def test_every_form_is_used_and_the_same_seed_gives_the_same_talk() -> None:
    made = [talk(number) for number in range(40)]
    assert {origin_of(draft)["template"].split("@")[0] for draft in made} == set(FORMS)
    assert made == [talk(number) for number in range(40)]


def test_an_answer_that_cannot_be_had_is_the_reason_for_the_empty_slot() -> None:
    draft = talk(answer="")
    assert draft.prompt == [] and str(draft.error).startswith("no first answer: no whole text")


def test_what_the_base_could_not_make_stays_an_error_and_asks_nobody() -> None:
    writer = ListWriter()
    broken = drafts(InstructionSecondTurn(base=Some()), 0, writer)[1]
    assert broken.error == "broken: before"
    assert len(writer.asked) == 1


def test_it_needs_a_writer_whatever_its_base_needs() -> None:
    assert InstructionSecondTurn(base=World()).needs == {"writer"}
    assert InstructionSecondTurn(base=Some()).seeds == 4


@pytest.mark.parametrize(("changed", "says"), [({"forms": ("open_qa/questions",)}, "lacks"), ({"ids": ("x",)}, "'x'")])
def test_what_cannot_be_is_refused(changed: dict, says: str) -> None:
    with pytest.raises(Refused, match=says):
        InstructionSecondTurn(base=Some(), **changed).check()
