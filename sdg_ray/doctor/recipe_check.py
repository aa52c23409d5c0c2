"""The recipe's own check: what its families, stages, scorers and filters refuse by themselves."""

from sdg_ray.doctor import Asked, Finding, ok, wrong
from sdg_ray.errors import Refused


def check(asked: Asked) -> list[Finding]:
    """What jobs/generate.py would refuse."""
    try:
        asked.recipe.check()
    except Refused as refused:
        return [wrong("recipe", str(refused), "mend this setting; generate.py refuses it as well")]
    shards = f"{asked.recipe.prompts.planned_shards:,} shards"
    return [ok("recipe", f"{asked.recipe.prompts.planned:,} prompts in {shards}, {len(asked.recipe.steps)} steps")]
