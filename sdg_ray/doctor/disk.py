"""Free space on the disk of a local root, against what a run can write at most."""

import shutil

from sdg_ray.doctor import Asked, Finding, gib, ok, warning, wrong
from sdg_ray.doctor.storage import is_local, nearest
from sdg_ray.doctor.uses import uses
from sdg_ray.recipe import FIRST, TOPICS
from sdg_ray.stages.gather import Gather

CHECK = "disk"
PER_TOKEN = 4  # bytes of text, before Parquet makes it smaller
PER_PROMPT = 8192  # everything else of a row, generously
LEAST = 64 * 2**20
CURE = "make room, or choose a root on a larger disk or in a bucket"


def check(asked: Asked) -> list[Finding]:
    """The disk that the root lies on."""
    if not is_local(asked.root):
        return []
    return [judged(shutil.disk_usage(nearest(asked.root)).free, most_bytes(asked))]


def judged(free: float, most: float) -> Finding:
    """The finding for so much free space, where a run writes `most` at the most."""
    said = f"{gib(free)} free, a run writes at most about {gib(most)}"
    if free < LEAST:
        return wrong(CHECK, said, CURE)
    return warning(CHECK, said, CURE) if free < most else ok(CHECK, said)


def most_bytes(asked: Asked) -> float:
    """What the run writes if every answer is as long as it may be."""
    answers = [use for use in uses(asked.recipe) if use.step not in (FIRST, TOPICS)]
    tokens = sum(getattr(use.holder, "n", 1) * getattr(use.holder, "turns", 1) * use.answer_tokens for use in answers)
    if any(isinstance(stage, Gather) for stage in asked.recipe.stages.values()):
        tokens *= 2  # what several generators have said is in their own files and, side by side, in one more
    return asked.recipe.prompts.planned * float(PER_PROMPT + PER_TOKEN * tokens)
