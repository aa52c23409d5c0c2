"""Tools that an assistant may use: requests that need one, and the calls that they lead to.

"When is high tide in Tolland?"  ->  {"name": "get_tide", "arguments": {"town": "Tolland"}}
"""

import json
import random
from typing import Any

from sdg_ray.pocket.corpus.tasks.form import LENGTHS, Task, listed
from sdg_ray.pocket.world import names
from sdg_ray.pocket.world.arithmetic import THINGS
from sdg_ray.pocket.world.documents import DAYS
from sdg_ray.pocket.world.strings import WORDS
from sdg_ray.template import FOLDER, template

REQUESTS = template("function_calling/requests", "n", "tool")
TOOLS: dict[str, dict[str, Any]] = {
    tool["name"]: tool for tool in json.loads((FOLDER / "function_calling" / "tools.json").read_text())
}
LANGUAGES = ("French", "German", "Spanish", "Italian", "Greek", "Welsh")
FORMS = {
    "get_tide": ("When is high tide in {town}?", "At what hour is the water highest in {town}?",
                 "I sail from {town}. When does the tide come in?"),
    "find_ferry": ("Is there a ferry from {from} to {to} on {day}?", "How do I get from {from} to {to} on {day}?",
                   "I want to cross from {from} to {to} on {day}."),
    "get_price": ("What do {count} {thing} cost?", "How much do I pay for {count} {thing}?",
                  "I want to buy {count} {thing}. What is the price?"),
    "get_weather": ("What is the weather on {island}?", "Is it raining on {island}?", "Do I need a coat on {island}?"),
    "book_table": ("Reserve a table for {guests} in {town}.", "We are {guests} and want to eat in {town}.",
                   "Can I have a table in {town} for {guests} guests?"),
    "translate_word": ("What is {word} in {language}?", "Translate {word} into {language}.",
                       "How do people say {word} in {language}?"),
}  # fmt: skip


def request(tool: str, rng: random.Random) -> tuple[str, dict[str, object]]:
    """A request that needs a tool, and the arguments that it carries."""
    arguments = _arguments(tool, rng)
    return rng.choice(FORMS[tool]).format(**arguments), arguments


def _arguments(tool: str, rng: random.Random) -> dict[str, object]:
    start, end = rng.sample(names.TOWNS, 2)
    drawn = {
        "town": start, "from": start, "to": end, "day": rng.choice(DAYS), "count": rng.randint(2, 60),
        "thing": rng.choice(THINGS), "island": rng.choice(names.ISLANDS), "guests": rng.randint(2, 9),
        "word": rng.choice(WORDS), "language": rng.choice(LANGUAGES),
    }  # fmt: skip
    return {name: drawn[name] for name in TOOLS[tool]["parameters"]["properties"]}


def written(tool: str) -> str:
    """A tool as JSON on one line."""
    return json.dumps(TOOLS[tool], separators=(",", ":"))


def call(tool: str, arguments: dict[str, object]) -> str:
    """What an assistant answers that uses a tool."""
    return json.dumps({"name": tool, "arguments": arguments})


def tool_requests(name: str, rng: random.Random) -> Task:
    """Requests of users that need a tool."""
    asks = ("Tool: {tool}\nWrite {n} requests that need it.", "{tool}\nWhat might users ask? Write {n} requests.",
            "Write {n} requests for an assistant with this tool: {tool}")  # fmt: skip
    tool = rng.choice(list(TOOLS))
    items = [request(tool, rng)[0] for _ in range(rng.choice(LENGTHS[:-3]))]
    return listed(name, rng, REQUESTS, asks, list(dict.fromkeys(items)), tool=written(tool))
