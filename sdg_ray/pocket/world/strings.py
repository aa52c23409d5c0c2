"""Little jobs on words: spelling, letters, joining.

A model sees tokens and no letters, so the word is spelled out before anything is said about its letters:

    "How many letters has the word harbour?"  ->  "h-a-r-b-o-u-r. The word has 7 letters."
"""

import random

from sdg_ray.pocket.world.chance import draw, set_aside

WORDS = tuple(
    "anchor apple barn basket beach bell bird boat bread bridge brush candle chair church cloud coat copper coral "
    "crown deck door drum dune eagle earth feather field fire fish flag flute forest fruit garden gate glass goat "
    "gold grape grass harbour hat hill honey horn horse house ink iron island jar juice kettle key kite knife "
    "ladder lake lamp lantern leaf lemon letter light lion log map market meadow milk mill moon mouse music nest "
    "net night oar oats ocean olive onion owl paint paper path pearl pebble pepper pie pilot plate plum pond pot "
    "rain reed rice ring river road rock roof room root rope rose rule sail salt sand sea seed shell ship shore "
    "silk silver sky smoke snow soap song soup spoon spring star stone storm stove straw street summer sun swan "
    "table tea tent thread tide tile tower tree trout tulip village violin wagon wall water wave wheat wheel wind "
    "window winter wolf wood wool yard".split()
)
PLACES = ("first", "second", "third")


def ask(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """A question, the short right answer, and the sentence that gives it."""
    make = rng.choice((_spell, _place, _last, _count, _joined, _joined, _repeat, _upper))
    text, reference, answer, item = draw(lambda: make(rng), lambda drawn: set_aside("string", *drawn[3]) == held_out)
    return text, reference, answer


def right(reference: str, answer: str) -> bool:
    """Whether the answer ends on the reference, as one word of its own."""
    said = answer.strip().rstrip(".").replace(" letters", "").split()
    return bool(said) and said[-1].strip('"') == reference


def _word(rng: random.Random, longest: int = 7) -> str:
    return draw(lambda: rng.choice(WORDS), lambda word: len(word) <= longest)


def _spelled(word: str) -> str:
    return "-".join(word)


def _spell(rng: random.Random) -> tuple[str, str, str, tuple[str, ...]]:
    word = _word(rng)
    text = rng.choice(("Spell the word {}.", "How do you spell {}?", "Write the word {} letter by letter."))
    return text.format(word), _spelled(word), f"{_spelled(word)}.", ("letters", "spell", word)


def _place(rng: random.Random) -> tuple[str, str, str, tuple[str, ...]]:
    word, place = _word(rng), rng.randrange(3)
    text = rng.choice(
        ("What is the {} letter of {}?", "Which letter is the {} letter of {}?", "Tell me the {} letter of {}.")
    )
    text = text.format(PLACES[place], f"the word {word}")
    return (
        text,
        word[place],
        f"{_spelled(word)}. The {PLACES[place]} letter is {word[place]}.",
        ("place", str(place), word),
    )


def _last(rng: random.Random) -> tuple[str, str, str, tuple[str, ...]]:
    word = _word(rng)
    text = rng.choice(("What is the last letter of the word {}?", "With which letter does the word {} end?"))
    return text.format(word), word[-1], f"{_spelled(word)}. The last letter is {word[-1]}.", ("last", word)


def _count(rng: random.Random) -> tuple[str, str, str, tuple[str, ...]]:
    word = _word(rng)
    text = rng.choice(
        ("How many letters has the word {}?", "Count the letters of the word {}.", "How long is the word {}?")
    )
    return text.format(word), str(len(word)), f"{_spelled(word)}. The word has {len(word)} letters.", ("count", word)


def _joined(rng: random.Random) -> tuple[str, str, str, tuple[str, ...]]:
    one, two = rng.sample(WORDS, 2)
    text = rng.choice(("Join the words {} and {} with a hyphen.", "Put a hyphen between {} and {}."))
    return text.format(one, two), f"{one}-{two}", f"{one}-{two}", ("join", one, two)


def _repeat(rng: random.Random) -> tuple[str, str, str, tuple[str, ...]]:
    word, times = _word(rng), rng.randint(2, 4)
    text = rng.choice(("Write the word {} {} times with hyphens.", "Repeat the word {} {} times, joined by hyphens."))
    repeated = "-".join([word] * times)
    return text.format(word, times), repeated, repeated, ("repeat", word, str(times))


def _upper(rng: random.Random) -> tuple[str, str, str, tuple[str, ...]]:
    word = _word(rng)
    text = rng.choice(("Write the word {} in capital letters.", "What does {} look like in capitals?"))
    return text.format(word), word.upper(), f"{_spelled(word)}. In capitals: {word.upper()}.", ("upper", word)
