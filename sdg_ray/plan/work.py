"""The requests and tokens of each step that asks a model, from the recipe and the figures of its models.

    responses   1,000 prompts, n=4:   1,000 requests,   400,000 tokens in,   2,400,000 tokens out
    reward      4,000 answers:        4,000 requests, 4,000,000 tokens in

The candidates of a prompt are one request, and their prompt is read once. Every planned prompt is taken to be good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, comb, floor
from typing import Any

from sdg_ray.engines import Engine
from sdg_ray.plan.figures import Figures, Tokens, figures_of
from sdg_ray.plan.writing import Calls, of_family, of_topics
from sdg_ray.prompts import Prompts
from sdg_ray.recipe import FIRST, TOPICS, Recipe
from sdg_ray.scorers.judge import Judge
from sdg_ray.scorers.rubric import Rubric
from sdg_ray.stages.converse import Converse
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one step asks of its model: for how many prompts, with how many requests, and of how many tokens."""

    engine: Engine
    prompts: int
    calls: Calls


def work_of(recipe: Recipe, figures: Figures) -> dict[str, Work]:
    """The work of each step that has a model, in the order of the steps."""
    counts = {name: planned_of(recipe.prompts, name) for name in recipe.prompts.families}
    found = {**_writing(recipe, counts, figures), **_stages(recipe, counts, figures)}
    return {step: found[step] for step in recipe.steps if step in found}


def planned_of(prompts: Prompts, name: str) -> int:
    """How many prompts a family makes. One with a quota is taken to have sources enough: nothing is opened for it."""
    family = prompts.families[name]
    if family.quota is None:
        return prompts.planned_of(name)
    return floor(prompts.planned_shards * prompts._share(name) + 1e-9) * family.per_seed


def candidates_of(recipe: Recipe) -> float:
    """How many answers a prompt has on average, of all generators together."""
    stages = [stage for stage in recipe.stages.values() if isinstance(stage, Respond | Converse)]
    return sum(stage.n * _drawn(stage) for stage in stages)


def _writing(recipe: Recipe, counts: Mapping[str, int], figures: Figures) -> dict[str, Work]:
    """The topics and the prompts, where a model writes them."""
    writer = recipe.prompts.writer
    if writer is None:
        return {}
    tokens, most = _within(figures_of(figures, writer.engine.model).tokens, writer.sampling.max_tokens), writer.most
    sizes = recipe.prompts.planned_topics
    lists = (of_topics(each, sizes[name], tokens, most) for name, each in recipe.prompts.topics.items())
    seeds = (
        of_family(family, tokens, most) * (counts[name] / family.per_seed)
        for name, family in recipe.prompts.families.items()
    )
    topics, prompts = sum(lists, Calls()), sum(seeds, Calls())
    found = {
        TOPICS: Work(engine=writer.engine, prompts=sum(sizes.values()), calls=topics),
        FIRST: Work(engine=writer.engine, prompts=sum(counts.values()), calls=prompts),
    }
    return {step: work for step, work in found.items() if work.calls.requests}


def _stages(recipe: Recipe, counts: Mapping[str, int], figures: Figures) -> dict[str, Work]:
    found = {}
    for name, stage in recipe.stages.items():
        engine = _engine(stage)
        if engine is not None:
            prompts = _prompts(stage, counts)
            tokens = figures_of(figures, engine.model).tokens
            found[name] = Work(engine=engine, prompts=prompts, calls=_each(stage, recipe, tokens) * prompts)
    return found


def _engine(stage: Any) -> Engine | None:
    """The model of a stage, if it has one; a dialogue's is the assistant's."""
    if isinstance(stage, Converse):
        return stage.assistant
    return getattr(stage.scorer if isinstance(stage, Score) else stage, "engine", None)


def _prompts(stage: Any, counts: Mapping[str, int]) -> int:
    """How many prompts concern a stage."""
    if isinstance(stage, Score) and stage.families:
        return sum(counts.get(name, 0) for name in stage.families)
    return ceil(sum(counts.values()) * _drawn(stage))


def _drawn(stage: Any) -> float:
    """The share of the prompts that one of several generators answers."""
    return stage.take / len(stage.among) if isinstance(stage, Respond) and stage.among else 1.0


def _each(stage: Any, recipe: Recipe, tokens: Tokens) -> Calls:
    """What a stage asks for one prompt."""
    if isinstance(stage, Respond):
        answer = min(tokens.answer, stage.sampling.max_tokens)
        return Calls(requests=1, tokens_in=tokens.prompt, tokens_out=stage.n * answer)
    if isinstance(stage, Converse):
        return _dialogue(stage.turns, _within(tokens, stage.sampling.max_tokens)) * stage.n
    return _judged(stage.scorer, candidates_of(recipe), _read(recipe, tokens), tokens)


def _within(tokens: Tokens, most: int) -> Tokens:
    """Answers no longer than a model may give."""
    return replace(tokens, answer=min(tokens.answer, most))


def _dialogue(turns: int, tokens: Tokens) -> Calls:
    """Answers, and what the user says between them, each with all that was said before."""
    found, said = Calls(), tokens.prompt
    for turn in range(turns):
        if turn:
            found += Calls(requests=1, tokens_in=tokens.ask + said, tokens_out=tokens.user)
            said += tokens.user
        found += Calls(requests=1, tokens_in=said, tokens_out=tokens.answer)
        said += tokens.answer
    return found


def _read(recipe: Recipe, tokens: Tokens) -> float:
    """A prompt with what follows it, as a judge reads them: an answer, or all the turns of a dialogue."""
    most, turns = 0, 1
    for stage in recipe.stages.values():
        if isinstance(stage, Respond | Converse):
            most = max(most, stage.sampling.max_tokens)
        if isinstance(stage, Converse):
            turns = stage.turns
    answer = min(tokens.answer, most)
    return tokens.prompt + turns * answer + (turns - 1) * tokens.user


def _judged(scorer: Any, answers: float, read: float, tokens: Tokens) -> Calls:
    """What a scorer asks about so many answers to one prompt, which each take `read` tokens with the prompt."""
    said = min(tokens.verdict, scorer.sampling.max_tokens) if isinstance(scorer, Judge | Rubric) else 0
    if isinstance(scorer, Judge):  # every pair in both orders, and the prompt is read once with both answers
        asked = 2 * min(scorer.most, comb(round(answers), 2))
        shown = tokens.ask + 2 * read - tokens.prompt
        return Calls(requests=asked, tokens_in=asked * shown, tokens_out=asked * said)
    if isinstance(scorer, Rubric):
        shown = tokens.ask + read
        return Calls(requests=answers, tokens_in=answers * shown, tokens_out=answers * said)
    return Calls(requests=answers, tokens_in=answers * read)
