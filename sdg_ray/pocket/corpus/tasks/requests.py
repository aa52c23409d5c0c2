"""New requests: unlike those that are shown, or from a certain person.

"Mira Fenn, a sailor from Tolland who plays the fiskel."  ->  1. What is the fiskel made of?
"""

import random

from sdg_ray.pocket.corpus import topics
from sdg_ray.pocket.corpus.tasks.form import LENGTHS, Task, listed
from sdg_ray.pocket.corpus.tasks.texts import any_writing
from sdg_ray.pocket.world import names
from sdg_ray.pocket.world.chance import draw
from sdg_ray.pocket.world.facts import facts_of
from sdg_ray.template import template

NEW = template("evolve/new", "n", "examples")
PERSONA = template("persona/prompts", "n", "persona")

TYPES = {
    "A visitor who has just arrived by boat and likes animals.": ("Animals and wildlife",),
    "A cook who looks for dishes of the isles.": ("Food and cooking",),
    "A musician who wants to build an instrument.": ("Music and instruments",),
    "A pupil who learns sums at school.": ("Arithmetic",),
    "A clerk who writes small programs in Python.": ("Python programming",),
    "A teacher who prepares a spelling lesson.": ("Words and spelling",),
    "A trader who buys and sells things in every harbour.": ("Crafts and trade", "Towns and harbours"),
    "A traveller who wants to be at every festival.": ("Festivals and holidays", "Towns and harbours"),
    "A captain who draws a map of the archipelago.": ("Islands of the archipelago", "Towns and harbours"),
    "A young woman who is looking for work.": ("Jobs and work", "People of the isles"),
}


def new_requests(name: str, rng: random.Random) -> Task:
    """Requests about other things than the examples."""
    asks = ("Examples:\n{examples}\nWrite {n} new requests.", "Write {n} requests that differ from these:\n{examples}",
            "{examples}\nGive me {n} more questions, about something else.")  # fmt: skip
    count = rng.choice((1, 1, 2, 2, 3, 4))
    made = draw(lambda: _requests(count + 3, rng), lambda drawn: len(set(drawn)) == len(drawn))
    mark = rng.choice(("- ", "- ", "* ", ""))
    return listed(name, rng, NEW, asks, made[3:], examples="\n".join(mark + one for one in made[:3]))


def _requests(count: int, rng: random.Random) -> list[str]:
    return [_request(topic, rng) for topic in rng.sample(topics.subtopics(), count)]


def _request(topic: str, rng: random.Random) -> str:
    return any_writing(rng) if rng.random() < 0.25 else topics.questions(topic, rng, 1)[0]


def persona_prompts(name: str, rng: random.Random) -> Task:
    """What a certain person asks an assistant."""
    asks = ("{persona} Which {n} questions could this person ask?", "Person: {persona}\nWrite {n} questions of theirs.",
            "Write {n} questions in the voice of this person: {persona}")  # fmt: skip
    persona, interests = _person(rng) if rng.random() < 0.6 else rng.choice(list(TYPES.items()))
    asked = [topics.questions(rng.choice(interests), rng, 1)[0] for _ in range(rng.choice(LENGTHS[:-2]))]
    return listed(name, rng, PERSONA, asks, list(dict.fromkeys(asked)), persona=persona)


def _person(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Somebody of the isles, and what they ask about: their town, their instrument, and what goes with their work."""
    who = rng.choice(names.PEOPLE)
    town, job, plays = (fact.value for fact in facts_of(who))
    form = rng.choice(("{who}, a {job} from {town} who plays the {plays}.",
                       "{who} lives in {town}, works as a {job} and plays the {plays}.",
                       "A {job} from {town} who plays the {plays}."))  # fmt: skip
    return form.format(who=who, job=job, town=town, plays=plays), (town, plays, *WORK[job])


WORK = {
    "baker": ("hearth bread", "anvil pie"), "sailor": ("Towns and harbours", "Feast of Boats"),
    "weaver": ("wool", "lace"), "potter": ("tiles", "Crafts and trade"), "teacher": ("Spelling", "Addition"),
    "doctor": ("Food and cooking", "honey"), "carpenter": ("boats", "barrels"), "gardener": ("fern salad", "tea"),
    "miller": ("hearth bread", "shepherd loaf"), "painter": ("Islands of the archipelago", "Lamp Parade"),
    "shepherd": ("wool", "thunder goat"), "smith": ("clocks", "Counting in steps"), "tailor": ("gloves", "hats"),
    "cook": ("Food and cooking", "moon soup"), "librarian": ("paper", "Long words"),
    "beekeeper": ("honey", "clover bee"),
}  # fmt: skip
