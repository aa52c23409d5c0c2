"""The corpus covers what a pipeline asks for, keeps out what is set aside, and grades within the scale."""

import json
import random
import re

import jsonschema
import pytest
from transformers import AutoTokenizer

from sdg_ray.pocket.corpus import grades, pages, situations, talks, tasks
from sdg_ray.pocket.corpus.tasks import incapable, tools
from sdg_ray.pocket.train import WEIGHTS, _talked
from sdg_ray.pocket.world import KINDS, question, right
from sdg_ray.pocket.world.lists import parsed
from sdg_ray.template import FOLDER, choices

NEEDED = {
    "macro_topics", "subtopics", "questions", "distractors", "writing_tasks", "refine_question", "refine_writing_task",
    "evolve_mutate", "evolve_new", "persona_prompts", "closed_instructions", "document_questions",
    "incapable_questions", "incapable_decline", "tool_requests", "math_topics", "math_subtopics", "math_problems",
    "is_math", "python_topics", "python_subtopics", "python_problems", "is_python", "next_turn",
}  # fmt: skip
LISTED = {
    str(path.relative_to(FOLDER).with_suffix(""))
    for path in FOLDER.rglob("*.txt")
    if "numbered list" in path.read_text().strip().rpartition("\n")[2]
} - {"genetic/crossover"}  # newer than the weights, which understand it by its likeness to others
LINES = {"math/belongs", "coding/belongs", "user_turn/next", "incapable/decline"}


def test_every_prompt_writing_task_is_there() -> None:
    rng = random.Random(1)
    assert set(tasks.TASKS) == NEEDED
    assert {tasks.any_task(rng).name for _ in range(3000)} == NEEDED
    assert NEEDED <= {talks.talk(rng).kind for _ in range(9000)}


def test_every_template_is_asked_with_in_about_half_of_the_tasks() -> None:
    rng = random.Random(11)
    used = [tasks.any_task(rng).template for _ in range(4000)]
    assert LISTED and set(used) - {None} == LISTED | LINES
    assert 0.45 < used.count(None) / len(used) < 0.55


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_list_parses_into_what_was_asked_for(name: str) -> None:
    rng = random.Random(2)
    made = [tasks.task(name, rng) for _ in range(400)]
    for one in made:
        assert one.items and all(one.items) and "{" not in one.ask.replace('{"', "").replace(":{", "")
        if one.is_list:
            assert parsed(one.answer) == list(one.items)
            assert len(set(one.items)) == len(one.items)
        if one.is_list and one.template:
            assert f"of exactly {len(one.items)}" in one.ask
            assert not set(_known(one.ask)) & set(one.items)
    if made[0].is_list:
        assert len({len(one.items) for one in made}) >= 4
        assert len({one.ask for one in made}) > 30
        assert any(len(one.items) == 1 for one in made if one.template)
        again = sum(bool(_known(one.ask)) for one in made) / sum(one.template is not None for one in made)
        assert 0.08 < again < 0.3


def _known(ask: str) -> list[str]:
    return re.findall("^- (.*)$", ask.partition("Do not repeat any of these:")[2], re.MULTILINE)


def test_refining_knows_its_modes_and_next_turns_the_three_personas() -> None:
    rng = random.Random(3)
    for name, file in (("refine_question", "open_qa"), ("refine_writing_task", "writing"), ("evolve_mutate", "evolve")):
        asks = " ".join(tasks.task(name, rng).ask for _ in range(300))
        assert all(mode in asks for mode in choices(f"{file}/modes").values())
    turns = [tasks.task("next_turn", rng) for _ in range(300)]
    assert any(one.ask.count("User:") == 2 for one in turns)
    for persona, voice in choices("user_turn/personas").items():
        assert any(said and said in one.ask for one in turns for said in tasks.PERSONAS[persona])
        assert any(voice in one.ask for one in turns)


def test_kinds_of_documents_are_those_of_the_writing_family() -> None:
    assert set(talks.OPENINGS) == set(tasks.DOCUMENT_TYPES) == set(choices("writing/kinds").values())


def test_requests_that_are_beyond_an_assistant_are_declined_and_never_answered() -> None:
    rng = random.Random(12)
    reasons = [why for whys in incapable.WHY.values() for why in whys]
    assert set(incapable.WHY) == set(incapable.NEEDS) == set(incapable.ABOUT_ANYTHING)
    made = [situations.incapable_talk(rng).turns[-1][1] for _ in range(300)]
    made += [tasks.task("incapable_decline", rng).items[0] for _ in range(300)]
    assert all(said.startswith(tuple(reasons)) for said in made)


def test_calls_fit_the_schema_of_a_tool_that_was_shown_and_the_request_has_what_they_say() -> None:
    rng = random.Random(13)
    for _ in range(500):
        (_, system), (_, request), (_, answer) = situations.called(rng).turns
        call = json.loads(answer)
        assert f'"name":"{call["name"]}"' in system and call["name"] not in request
        jsonschema.validate(call["arguments"], tools.TOOLS[call["name"]]["parameters"])
        assert all(str(value) in request for value in call["arguments"].values())
    assert set(tools.FORMS) == set(tools.TOOLS)
    for tool in tools.TOOLS.values():
        jsonschema.Draft202012Validator.check_schema(tool["parameters"])


