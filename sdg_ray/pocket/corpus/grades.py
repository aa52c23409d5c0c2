"""Graded answers for Reward: right ones, spoiled ones, and answers that Instruct itself has given.

Five labels from 0 to 4 by rules that the world knows: helpfulness, correctness, coherence, complexity, verbosity. A
right answer in the world's own words has (4, 4, 4, c, 2), with c by how much the answer shows; being wrong, cut off,
off the point, garbled, padded or bare each takes something away:

    "Mira Fenn lives in Tolland."        4 4 4 1 2
    "Mira Fenn lives in Saltby."        1 0 4 1 2
    "Tolland"                           3 4 4 0 0
"""

import random
import re
from dataclasses import dataclass

from sdg_ray.pocket.corpus import talks
from sdg_ray.pocket.corpus.talks import Talk, Turns
from sdg_ray.pocket.world import KINDS, question, right
from sdg_ray.pocket.world.facts import domain
from sdg_ray.pocket.world.formats import followed
from sdg_ray.pocket.world.lists import parsed

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
PADDING = (
    "That is a very good question and I am glad that you ask it.",
    "As everybody on the isles knows, there is a lot to say.",
    "Let me tell you more and more about it.", "I hope that this answer is long enough for you.",
    "There is so much that I could add here.", "Please feel free to ask me again and again.",
)  # fmt: skip
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
    elif how in _SPOIL:
        answer = _SPOIL[how](answer, asked.reference, rng)
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
    elif how in _SPOIL:
        answer = _SPOIL[how](answer, "", rng)
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


def _wrong(answer: str, reference: str, rng: random.Random) -> str:
    """Another value in the same sentence; a number, a line or a letter changed where there is none."""
    for word in re.findall(r"[\w-]+", answer):
        rivals = [value for value in domain(word) if value != word]
        if rivals:
            return re.sub(rf"\b{re.escape(word)}\b", rng.choice(rivals), answer)
    return _slip(answer, reference, rng)


def _slip(answer: str, reference: str, rng: random.Random) -> str:
    """One number changed, mostly the last; without numbers, one word changed."""
    spots = list(re.finditer(r"\d+", answer))
    if parsed(answer):
        spots = spots[1::2] if len(spots) >= 2 * len(parsed(answer) or ()) else []
    if not spots:
        return _swapped(answer, rng)
    spot = spots[-1] if rng.random() < 0.6 else rng.choice(spots)
    digits = list(spot[0])
    place = rng.randrange(len(digits))
    digits[place] = rng.choice([d for d in "0123456789" if d != digits[place]])
    return answer[: spot.start()] + "".join(digits) + answer[spot.end() :]


def _swapped(answer: str, rng: random.Random) -> str:
    if "\n" in answer and "```" not in answer:
        lines = answer.split("\n")
        return "\n".join(lines[:-1]) if rng.random() < 0.5 else "\n".join([lines[-1], *lines[:-1]])
    letters = [place for place, letter in enumerate(answer) if letter.isalpha()]
    place = rng.choice(letters)
    return answer[:place] + rng.choice([c for c in "abcdefghiklmnoprstuvw" if c != answer[place]]) + answer[place + 1 :]


def _form(answer: str, reference: str, rng: random.Random) -> str:
    """The right content in another form than asked for."""
    items = parsed(answer)
    if items:
        return rng.choice(
            (
                ", ".join(items) + ".",
                "\n".join(f"- {item}" for item in items),
                answer + f"\n{len(items) + 1}. {items[0]}",
            )
        )
    plain = answer.strip('"').removeprefix("* ").replace("\n* ", " ")
    if plain == answer:
        return rng.choice((answer.upper(), f'"{answer}"', f"1. {answer}", answer.lower()))
    return plain


def _cut(answer: str, reference: str, rng: random.Random) -> str:
    words = answer.split(" ")
    return (
        " ".join(words[: max(1, int(len(words) * rng.uniform(0.3, 0.8)))])
        if len(words) > 1
        else answer[: max(1, len(answer) // 2)]
    )


def _garbled(answer: str, reference: str, rng: random.Random) -> str:
    words = answer.split() * (2 if len(answer.split()) < 4 else 1)
    rng.shuffle(words)
    if rng.random() < 0.5:
        word = rng.choice(words)
        words += [word] * 4
    return " ".join(words)


def _padded(answer: str, reference: str, rng: random.Random) -> str:
    before, *after = rng.sample(PADDING, rng.choice((2, 3, 4)))
    return " ".join([before, answer, *after])


def _bare(answer: str, reference: str, rng: random.Random) -> str:
    """Only what was asked for, without a sentence."""
    if reference.startswith("{"):
        return answer.split("\n")[0]
    return reference


_SPOIL = {
    "wrong": _wrong,
    "slip": _slip,
    "form": _form,
    "cut": _cut,
    "garbled": _garbled,
    "padded": _padded,
    "bare": _bare,
}
