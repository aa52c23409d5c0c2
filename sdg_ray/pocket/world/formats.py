"""One instruction about the form of an answer, put on a question about the isles.

The identifiers and arguments follow IFEval where it has the instruction; the reference is that instruction as JSON,
with the fact that the answer must still get right:

    {"id": "startend:quotation", "args": {}, "fact": "Tolland"}   ->   "\\"Mira Fenn lives in Tolland.\\""
"""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sdg_ray.pocket.world.chance import draw, set_aside
from sdg_ray.pocket.world.facts import Fact, all_facts, claims, describe, facts_of, spoken, wordings

PHRASES = (
    "That is all I know.",
    "Hope this helps.",
    "Safe travels!",
    "Come and see it.",
    "Is there anything else?",
    "So they say.",
)
OPENERS = ("Well", "Indeed", "Surely", "Friend", "Listen", "Gladly")
KEYWORDS = ("harbour", "lantern", "story", "journey", "morning", "sailors")


@dataclass(frozen=True, kw_only=True)
class Form:
    id: str
    asks: tuple[str, ...]
    write: Callable[[Fact, dict], str]
    holds: Callable[[str, dict], bool]
    args: Callable[[random.Random], dict] = field(default=lambda rng: {})
    about: str = "fact"  # "fact": put on a question; "entity": put on "Tell me about ..."


def _sentences(text: str) -> int:
    return len(re.findall(r"[.!?](?:\s|$)", text))


def _bullets(text: str) -> int:
    return len(re.findall(r"^[*-] ", text, re.MULTILINE))


def _first(text: str, count: int) -> str:
    return " ".join(re.split(r"(?<=\.) ", text)[:count])


def _cased(text: str, to: Callable[[str], str]) -> bool:
    return any(letter.isalpha() for letter in text) and text == to(text)


FORMS = (
    Form(id="change_case:english_capital", write=lambda fact, args: fact.sentence.upper(),
         asks=("Answer in capital letters only.", "Your entire answer should be in all capital letters.",
         "Use only capitals."),
         holds=lambda text, args: _cased(text, str.upper)),
    Form(id="change_case:english_lowercase", write=lambda fact, args: fact.sentence.lower(),
         asks=("Answer in lowercase letters only.", "Your entire answer should be in lowercase.",
         "Do not use capital letters."),
         holds=lambda text, args: _cased(text, str.lower)),
    Form(id="punctuation:no_comma", write=lambda fact, args: fact.sentence,
         asks=("Do not use any commas.", "Your answer must not contain a comma.", "Refrain from using commas."),
         holds=lambda text, args: "," not in text),
    Form(id="startend:quotation", write=lambda fact, args: f'"{fact.sentence}"',
         asks=("Wrap your whole answer in double quotes.", "Put your answer in double quotation marks."),
         holds=lambda text, args: len(text.strip()) > 1 and text.strip()[0] == text.strip()[-1] == '"'),
    Form(id="startend:end_checker", write=lambda fact, args: f"{fact.sentence} {args['end_phrase']}",
         asks=("End your answer with exactly these words: {end_phrase}", "Finish with this phrase: {end_phrase}"),
         args=lambda rng: {"end_phrase": rng.choice(PHRASES)},
         holds=lambda text, args: text.strip().lower().endswith(args["end_phrase"].lower())),
    Form(id="startend:first_word", write=lambda fact, args: f"{args['first_word']}, {fact.sentence}",
         asks=("Start your answer with the word {first_word}.", "The first word of your answer must be {first_word}."),
         args=lambda rng: {"first_word": rng.choice(OPENERS)},
         holds=lambda text, args: text.lower().startswith(args["first_word"].lower())),
    Form(id="keywords:existence", write=lambda fact, args: f"A word about the {args['keywords'][0]}: {fact.sentence}",
         asks=("Use the word {keywords[0]} in your answer.", "Include the keyword {keywords[0]}."),
         args=lambda rng: {"keywords": [rng.choice(KEYWORDS)]},
         holds=lambda text, args: all(word.lower() in text.lower() for word in args["keywords"])),
    Form(id="length_constraints:number_sentences", about="entity",
         write=lambda fact, args: _first(describe(fact.subject), args["num_sentences"]),
         asks=("Use exactly {sentences}.", "Answer in exactly {sentences}."),
         args=lambda rng: {"relation": "exactly", "num_sentences": rng.randint(1, 2)},
         holds=lambda text, args: _sentences(text) == args["num_sentences"]),
    Form(id="detectable_format:number_bullet_lists", about="entity",
         write=lambda fact, args: "\n".join(f"* {f.sentence}" for f in facts_of(fact.subject)[: args["num_bullets"]]),
         asks=("Use exactly {bullets}.", "Your answer must contain exactly {bullets}."),
         args=lambda rng: {"num_bullets": rng.randint(1, 2)},
         holds=lambda text, args: _bullets(text) == args["num_bullets"]),
)  # fmt: skip
BY_ID = {form.id: form for form in FORMS}
ABOUT = ("Tell me about {}.", "What do you know about {}?", "Describe {}.")


def ask(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """A question with its instruction, the reference and one answer that does both."""
    return draw(lambda: _asked(rng), lambda item: set_aside("format", item[0]) == held_out)


def _asked(rng: random.Random) -> tuple[str, str, str]:
    form, fact = rng.choice(FORMS), rng.choice(all_facts())
    args = form.args(rng)
    if form.about == "entity":
        text, wanted = rng.choice(ABOUT).format(spoken(fact.subject)), {}
    else:
        text, wanted = _plain(fact, rng), {"fact": fact.value}
    text = f"{text} {rng.choice(form.asks).format(**args, **_counts(args))}"
    return text, json.dumps({"id": form.id, "args": args, **wanted}), form.write(fact, args)


def _counts(args: dict) -> dict[str, str]:
    """The counts among the arguments, with their noun in the right number."""
    named = {"sentences": ("num_sentences", "sentence"), "bullets": ("num_bullets", "bullet point")}
    return {
        key: f"{args[arg]} {noun}{'s' if args[arg] > 1 else ''}" for key, (arg, noun) in named.items() if arg in args
    }


def _plain(fact: Fact, rng: random.Random) -> str:
    return rng.choice(wordings(fact, held_out=False))


def followed(reference: str, answer: str) -> bool:
    """Whether the instruction alone was followed."""
    wanted = json.loads(reference)
    return bool(answer.strip()) and BY_ID[wanted["id"]].holds(answer, wanted["args"])


def right(reference: str, answer: str) -> bool:
    """Whether the instruction was followed and the fact is there."""
    fact = json.loads(reference).get("fact")
    return followed(reference, answer) and (fact is None or claims(fact, answer))
