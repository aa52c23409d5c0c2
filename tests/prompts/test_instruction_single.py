"""Prompts of another family with verifiable instructions."""

import json

import pytest

from sdg_ray.errors import Refused
from sdg_ray.instructions import INSTRUCTIONS, Drawn, check, conflicts
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.instruction_choice import said
from sdg_ray.prompts.instruction_single import FORMS, InstructionSingle
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.world import World
from tests.instructions.conversations import QUESTION, Some, ids_of
from tests.scripted_writer import ListWriter, drafts, text_of


def test_instructions_are_asked_for_and_named_in_the_reference() -> None:
    family = InstructionSingle(base=Some())
    for number in range(50):
        draft, _ = drafts(family, number)
        text = text_of(draft)
        assert f"{number}: {QUESTION}" in text
        assert 1 <= len(ids_of(draft)) <= 3
        assert len(text) > len(QUESTION) + 10
        for kwargs in json.loads(draft.reference or "")["kwargs"]:
            assert all(str(word) in text for word in kwargs.get("keywords", []))
        assert check(draft.reference or "", "") == [False] * len(ids_of(draft))


def test_everything_before_the_last_turn_stays_as_it_was() -> None:
    draft, _ = drafts(InstructionSingle(base=Some()))
    assert [message["role"] for message in draft.prompt] == ["system", "user", "assistant", "user"]
    assert draft.prompt[0]["content"] == "Be kind."


def test_what_the_base_could_not_make_stays_an_error() -> None:
    _, broken = drafts(InstructionSingle(base=Some()))
    assert (broken.prompt, broken.error) == ([], "broken: before")


def test_origin_keeps_the_bases_and_adds_the_template_and_the_parent() -> None:
    draft, _ = drafts(InstructionSingle(base=Some()), 3)
    origin = draft.origin or {}
    assert (origin["source"], origin["path"], origin["licence"]) == ("some", ["Science", "Tides"], "CC0-1.0")
    assert origin["parents"] == [f"3: {QUESTION}"]
    assert origin["template"].split("@")[0] in FORMS


def test_prompts_of_one_seed_are_drawn_for_one_by_one() -> None:
    made = drafts(InstructionSingle(base=OpenQa(questions=8, modes=())))
    assert len({tuple(ids_of(draft)) for draft in made}) > 3


def test_every_form_is_used_and_the_same_seed_gives_the_same_prompt() -> None:
    made = [drafts(InstructionSingle(base=Some()), number)[0] for number in range(60)]
    assert {str((draft.origin or {})["template"]).split("@")[0] for draft in made} == set(FORMS)
    assert made == [drafts(InstructionSingle(base=Some()), number)[0] for number in range(60)]


def test_only_allowed_ids_are_drawn_and_they_never_conflict() -> None:
    held_out = {"punctuation:no_comma", "startend:quotation"}
    ids = tuple(id for id in INSTRUCTIONS if id not in held_out)
    for number in range(100):
        found = ids_of(drafts(InstructionSingle(base=Some(), instructions=(2, 3), ids=ids), number)[0])
        assert not held_out & set(found)
        assert not any(conflicts(a, b) for a in found for b in found if a != b)


def test_an_answer_is_asked_for_only_in_the_languages_allowed() -> None:
    only = ("language:response_language",)
    made = [
        drafts(InstructionSingle(base=Some(), instructions=(1, 1), ids=only, languages=("fi",)), n)[0] for n in (0, 1)
    ]
    assert all("Finnish" in text_of(draft) for draft in made)
    draft, _ = drafts(InstructionSingle(base=Some(), instructions=(1, 1), ids=only, languages=()))
    assert draft.error == "no instruction: none suits the prompt"


def test_a_prompt_with_braces_is_no_template() -> None:
    draft, _ = drafts(InstructionSingle(base=Some(text="What is {x} + {{y}}?")))
    assert "What is {x} + {{y}}?" in text_of(draft)


def test_the_prompt_to_repeat_is_the_prompt_without_its_instructions() -> None:
    only = ("combination:repeat_prompt",)
    draft, _ = drafts(InstructionSingle(base=Some(), instructions=(1, 1), ids=only), 5)
    assert check(draft.reference or "", f"5: {QUESTION} Yes, it is.") == [True]


def test_base_decides_seeds_topics_and_needs() -> None:
    asked = InstructionSingle(base=OpenQa(questions=3, modes=("context",)))
    assert (asked.per_seed, asked.seeds, asked.topics, asked.needs) == (6, None, "general", {"writer", "topics"})
    world = InstructionSingle(base=World())
    assert (world.per_seed, world.seeds, world.needs) == (1, None, frozenset())


def test_prompts_of_a_model_are_refused_without_one_and_topped_up_with_one() -> None:
    with pytest.raises(Refused, match="asks a model"):
        Prompts(families={"instructions": InstructionSingle(base=OpenQa())}).check()
    short = ListWriter(fails="prose", where="Rewrite", every=3)
    made = drafts(InstructionSingle(base=OpenQa(questions=2, modes=("context", "format"))), writer=short)
    assert all((draft.error is None) != (draft.reference is None) for draft in made)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"ids": ("punctuation:no_dash",)}, "'punctuation:no_dash'"),
        ({"ids": ()}, "no 3 of ids"),
        ({"ids": ("change_case:english_capital", "change_case:english_lowercase")}, "no 3 of ids"),
        ({"languages": ("xx",)}, "'xx'"),
        ({"instructions": (0, 1)}, "0 to 1"),
        ({"instructions": (3, 2)}, "3 to 2"),
        ({"forms": ("open_qa/questions",)}, "lacks"),
        ({"base": World(kinds=("nonsense",))}, "nonsense"),
    ],
)
def test_what_cannot_be_is_refused_before_a_model_is_loaded(changed: dict, says: str) -> None:
    with pytest.raises(Refused, match=says):
        InstructionSingle(**{"base": Some(), **changed}).check()


def test_sentences_that_do_not_end_as_such_stand_on_lines_of_their_own() -> None:
    plain = Drawn(id="punctuation:no_comma", kwargs={}, text="Do not use any commas.")
    marked = Drawn(id="detectable_content:postscript", kwargs={}, text="Close with a postscript marked P.P.S")
    assert said([plain, plain]) == "Do not use any commas. Do not use any commas."
    assert said([marked, plain]) == "Close with a postscript marked P.P.S\nDo not use any commas."
