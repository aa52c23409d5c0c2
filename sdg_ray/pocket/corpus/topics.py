"""The topics of the isles: 25 macro topics, what belongs to each, and which questions can be asked about them.

Every subtopic leads to questions with known answers, so what a generator writes can be checked in the end.

    "Life on Arrin"  ->  Tolland, Wickmoor, moss hare, ...
"""

import random
from functools import cache

from sdg_ray.pocket.world import arithmetic, lists, names, python, strings
from sdg_ray.pocket.world.facts import GROUP_OF, GROUPS, all_facts, facts_of, wordings

GROUP_TOPICS = {
    "Islands of the archipelago": "islands",
    "Towns and harbours": "towns",
    "People of the isles": "people",
    "Animals and wildlife": "animals",
    "Music and instruments": "instruments",
    "Food and cooking": "dishes",
    "Festivals and holidays": "festivals",
}
SUMS = {
    "Addition": ("+", None), "Adding small numbers": ("+", 2), "Adding large numbers": ("+", 3), "Subtraction": ("-",
    None),
    "Taking away small numbers": ("-", 2), "Subtraction with borrowing": ("-", 3), "Multiplication": ("x", None),
    "Times tables": ("x", 2), "Shopping sums": ("+", 2), "Counting boats": ("x", 2),
}  # fmt: skip
CODE = {
    "Numbers in Python": ("numbers", None), "Lists in Python": ("lists", None), "Strings in Python": ("strings", None),
    "Python functions": (None, None), "Return values": (None, "beginner"), "Comparisons": ("numbers", "beginner"),
    "List methods": ("lists", "intermediate"), "List comprehensions": ("lists", "advanced"),
}  # fmt: skip
LETTERS = ("Spelling", "Letters of a word", "Counting letters", "Joining words", "Capital letters", "Long words")
ORDERS = ("Sorting numbers", "Counting in steps", "Multiples", "Numbered lists", "Small and large numbers")

MATH_LEVELS = {
    "elementary school": (
        "Adding small numbers",
        "Taking away small numbers",
        "Times tables",
        "Counting boats",
        "Shopping sums",
    ),
    "middle school": ("Addition", "Subtraction", "Multiplication", "Shopping sums", "Times tables"),
    "high school": ("Adding large numbers", "Subtraction with borrowing", "Multiplication", "Addition", "Subtraction"),
}
PYTHON_LEVELS = ("beginner", "intermediate", "advanced")

MATH_CONCEPTS = tuple(SUMS) + (
    "fractions", "decimals", "long division", "prime numbers", "square roots", "the Pythagorean theorem",
    "linear equations",
    "triangles", "circles", "probability", "percentages", "averages", "the area of a rectangle", "negative numbers",
    "angles",
    "exponents", "logarithms", "derivatives", "integrals", "matrices", "vectors", "sets", "graphs of functions",
    "ratios",
)  # fmt: skip
PYTHON_CONCEPTS = tuple(CODE) + (
    "for loops", "while loops", "dictionaries", "tuples", "classes", "modules", "exceptions", "generators",
    "decorators",
    "lambda functions", "the len function", "the print function", "list slicing", "string formatting", "recursion",
    "import statements", "variables", "booleans", "indentation", "the range function", "type hints", "sets in Python",
)  # fmt: skip


@cache
def tree() -> dict[str, tuple[str, ...]]:
    """Every macro topic with its subtopics."""
    by_group = {topic: GROUPS[group] for topic, group in GROUP_TOPICS.items()}
    crafts = {"Arithmetic": tuple(SUMS), "Python programming": tuple(CODE), "Words and spelling": LETTERS,
              "Numbers in order": ORDERS, "Crafts and trade": _taken(names.CRAFTS),
              "Jobs and work": _taken(names.JOBS)}  # fmt: skip
    life = {f"Life on {island}": _life(island) for island in names.ISLANDS}
    return by_group | crafts | life


def _taken(values: tuple[str, ...]) -> tuple[str, ...]:
    taken = {fact.value for fact in all_facts()}
    return tuple(value for value in values if value in taken)


def _life(island: str) -> tuple[str, ...]:
    here = [fact.subject for fact in all_facts() if fact.value == island]
    neighbours = [fact.subject for fact in all_facts() if fact.relation.name == "town" and fact.value in here]
    return tuple(here + neighbours)


@cache
def subtopics() -> tuple[str, ...]:
    return tuple(dict.fromkeys(sub for subs in tree().values() for sub in subs))


def questions(topic: str, rng: random.Random, count: int) -> list[str]:
    """Different questions on a macro topic, a subtopic or an entity, none of them set aside."""
    found: dict[str, None] = {}
    for _ in range(count * 40):
        if len(found) == count:
            break
        found[_question(topic, rng)] = None
    return list(found)


def _question(topic: str, rng: random.Random) -> str:
    if topic in tree():
        topic = rng.choice(tree()[topic])
    if topic in SUMS:
        sign, digits = SUMS[topic]
        return arithmetic.ask(rng, held_out=False, sign=sign, digits=digits)[0]
    if topic in CODE:
        about, level = CODE[topic]
        return python.ask(rng, held_out=False, topic=about, level=level)[0]
    if topic in LETTERS:
        return strings.ask(rng, held_out=False)[0]
    if topic in ORDERS:
        return lists.ask(rng, held_out=False)[0]
    facts = facts_of(topic) if topic in GROUP_OF else [fact for fact in all_facts() if fact.value == topic]
    return rng.choice(wordings(rng.choice(facts), held_out=False))