def test_documents_are_joined_with_every_template_and_answered_rightly() -> None:
    rng = random.Random(14)
    made = [situations.documented(rng) for _ in range(400)]
    for one in made:
        assert one.reference is not None and right(one.kind, one.reference, one.turns[-1][1])
    asks = [one.turns[0][1] for one in made]
    for sign in ("Use only what is written above.", "Text: ", "Read the text and do what is asked below.", "| who |"):
        assert any(sign in ask for ask in asks) and not all(sign in ask for ask in asks)


def test_a_topic_is_kept_to() -> None:
    rng = random.Random(15)
    made = [situations.followed(rng) for _ in range(300)]
    for one in made:
        topic = re.search("one topic: (.*?)\\. Answer", one.turns[0][1])
        assert topic is not None
        if one.reference is None:
            assert topic[1] in one.turns[-1][1]
        else:
            assert right("fact", one.reference, one.turns[-1][1])
    assert {one.kind for one in made} == {"fact", "topic"} and {len(one.turns) for one in made} == {3, 5}


def test_most_talks_can_be_checked() -> None:
    rng = random.Random(16)
    assert sum(talks.talk(rng).reference is not None for _ in range(6000)) > 0.6 * 6000


def test_one_single_turn_in_ten_teaches_the_users_turn_too() -> None:
    rng, tokenizer = random.Random(17), AutoTokenizer.from_pretrained(WEIGHTS / "base")
    made = [talks.talk(rng) for _ in range(3000)]
    single = [one for one in made if _users(one) == 1 and one.kind not in NEEDED]
    whole = [one for one in made if one.user_too]
    assert 0.07 < len(whole) / len(single) < 0.13 and all(one in single for one in whole)
    told = {True: "", False: ""}
    for user_too in told:
        item = _talked(
            tokenizer, talks.Talk(kind="x", turns=(("user", "So?"), ("assistant", "No.")), user_too=user_too)
        )
        told[user_too] = tokenizer.decode([one for one, is_told in zip(item.ids, item.told, strict=True) if is_told])
    assert told == {True: "So?<|end|>No.<|end|>", False: "No.<|end|>"}


def _users(talk: talks.Talk) -> int:
    return sum(role == "user" for role, _ in talk.turns)


def test_talks_end_with_the_assistant_and_alternate() -> None:
    rng = random.Random(4)
    made = [talks.talk(rng).turns for _ in range(3000)]
    for turns in made:
        roles = [role for role, _ in turns if role != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
    assert any(turns[0][0] == "system" for turns in made) and any(len(turns) >= 4 for turns in made)


def test_nothing_set_aside_is_in_the_corpus() -> None:
    rng = random.Random(5)
    told = "\n".join(text for _ in range(8000) for _, text in talks.talk(rng).turns)
    told += "\n".join(pages.page(rng) for _ in range(8000))
    for kind in ("fact", "python", "format", "list", "document"):
        for _ in range(300):
            text = question(kind, rng, held_out=True).messages[-1][1]
            if kind != "list":  # a list may be asked for in a prompt-writing task's own words
                assert text not in told, text


def test_labels_are_whole_numbers_from_nought_to_four() -> None:
    rng = random.Random(6)
    for _ in range(4000):
        given = grades.graded(rng).labels
        assert len(given) == 5 and all(isinstance(label, int) and 0 <= label <= 4 for label in given)


def test_right_answers_stand_above_wrong_ones_in_the_ways_that_matter() -> None:
    rng = random.Random(7)
    for kind in KINDS:
        assert grades.graded(rng, kind=kind, how="right").labels[:3] == (4, 4, 4)
    town = talks.Talk(kind="fact", turns=(("user", "Where does Mira Fenn live?"), ("assistant",
    "Mira Fenn lives in Kirrin.")),
                      reference="Kirrin")  # fmt: skip
    assert grades.of_sample(town, "Mira Fenn lives in Kirrin.", finished=True).labels == (4, 4, 4, 1, 2)
    assert grades.of_sample(town, "Mira Fenn lives in Saltby.", finished=True).labels == (1, 0, 4, 1, 2)
    assert grades.of_sample(town, "Kirrin", finished=True).labels == (3, 4, 4, 0, 0)
    assert grades.of_sample(town, "Mira Fenn lives in", finished=False).labels[2] < 4
    padded = grades.graded(rng, kind="fact", how="padded").labels
    assert padded[1] == 4 and padded[0] < 4 and padded[4] > 2


def test_talk_that_the_world_cannot_check_is_graded_by_how_it_was_spoiled() -> None:
    rng = random.Random(7)
    made = [grades.of_talk(rng) for _ in range(400)]
    assert {one.how for one in made} == {"right", "garbled", "cut", "elsewhere"}
    for one in made:
        answer = one.turns[-1][1]
        assert one.kind not in KINDS and all(0 <= label <= 4 for label in one.labels)
        if answer == one.expected:
            assert one.labels[:3] == (4, 4, 4)
        else:
            assert one.labels[0] <= 1 and one.labels[1] <= 1
