"""The corpus covers what a pipeline asks for, keeps out what is set aside, and grades within the scale."""

import random

import pytest

from sdg_ray.pocket.corpus import grades, pages, talks, tasks
from sdg_ray.pocket.world import KINDS, question
from sdg_ray.pocket.world.lists import parsed

NEEDED = {
    "macro_topics", "subtopics", "questions", "writing_tasks", "refine_question", "refine_writing_task",
    "closed_instructions",
    "math_topics", "python_topics", "math_problems", "python_problems", "is_math", "is_python", "next_turn",
}  # fmt: skip


def test_every_prompt_writing_task_is_there() -> None:
    rng = random.Random(1)
    assert set(tasks.TASKS) == NEEDED
    assert {tasks.any_task(rng).name for _ in range(2000)} == NEEDED
    assert NEEDED <= {talks.talk(rng).kind for _ in range(6000)}


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_list_parses_into_what_was_asked_for(name: str) -> None:
    rng = random.Random(2)
    made = [tasks.task(name, rng) for _ in range(400)]
    for one in made:
        assert one.items and all(one.items)
        if one.is_list:
            assert parsed(one.answer) == list(one.items)
            assert len(set(one.items)) == len(one.items)
    if made[0].is_list:
        assert len({len(one.items) for one in made}) >= 4
        assert len({one.ask for one in made}) > 30


def test_refining_knows_the_four_modes_and_next_turns_the_three_personas() -> None:
    rng = random.Random(3)
    asks = " ".join(tasks.task("refine_question", rng).ask for _ in range(300))
    assert all(about in asks for about, _ in tasks.MODES.values()) and len(tasks.MODES) == len(tasks.WRITING_MODES) == 4
    turns = [tasks.task("next_turn", rng) for _ in range(300)]
    assert any(one.ask.count("User:") == 2 for one in turns)
    for persona in ("plain", "complex", "concise"):
        assert any(said and said in one.ask for one in turns for said in tasks.PERSONAS[persona])


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
