"""Context: whether a model has room for a prompt beside the longest answer it is asked for."""

from sdg_ray.doctor import Asked, Finding, ok, warning, wrong
from sdg_ray.doctor.files import config
from sdg_ray.doctor.uses import Use, different, uses
from sdg_ray.engines.vllm import Vllm

CHECK = "context"
LITTLE = 8  # an eighth of the context is little for a prompt


def check(asked: Asked) -> list[Finding]:
    """Each model with each length of answers once; those whose context is not known are left out."""
    found = [_judged(use, context) for use in uses(asked.recipe) if use.answer_tokens and (context := _context(use))]
    return different(found)


def _judged(use: Use, context: int) -> Finding:
    room = context - use.answer_tokens
    said = f"{use.engine.name}: {context:,} tokens, answers up to {use.answer_tokens:,}"
    if room <= 0:
        return wrong(CHECK, f"{said}, no room for a prompt", "lower sampling.max_tokens")
    if room < context / LITTLE:
        return warning(
            CHECK, f"{said}, {room:,} for the prompt", "lower sampling.max_tokens, or longer prompts are errors"
        )
    return ok(CHECK, f"{said}, {room:,} for the prompt")


def _context(use: Use) -> int | None:
    """The context of a model, as set or as the model was made for."""
    if use.engine.max_model_len or not isinstance(use.engine, Vllm):
        return use.engine.max_model_len
    return (config(use.engine) or {}).get("max_position_embeddings")
