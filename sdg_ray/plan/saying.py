"""What a plan is made of, in plain sentences: everything in it that nobody has measured."""

from collections.abc import Sequence

from sdg_ray.plan.clock import Line, Plan
from sdg_ray.plan.figures import Figures, Model, Tokens, figures_of
from sdg_ray.plan.work import planned_of
from sdg_ray.plan.writing import known
from sdg_ray.recipe import FIRST
from sdg_ray.stages.converse import Converse
from sdg_ray.stages.respond import Respond

ANSWER = (Respond, Converse)
PAIRED = 0.5  # the share of prompts that give a pair, where no probe tells it


def sentences(plan: Plan, figures: Figures, price: float) -> list[str]:
    """All that was assumed."""
    return [
        *_speeds(plan, figures),
        *(_tokens(name, model.tokens) for name, model in _used(plan, figures).items() if not plan.probe),
        *_probed(plan),
        *_counting(plan, figures),
        "The steps of a phase go on side by side, so it takes as long as its slowest step; phases follow each other.",
        *_sharing(plan.lines),
        *_holding(plan, price),
        f"Other steps ({_others(plan)}) ask no model and are taken to need no time.",
        "A run that is interrupted loads its models once more, and repeats only the work of the shards in hand.",
    ]


def pairs_of(plan: Plan) -> float:
    """How many preference pairs there may be; one a prompt at most."""
    share = plan.probe.paired if plan.probe else PAIRED
    return share * sum(planned_of(plan.recipe.prompts, name) for name in plan.recipe.prompts.families)


def _used(plan: Plan, figures: Figures) -> dict[str, Model]:
    """The figures that the plan rests on, by their names."""
    models = [figures_of(figures, line.work.engine.model) for line in plan.lines]
    return {name: each for name, each in figures.items() if any(each is model for model in models)}


def _speeds(plan: Plan, figures: Figures) -> list[str]:
    """Where each speed comes from."""
    found = []
    for name, model in _used(plan, figures).items():
        steps = [line.step for line in plan.lines if figures_of(figures, line.work.engine.model) is model]
        taken = [step for step in steps if not next(line for line in plan.lines if line.step == step).measured]
        if taken:
            found.append(
                f"Speed of {', '.join(taken)} (throughput.{name}): a replica reads {model.reads:,.0f} and writes "
                f"{model.writes:,.0f} tokens a second and is loaded in {model.start:,.0f} s; {model.source}. The range "
                f"is from {model.wide:g} times as fast to {model.wide:g} times as slow."
            )
    return found


def _tokens(name: str, tokens: Tokens) -> str:
    return (
        f"Mean tokens (throughput.{name}.tokens): a prompt {tokens.prompt:g}, an answer {tokens.answer:g} (never more "
        f"than its max_tokens), a prompt written in a list {tokens.item:g} and what is asked for it {tokens.ask:g}, a "
        f"user's turn {tokens.user:g}, a document {tokens.document:g}, a topic {tokens.topic:g}, a judge's verdict "
        f"{tokens.verdict:g}. The range of the seconds does not cover other lengths."
    )


def _probed(plan: Plan) -> list[str]:
    """What the probe says and what it does not."""
    if plan.probe is None:
        return [f"{PAIRED:.0%} of the prompts are taken to give a pair. A probe tells better: run it, then probe=NAME."]
    new = [line.step for line in plan.lines if line.step not in plan.probe.steps]
    fast = [line.step for line in plan.lines if line.measured]
    found = [
        f"Requests, tokens and pairs are as in run {plan.probe.run}"
        + (f", of which {plan.probe.kept:.0%} of the answers were kept" if plan.probe.kept is not None else "")
        + f"; so is the speed of {', '.join(fast) or 'no step'}, with as many replicas sharing the work evenly. "
        "Its loading times are taken over, so a pause between two launches of it would count as one."
    ]
    return found + [f"Run {plan.probe.run} has no step {step}: it is planned by the table." for step in new]


def _counting(plan: Plan, figures: Figures) -> list[str]:
    """How requests were counted."""
    strange = [name for name, each in plan.recipe.prompts.families.items() if not known(each)]
    found = ["A family with a quota is taken to have sources enough, and jobs/generate.py checks that."]
    if plan.probe is None:
        found.append(
            "Every prompt and answer is taken to be good: no request is repeated, none is left out as a double."
        )
    found += [
        f"{name}: max_tokens={most} cuts answers that this model would make longer; they are counted as that long."
        for name, most in _cut(plan, figures)
    ]
    if strange:
        found.append(f"Of the families {', '.join(strange)} one list for each seed was counted.")
    if any(isinstance(each, Converse) and each.user not in (None, each.assistant) for each in _stages(plan)):
        found.append("The user's turns of dialogues are counted as the assistant's model, at its speed.")
    return found


def _cut(plan: Plan, figures: Figures) -> list[tuple[str, int]]:
    """The steps whose answers are limited to less than their model is taken to say."""
    if plan.probe is not None:
        return []
    limits = {name: each.sampling.max_tokens for name, each in plan.recipe.stages.items() if isinstance(each, ANSWER)}
    if plan.recipe.prompts.writer:
        limits[FIRST] = plan.recipe.prompts.writer.sampling.max_tokens
    says = {line.step: figures_of(figures, line.work.engine.model).tokens.answer for line in plan.lines}
    return [(name, most) for name, most in limits.items() if most < says.get(name, 0)]


def _stages(plan: Plan) -> list[object]:
    return list(plan.recipe.stages.values())


def _sharing(lines: Sequence[Line]) -> list[str]:
    """What steps have in common that work in the same place."""
    served = [line.step for line in lines if line.place.served]
    if served:
        return [
            f"Endpoints ({', '.join(served)}) are up, each address serves one replica and nobody else.",
            *_shared(lines),
        ]
    return _shared(lines)


def _shared(lines: Sequence[Line]) -> list[str]:
    if not any(line.place.shared for line in lines):
        return []
    return [
        "Models without GPUs share one machine: what their steps take adds up, unless a probe measured it so;"
        " more replicas of one are no faster."
    ]


def _holding(plan: Plan, price: float) -> list[str]:
    """What the GPUs are counted for."""
    if not any(line.place.gpus for line in plan.lines):
        return ["No GPU of this cluster is used; what is behind endpoints is not counted."]
    return [
        f"A pool holds the GPUs of its largest number of workers until its phase ends, and one GPU costs {price:g} an "
        "hour; the column idle is the share of that time in which they wait for other steps or load. What is behind "
        "endpoints is not counted."
    ]


def _others(plan: Plan) -> str:
    there = {line.step for line in plan.lines}
    return ", ".join(step for step in plan.recipe.steps if step not in there) or "none"
