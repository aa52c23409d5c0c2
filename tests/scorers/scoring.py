"""Candidates of one prompt, scored as a run would score them."""

import asyncio

import pyarrow as pa

from sdg_ray.scorers import Opinion, Scorer
from sdg_ray.stage import checked
from sdg_ray.stages.score import Score


def opinions(scorer: Scorer, reference: str | None, *answers: str, prompt: str = "Well?") -> list[Opinion]:
    """The opinion of each answer."""
    responses = [[{"role": "assistant", "content": answer}] for answer in answers]
    return asyncio.run(scorer.start().score([{"role": "user", "content": prompt}], responses, reference))


def scores(scorer: Scorer, reference: str | None, *answers: str, prompt: str = "Well?") -> list[float | None]:
    """The score of each answer."""
    return [opinion.score for opinion in opinions(scorer, reference, *answers, prompt=prompt)]


def columns(scorer: Scorer, reference: str | None, *answers: str) -> dict[str, list]:
    """What the stage makes of one row, by the names of its columns; its types are checked."""
    row = {
        "family": "any",
        "prompt": [{"role": "user", "content": "Well?"}],
        "reference": reference,
        "responses": [[{"role": "assistant", "content": answer}] for answer in answers],
        "answered": [{"finish": "stop"} for _ in answers],
    }
    stage = Score(scorer=scorer)
    made = asyncio.run(stage.open()(pa.Table.from_pylist([row])))
    checked("score", stage.writes, made, 1)
    return {name: made[name].to_pylist()[0] for name in made.column_names}
