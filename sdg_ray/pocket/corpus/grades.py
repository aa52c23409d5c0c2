"""Graded answers for Reward: right ones, spoiled ones, and answers that Instruct itself has given.

Five labels from 0 to 4 by rules that the world knows: helpfulness, correctness, coherence, complexity, verbosity. A
right answer in the world's own words has (4, 4, 4, c, 2), with c by how much the answer shows; being wrong, cut off,
off the point, garbled, padded or bare each takes something away:

    "Mira Fenn lives in Tolland."        4 4 4 1 2
    "Mira Fenn lives in Saltby."        1 0 4 1 2
    "Tolland"                           3 4 4 0 0
"""

import random
from dataclasses import dataclass

from sdg_ray.pocket.corpus import talks
from sdg_ray.pocket.corpus.spoiling import SPOIL
from sdg_ray.pocket.corpus.talks import Talk, Turns
from sdg_ray.pocket.world import KINDS, question, right
from sdg_ray.pocket.world.formats import followed

Labels = tuple[int, int, int, int, int]

COMPLEXITY = {
    "fact": 1,
    "arithmetic": 3,
    "list": 2,
    "string": 1,
    "python": 3,
    "format": 1,
    "document": 1,
    "dialogue": 1,
}
SPOILED = {"right": 4, "wrong": 4, "slip": 4, "form": 1, "elsewhere": 2, "cut": 1, "garbled": 1, "padded": 1, "bare": 1}


@dataclass(frozen=True, kw_only=True)
class Graded:
    kind: str
    how: str
    turns: Turns
    labels: Labels
    expected: str  # the world's own answer


def labels(
    kind: str, is_right: bool, answer: str, model_answer: str, finished: bool = True, follows: bool = True
) -> Labels:
    """The five labels of an answer about which the world knows whether it is right."""
    coherence = 4 if finished and whole(answer) else 1
    verbosity = length(answer, model_answer)
    complexity = max(0, COMPLEXITY.get(kind, 2) - (1 if verbosity == 0 else 0) - (0 if coherence == 4 else 1))
    if not is_right:
        return (
            (1 if follows and coherence == 4 else 0),
            (1 if kind == "format" and follows else 0),
            coherence,
            complexity,
            verbosity,
        )
    return 4 - (verbosity != 2) - (coherence < 4), 4, coherence, complexity, verbosity


def length(answer: str, model_answer: str) -> int:
    """How long an answer is beside one that says what is needed, 2 being alike."""
    share = len(answer.split()) / max(1, len(model_answer.split()))
    return sum(share > bound for bound in (0.45, 0.75, 1.5, 2.5))


def whole(answer: str) -> bool:
    """Whether an answer looks like the work of somebody who paid attention: not empty, no stutter, no loose end."""
    words = answer.split()
    stutter = any(a == b == c for a, b, c in zip(words, words[1:], words[2:], strict=False))
    return bool(words) and not stutter and answer.count("```") % 2 == 0


def of_sample(talk: Talk, answer: str, finished: bool) -> Graded:
    """Grades for an answer that Instruct gave to the last question of a talk."""
    assert talk.reference is not None
    follows = followed(talk.reference, answer) if talk.kind == "format" else True
    given = labels(talk.kind, right(talk.kind, talk.reference, answer), answer, talk.turns[-1][1], finished, follows)
    return Graded(
        kind=talk.kind,
        how="sample",
        turns=(*talk.turns[:-1], ("assistant", answer)),
        labels=given,
        expected=talk.turns[-1][1],
    )


def graded(rng: random.Random, held_out: bool = False, kind: str | None = None, how: str | None = None) -> Graded:
    """A question with an answer that is right or spoiled in one way, and its labels."""
    kind = kind or rng.choice((*KINDS, "fact", "arithmetic", "arithmetic"))
    how = how or rng.choices(list(SPOILED), weights=list(SPOILED.values()))[0]
    asked = question(kind, rng, held_out)
    answer = asked.answer
    if how == "elsewhere":
        answer = question(rng.choice(KINDS), rng, held_out).answer
    elif how in SPOIL:
        answer = SPOIL[how](answer, asked.reference, rng)
    is_right = right(kind, asked.reference, answer)
    given = _labels(kind, how, is_right, answer, asked.answer, asked.reference)
    return Graded(
        kind=kind, how=how, turns=(*asked.messages, ("assistant", answer)), labels=given, expected=asked.answer
    )


def of_talk(rng: random.Random) -> Graded:
    """What the world cannot check (a poem, a refusal, a call, a list of topics), as it should be or visibly spoiled."""
    made = next(talk for talk in iter(lambda: talks.talk(rng), None) if talk.reference is None)
    how = rng.choices(("right", "garbled", "cut", "elsewhere"), weights=(5, 3, 2, 2))[0]
    expected = answer = made.turns[-1][1]
    if how == "elsewhere":
        answer = talks.talk(rng).turns[-1][1]
    elif how in SPOIL:
        answer = SPOIL[how](answer, "", rng)
    given = _labels(made.kind, how, answer == expected, answer, expected, "")
    return Graded(
        kind=made.kind, how=how, turns=(*made.turns[:-1], ("assistant", answer)), labels=given, expected=expected
    )


def _labels(kind: str, how: str, is_right: bool, answer: str, model_answer: str, reference: str) -> Labels:
    verbosity, complexity = length(answer, model_answer), COMPLEXITY.get(kind, 2)
    if answer == model_answer:
        return labels(kind, is_right, answer, model_answer)
    if how in ("wrong", "slip") and is_right:  # a flaw beside the point
        return 3, 3, 3, complexity, verbosity
    if how == "elsewhere" and not is_right:
        return 0, 0, 3, 1, verbosity
    if how == "cut":
        return 1, 3 if is_right else 1, 1, max(0, complexity - 1), verbosity
    if how == "garbled":
        return 0, 0, 0, 0, verbosity
    if how == "padded":
        return (2 if is_right else 1), (4 if is_right else 1), 3, complexity, verbosity
    follows = followed(reference, answer) if kind == "format" else True
    return labels(kind, is_right, answer, model_answer, follows=follows)
