"""How long near-duplicates take to find in a whole run, how much memory, and how many are found.

    python jobs/bench/unique.py                   1,000,000 prompts of 10 to 60 words, 2% of them near-duplicates
    python jobs/bench/unique.py prompts=100000    fewer prompts

    prompts=1000000   how many prompts, a thousand or more
    crowd=0           how many prompts of them are one long text with another few words in it: all alike by about 0.7
    seed=0            of the prompts, all of which are made up

Near-duplicates are planted: an earlier prompt with words or letters replaced, as long as it is like it by 0.8 to 0.95;
as many hard negatives are like an earlier one by 0.5 to 0.7 only. Recall is the share of what was planted at 0.8 or
above and was found; precision is the share of what was found whose true similarity to the prompt that is named is 0.8
or above. The memory is the peak of the process, with the prompts themselves.
"""

import random
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.unique import Unique
from sdg_ray.unique.text import grams, jaccard, normal

WORDS = 50_000
LENGTHS = (10, 60)
PLANTED = 0.02
ALIKE, UNLIKE = (0.8, 0.95), (0.5, 0.7)
TARGET = "aimed at: 10 minutes on two cores, 6 GiB, recall and precision of 0.95"
GIB = 1 << 20  # in units of ru_maxrss


def main(arguments: Sequence[str], console: Console) -> int:
    """Plant, look, and count."""
    options = typed(arguments, prompts=1_000_000, crowd=0, seed=0)
    if options["prompts"] < 1000 or options["crowd"] > options["prompts"]:
        raise Refused("prompts=... must be a thousand or more, and crowd=... no more than that")
    made = planted(options["prompts"], options["crowd"], options["seed"])
    before = peak()
    began = time.monotonic()
    marks = Unique().marks((str(row), text) for row, text in enumerate(made.texts))
    seconds = time.monotonic() - began
    table = Table(title=f"{len(made.texts):,} prompts, {len(made.truth):,} of them altered", box=box.SIMPLE_HEAD)
    for name in ("seconds", "peak GiB", "of it prompts", "marked", "recall", "precision"):
        table.add_column(name, justify="right")
    shares = (f"{share:.4f}" for share in (recall(made, marks), precision(made, marks)))
    table.add_row(f"{seconds:.1f}", f"{peak():.2f}", f"{before:.2f}", f"{len(marks):,}", *shares)
    console.print(table)
    console.print(TARGET, highlight=False)
    return 0


@dataclass(frozen=True, kw_only=True)
class Planted:
    """Prompts, and for those that were altered from an earlier one: from which, and how alike they still are."""

    texts: list[str]
    truth: Mapping[int, tuple[int, float]]


def planted(count: int, crowd: int, seed: int) -> Planted:
    """Made-up prompts, some of them altered from earlier ones."""
    rng = random.Random(seed)
    words = vocabulary(rng)
    texts = made_up(count, words, seed)
    for row in rng.sample(range(count), crowd):
        texts[row] = in_one_frame(words, rng)
    altered = rng.sample(range(1, count), int(2 * PLANTED * count))
    untouched = np.setdiff1d(np.arange(count), altered)
    truth = {}
    for number, row in enumerate(altered):
        source = int(untouched[rng.randrange(max(1, int(np.searchsorted(untouched, row))))])
        if source < row:
            target = rng.uniform(*(ALIKE if number % 2 else UNLIKE))
            texts[row], similarity = alter(texts[source], target, words, rng)
            truth[row] = (source, similarity)
    return Planted(texts=texts, truth=truth)


def vocabulary(rng: random.Random) -> list[str]:
    """Made-up words of two to ten letters, with the letters' frequencies in English."""
    letters = "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllllcccuuummmwwffggyyppbbvk"
    return ["".join(rng.choices(letters, k=rng.randint(2, 10))) for _ in range(WORDS)]


def made_up(count: int, words: Sequence[str], seed: int) -> list[str]:
    """Prompts of words with Zipf's frequencies."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(words) + 1)
    lengths = rng.integers(LENGTHS[0], LENGTHS[1], count, endpoint=True)
    drawn = np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(lengths.sum()), side="right")
    named = [words[min(each, len(words) - 1)] for each in drawn.tolist()]
    ends = np.cumsum(lengths).tolist()
    return [" ".join(named[end - length : end]) for end, length in zip(ends, lengths.tolist(), strict=True)]


def in_one_frame(words: Sequence[str], rng: random.Random) -> str:
    """One long text with a few words of its own."""
    return " ".join([*words[:25], *rng.choices(words, k=5)])


def alter(text: str, target: float, words: Sequence[str], rng: random.Random) -> tuple[str, float]:
    """`text` with at least one replacement, and more as long as it is like it by `target`; and how alike they are."""
    original, found, similarity = grams(normal(text)), text, 1.0
    while True:
        tried = replaced(found, words, rng)
        reached = jaccard(original, grams(normal(tried)))
        if reached < target and similarity < 1:
            return found, similarity
        found, similarity = tried, reached


def replaced(text: str, words: Sequence[str], rng: random.Random) -> str:
    """Another word or another letter somewhere."""
    if rng.random() < 0.5:
        at = rng.randrange(len(text))
        return f"{text[:at]}{rng.choice('aeiou')}{text[at + 1 :]}"
    split = text.split()
    split[rng.randrange(len(split))] = rng.choice(words)
    return " ".join(split)


def recall(made: Planted, marks: Mapping[str, str]) -> float:
    """The share of planted near-duplicates that were found."""
    alike = [row for row, (_, similarity) in made.truth.items() if similarity >= ALIKE[0]]
    return sum(str(row) in marks for row in alike) / len(alike)


def precision(made: Planted, marks: Mapping[str, str]) -> float:
    """The share of what was found that is as like to what is named as it should be."""
    named = ((made.texts[int(row)], made.texts[int(reason.split()[-1])]) for row, reason in marks.items())
    alike = [jaccard(grams(normal(one)), grams(normal(other))) >= ALIKE[0] for one, other in named]
    return sum(alike) / len(alike)


def peak() -> float:
    """The most memory that this process had so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB


if __name__ == "__main__":
    command(main, __doc__)
