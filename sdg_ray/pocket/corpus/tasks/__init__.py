"""Every prompt-writing task that a pipeline gives its generator, with the list (or the line) that answers it.

task("questions", random.Random(1))
->  "Write 2 questions about the topic: Mira Fenn."
    1. Where does Mira Fenn live?
    2. What is the instrument of Mira Fenn?
"""

import random
from collections.abc import Callable

from sdg_ray.pocket.corpus.tasks import crafts, incapable, reading, refining, requests, texts, tools, topics, turns
from sdg_ray.pocket.corpus.tasks.form import Task
from sdg_ray.pocket.corpus.tasks.refining import EVOLVE_MODES, MODES, WRITING_MODES
from sdg_ray.pocket.corpus.tasks.texts import DOCUMENT_TYPES, WRITING, writing
from sdg_ray.pocket.corpus.tasks.turns import PERSONAS

__all__ = [
    "DOCUMENT_TYPES", "EVOLVE_MODES", "MODES", "PERSONAS", "TASKS", "Task", "WRITING", "WRITING_MODES", "any_task",
    "task", "writing",
]  # fmt: skip

# each task, and how often it comes
TASKS: dict[str, tuple[Callable[[str, random.Random], Task], int]] = {
    "macro_topics": (topics.macro, 4),
    "subtopics": (topics.sub, 9),
    "questions": (topics.questions, 14),
    "distractors": (topics.distractors, 4),
    "writing_tasks": (texts.writing_tasks, 7),
    "refine_question": (refining.refine_question, 9),
    "refine_writing_task": (refining.refine_writing, 6),
    "evolve_mutate": (refining.mutate, 7),
    "evolve_new": (requests.new_requests, 6),
    "persona_prompts": (requests.persona_prompts, 7),
    "closed_instructions": (reading.closed_instructions, 8),
    "document_questions": (reading.document_questions, 6),
    "incapable_questions": (incapable.incapable_questions, 6),
    "incapable_decline": (incapable.incapable_decline, 4),
    "tool_requests": (tools.tool_requests, 6),
    "math_topics": (crafts.math_topics, 3),
    "math_subtopics": (crafts.math_subtopics, 3),
    "math_problems": (crafts.math_problems, 7),
    "is_math": (crafts.is_math, 3),
    "python_topics": (crafts.python_topics, 3),
    "python_subtopics": (crafts.python_subtopics, 3),
    "python_problems": (crafts.python_problems, 7),
    "is_python": (crafts.is_python, 3),
    "next_turn": (turns.next_turn, 9),
}


def task(name: str, rng: random.Random) -> Task:
    """One prompt-writing task of the given name."""
    return TASKS[name][0](name, rng)


def any_task(rng: random.Random) -> Task:
    """One of all, by how often each comes."""
    return task(rng.choices(list(TASKS), weights=[share for _, share in TASKS.values()])[0], rng)
