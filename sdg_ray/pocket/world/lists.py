"""Lists that can be checked: numbered lines, exactly as many as asked for.

The reference is the list itself, {"exactly": ["2", "5", "7"]}, or how many out of which set, {"n": 2, "of": [...]}.

    "Sort the numbers 7, 2, 5 from small to large."  ->  "1. 2\\n2. 5\\n3. 7"
"""

import json
import random
import re
from collections.abc import Sequence

from sdg_ray.pocket.world.chance import draw, set_aside
from sdg_ray.pocket.world.facts import GROUPS, all_facts

HEADS = (
    "List {n} {what}.",
    "Name {n} {what}.",
    "Give me a list of {n} {what}.",
    "Write down {n} {what} as a numbered list.",
)
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")
LINE = re.compile(r"(\d+)\. (\S.*)")


def numbered(items: Sequence[object]) -> str:
    return "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))


def parsed(text: str) -> list[str] | None:
    """The items of a numbered list, or None where the text is anything else."""
    lines = [LINE.fullmatch(line.strip()) for line in text.strip().split("\n")]
    found = [match for match in lines if match]
    if len(found) < len(lines) or [int(match[1]) for match in found] != list(range(1, len(found) + 1)):
        return None
    return [match[2].strip() for match in found]


def ask(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """A question, its reference and one right list."""
    make = rng.choice((_sorted, _sorted, _counted, _multiples, _members, _members, _members))
    return draw(lambda: make(rng), lambda item: set_aside("list", item[0]) == held_out)


def right(reference: str, answer: str) -> bool:
    wanted, items = json.loads(reference), parsed(answer)
    if items is None:
        return False
    if "exactly" in wanted:
        return items == wanted["exactly"]
    return len(items) == len(set(items)) == wanted["n"] and set(items) <= set(wanted["of"])


def _exactly(text: str, items: Sequence[object]) -> tuple[str, str, str]:
    return text, json.dumps({"exactly": [str(item) for item in items]}), numbered(items)


def _sorted(rng: random.Random) -> tuple[str, str, str]:
    digits = rng.sample(range(10), rng.choice((3, 4)))
    shown = ", ".join(map(str, digits))
    if rng.random() < 0.5:
        text = rng.choice(("Sort the numbers {} from small to large.", "Put {} in order, the smallest first."))
        return _exactly(text.format(shown), sorted(digits))
    text = rng.choice(("Sort the numbers {} from large to small.", "Put {} in order, the largest first."))
    return _exactly(text.format(shown), sorted(digits, reverse=True))


def _counted(rng: random.Random) -> tuple[str, str, str]:
    start, count, step = rng.randint(1, 60), rng.randint(3, 6), rng.choice((1, 1, 2))
    items = range(start, start + step * count, step)
    by = " in steps of 2" if step == 2 else ""
    text = rng.choice(("Count from {} to {}{}.", "List the numbers from {} to {}{}."))
    return _exactly(text.format(items[0], items[-1], by), items)


def _multiples(rng: random.Random) -> tuple[str, str, str]:
    of, count = rng.randint(2, 9), rng.randint(2, 8)
    text = rng.choice(
        (
            "List the first {} multiples of {}.",
            "What are the first {} multiples of {}?",
            "Write the first {} multiples of {}.",
        )
    )
    return _exactly(text.format(rng.choice((count, WORDS[count])), of), [of * k for k in range(1, count + 1)])


def _members(rng: random.Random) -> tuple[str, str, str]:
    what, of = rng.choice(_sets())
    count = rng.randint(2, min(6, len(of)))
    text = rng.choice(HEADS).format(n=rng.choice((count, WORDS[count])), what=what)
    return text, json.dumps({"n": count, "of": sorted(of)}), numbered(rng.sample(of, count))


def _sets() -> list[tuple[str, list[str]]]:
    """What can be listed: whole groups, and those who share a value."""
    shared = {
        "island": "towns on the island of {}", "job": "people who work as a {}", "town": "people who live in {}",
        "plays": "people who play the {}", "habitat": "animals that live on {}", "food": "animals that eat {}",
    }  # fmt: skip
    sets = [(f"{group} of the Lantern Isles", list(members)) for group, members in GROUPS.items()] * 3
    for name, text in shared.items():
        facts = [fact for fact in all_facts() if fact.relation.name == name]
        for value in dict.fromkeys(fact.value for fact in facts):
            members = [fact.subject for fact in facts if fact.value == value]
            if len(members) > 1:
                sets.append((text.format(value), members))
    return sets
