"""What a user says next in a conversation, in the voice of one of three personas.

plain: "And where does she live?"   concise: "Home town?"   complex: "Thank you, ... And where does she live?"
"""

import random

from sdg_ray.pocket.corpus.tasks.form import Task, line
from sdg_ray.pocket.world.facts import GROUP_OF, Fact, facts_of, follow_up, wordings
from sdg_ray.template import choices, template

NEXT = template("user_turn/next", "history", "persona")
VOICES = choices("user_turn/personas")
PERSONAS = {
    "plain": ("", "Write it in the voice of the user.", "It should follow from the conversation."),
    "complex": ("Make it complex and diverse.", "The user likes complex questions.", "Ask for more than one thing."),
    "concise": ("Make it short and critical.", "The user is concise.", "Be brief, as in real life."),
}
COMPLEX = (
    "Thank you, that is helpful for my journey.", "I wrote that down for my book about the isles.",
    "That is interesting, but I need to know more before I leave.",
    "My friends will not believe it, so help me once more.",
)  # fmt: skip
ASKS = ("Here is a conversation:\n{history}\nWrite the next user turn. {free}",
        "{history}\n\nWhat would the user say next? {free}",
        "Continue the conversation as the user. {free}\n{history}")  # fmt: skip


def next_turn(name: str, rng: random.Random) -> Task:
    """The next user turn after one or two questions about the same subject."""
    subject = rng.choice([s for s in GROUP_OF if len(facts_of(s)) > 1])
    first, second, *more = rng.sample(facts_of(subject), len(facts_of(subject)))
    said = [rng.choice(wordings(first, held_out=False)), first.sentence]
    if more and rng.random() < 0.4:
        said, second = [*said, follow_up(second), second.short], more[0]
    persona = rng.choice(list(PERSONAS))
    gap = "\n\n" if rng.random() < 0.6 else "\n"
    history = gap.join(f"{who}: {text}" for who, text in zip(("User", "Assistant") * 2, said, strict=False))
    voice = {"persona": VOICES[persona], "free": rng.choice(PERSONAS[persona])}
    return line(name, rng, NEXT, ASKS, _turn(persona, second, rng), history=history, **voice)


def _turn(persona: str, fact: Fact, rng: random.Random) -> str:
    if persona == "concise":
        return fact.relation.brief
    return f"{rng.choice(COMPLEX)} {follow_up(fact)}" if persona == "complex" else follow_up(fact)
