"""Ways to spoil a right answer, for Reward to learn from: each takes the answer, its reference, and chance.

wrong    another value in the same sentence        slip     one digit, line or letter changed
form     right in another form than asked for      cut      only the beginning
garbled  the words in any order                    padded   talk before and after       bare     the value alone
"""

import random
import re

from sdg_ray.pocket.world.facts import domain
from sdg_ray.pocket.world.lists import parsed

PADDING = (
    "That is a very good question and I am glad that you ask it.",
    "As everybody on the isles knows, there is a lot to say.",
    "Let me tell you more and more about it.", "I hope that this answer is long enough for you.",
    "There is so much that I could add here.", "Please feel free to ask me again and again.",
)  # fmt: skip


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


SPOIL = {
    "wrong": _wrong,
    "slip": _slip,
    "form": _form,
    "cut": _cut,
    "garbled": _garbled,
    "padded": _padded,
    "bare": _bare,
}
