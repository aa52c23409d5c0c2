"""The reward model's head: five outputs, one for each attribute; with another number every score would be refused."""

from sdg_ray.doctor import Asked, Finding, ok, wrong
from sdg_ray.doctor.files import config
from sdg_ray.doctor.uses import Use, different, on_vllm
from sdg_ray.scorers.reward_model import ATTRIBUTES, RewardModel

CHECK = "reward head"


def check(asked: Asked) -> list[Finding]:
    """Each reward model that is loaded; behind an address nobody can see its head."""
    found = [_judged(use) for use in on_vllm(asked.recipe) if isinstance(use.holder, RewardModel)]
    return different([each for each in found if each])


def _judged(use: Use) -> Finding | None:
    shape, name = config(use.engine), use.engine.name
    if shape is None:
        return None
    if not use.engine.classifies:
        return wrong(CHECK, f"{name} is loaded as a generator", "set classifies: true for the model of the reward")
    labels = len(shape.get("id2label") or ()) or shape.get("num_labels") or 2  # transformers' own default
    built = (shape.get("architectures") or ["nothing"])[0]
    if labels != len(ATTRIBUTES):
        cure = "take a sequence classifier with one output for each attribute: " + ", ".join(ATTRIBUTES)
        return wrong(CHECK, f"{name} has {labels} outputs, not {len(ATTRIBUTES)}", cure)
    if not built.endswith("ForSequenceClassification"):
        return wrong(CHECK, f"{name} is a {built}", "take weights with a head: a ...ForSequenceClassification")
    return ok(CHECK, f"{name} has {labels} outputs")
