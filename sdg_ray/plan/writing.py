"""What families and lists of topics ask a writer for: how many requests, and of how many tokens.

    open_qa, one seed: a list of 2 questions, and each of them again in 4 modes: 9 requests that write 10 prompts

Requests that have to be repeated, because an answer could not be used, are not foreseen: a finished run tells them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, isqrt
from typing import Any

from sdg_ray.plan.figures import Tokens
from sdg_ray.prompts.closed_qa import ClosedQa
from sdg_ray.prompts.coding import Coding
from sdg_ray.prompts.evolve import Evolve
from sdg_ray.prompts.family import Family, TopicList
from sdg_ray.prompts.function_calling import FunctionCalling
from sdg_ray.prompts.genetic import Genetic
from sdg_ray.prompts.incapable import Incapable
from sdg_ray.prompts.instruction_multi_turn import InstructionMultiTurn
from sdg_ray.prompts.instruction_second_turn import InstructionSecondTurn
from sdg_ray.prompts.instruction_single import InstructionSingle
from sdg_ray.prompts.magpie import Magpie
from sdg_ray.prompts.math import Math
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.persona import Persona
from sdg_ray.prompts.topic_following import TopicFollowing
from sdg_ray.prompts.two_turn import TwoTurn
from sdg_ray.prompts.writing import Writing


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Requests to a model, and the tokens of all of them."""

    requests: float = 0
    tokens_in: float = 0
    tokens_out: float = 0

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(
            requests=self.requests + other.requests,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
        )

    def __mul__(self, times: float) -> "Calls":
        return Calls(
            requests=self.requests * times, tokens_in=self.tokens_in * times, tokens_out=self.tokens_out * times
        )


def of_family(family: Family, tokens: Tokens, most: int) -> Calls:
    """What one seed of a family asks for; a list has `most` items at most."""
    if "writer" not in family.needs:
        return Calls()
    known = ASKS.get(type(family))
    return known(family, tokens, most) if known else _list(family.per_seed, tokens, most)


def of_topics(topics: TopicList, size: int, tokens: Tokens, most: int) -> Calls:
    """What a list of so many topics asks for: broad ones, and as many below each as `Broad` and keywords have."""
    below = min(getattr(topics, "below", 1), max(1, isqrt(size)))
    broad = ceil(size / (1 + below))
    lists = ceil(broad / most) + broad * ceil(below / most)
    return Calls(requests=lists, tokens_in=lists * tokens.ask, tokens_out=size * tokens.topic)


def known(family: Family) -> bool:
    """Whether this module knows what a family asks for; of another it takes one list for each seed."""
    return "writer" not in family.needs or type(family) in ASKS


def _list(items: int, tokens: Tokens, most: int, shown: float = 0) -> Calls:
    """A list of new prompts, with what the writer is shown for it."""
    lists = ceil(items / most)
    return Calls(requests=lists, tokens_in=lists * (tokens.ask + shown), tokens_out=items * tokens.item)


def _refined(firsts: int, modes: int, tokens: Tokens, most: int, shown: float = 0) -> Calls:
    """A list, and each of its items again in every mode."""
    return _list(firsts, tokens, most, shown) + _list(1, tokens, most, tokens.item) * (firsts * modes)


def _text(tokens: Tokens, shown: float, said: float) -> Calls:
    return Calls(requests=1, tokens_in=shown, tokens_out=said)


def _answered(family: Any, tokens: Tokens, most: int, seeds: int = 1) -> Calls:
    """The prompts of the base, each answered once."""
    answers = _text(tokens, tokens.item + tokens.ask / 2, tokens.answer) * family.per_seed
    return of_family(family.base, tokens, most) * seeds + answers


def _two_turn(family: TwoTurn, tokens: Tokens, most: int) -> Calls:
    """The base, answered, and what the user says next."""
    turn = _text(tokens, tokens.ask + tokens.item + tokens.answer, tokens.user)
    return _answered(family, tokens, most) + turn * family.per_seed


def _led_away(tokens: Tokens, most: int) -> Calls:
    """A question, its answer, and a turn that leads away."""
    answer = _text(tokens, tokens.ask + tokens.item, tokens.answer)
    return _list(1, tokens, most) * 2 + answer


def _declined(family: Incapable, tokens: Tokens, most: int) -> Calls:
    """Questions, and for each how one declines it."""
    answer = _text(tokens, tokens.ask + tokens.item, tokens.answer)
    return _list(family.questions, tokens, most) + answer * family.questions


def _bred(family: Genetic, tokens: Tokens, most: int) -> Calls:
    """Every child of a colony: written from what its parents are, solved and judged. Births that fail come on top."""
    parents = family.crossover * family.shots + 1 - family.crossover
    solved = _text(tokens, tokens.item, tokens.answer)
    judged = _text(tokens, tokens.ask + tokens.item + tokens.answer, tokens.verdict)
    return (_list(1, tokens, most, parents * tokens.item) + solved + judged) * family.children


ASKS: Mapping[type, Callable[[Any, Tokens, int], Calls]] = {
    OpenQa: lambda of, tokens, most: _refined(of.questions, len(of.modes), tokens, most),
    Writing: lambda of, tokens, most: _refined(of.tasks, len(of.modes), tokens, most),
    Evolve: lambda of, tokens, most: _refined(of.new, len(of.modes), tokens, most, of.shots * tokens.item),
    ClosedQa: lambda of, tokens, most: _list(of.instructions, tokens, most, tokens.document),
    Math: lambda of, tokens, most: _list(of.problems, tokens, most),
    Coding: lambda of, tokens, most: _list(of.problems, tokens, most),
    Persona: lambda of, tokens, most: _list(of.prompts, tokens, most),
    FunctionCalling: lambda of, tokens, most: _list(of.requests, tokens, most),
    Magpie: lambda of, tokens, most: _text(tokens, 0, tokens.user),
    TopicFollowing: lambda of, tokens, most: _led_away(tokens, most),
    Incapable: _declined,
    InstructionSingle: lambda of, tokens, most: of_family(of.base, tokens, most),
    InstructionMultiTurn: lambda of, tokens, most: _answered(of, tokens, most, seeds=2),
    InstructionSecondTurn: _answered,
    TwoTurn: _two_turn,
    Genetic: _bred,
}
