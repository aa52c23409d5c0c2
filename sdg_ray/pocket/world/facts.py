"""What is true on the Lantern Isles: 324 facts, each one entity, one relation and one value.

A question is one fact in one wording. The wordings of a fact are divided: most may be trained on, some are set aside,
so that a held-out question asks for a known fact in words in which it was never asked.

    Fact("Mira Fenn", town, "Tolland"):  "In which town does Mira Fenn live?"  ->  "Mira Fenn lives in Tolland."
"""

import random
import re
from dataclasses import dataclass
from functools import cache

from sdg_ray.pocket.world import names
from sdg_ray.pocket.world.chance import draw, number, set_aside


@dataclass(frozen=True, kw_only=True)
class Relation:
    name: str
    group: str
    values: tuple[str, ...]
    says: str  # a predicate, so that a sentence can start with the name or with a pronoun
    asks: tuple[str, ...]
    follow: str  # the same question about something already named
    brief: str  # and by somebody in a hurry


@dataclass(frozen=True, kw_only=True)
class Fact:
    subject: str
    relation: Relation
    value: str

    @property
    def sentence(self) -> str:
        return f"{spoken(self.subject, start=True)} {self.relation.says.format(y=self.value)}."

    @property
    def short(self) -> str:
        return f"{pronoun(self.subject)} {self.relation.says.format(y=self.value)}."


GROUPS: dict[str, tuple[str, ...]] = {
    "islands": names.ISLANDS,
    "towns": names.TOWNS,
    "people": names.PEOPLE,
    "animals": names.ANIMALS,
    "instruments": names.INSTRUMENTS,
    "dishes": names.DISHES,
    "festivals": names.FESTIVALS,
}
GROUP_OF = {name: group for group, members in GROUPS.items() for name in members}


def _relation(
    name: str, group: str, values: tuple[str, ...], says: str, follow: str, brief: str, *asks: str
) -> Relation:
    return Relation(name=name, group=group, values=values, says=says, asks=asks, follow=follow, brief=brief)


RELATIONS = (
    _relation("quarter", "islands", names.QUARTERS, "lies in the {y} of the Lantern Isles",
              "And in which part of the isles does it lie?", "Which part of the isles?",
              "In which part of the Lantern Isles does {x} lie?", "Which part of the Lantern Isles is {x} in?",
              "Where in the Lantern Isles is {x}?", "Does {x} lie in the north, south, east or west?",
              "Tell me in which part of the isles {x} lies."),
    _relation("cliffs", "islands", names.CLIFFS, "has {y} cliffs",
              "And what colour are its cliffs?", "Cliff colour?",
              "What colour are the cliffs of {x}?", "Which colour do the cliffs of {x} have?",
              "What do the cliffs of {x} look like?", "Tell me the colour of the cliffs of {x}.",
              "How are the cliffs on {x} coloured?"),
    _relation("island", "towns", names.ISLANDS, "lies on the island of {y}",
              "And on which island does it lie?", "Which island?",
              "On which island does {x} lie?", "Which island is {x} on?", "Where is {x}?",
              "Tell me on which island {x} lies.", "What is the name of the island of {x}?", "Where can I find {x}?"),
    _relation("craft", "towns", names.CRAFTS, "is known for its {y}",
              "And what is it known for?", "Known for what?",
              "What is {x} known for?", "Which craft is {x} known for?", "What does {x} make best?",
              "Tell me what {x} is known for.", "What should I buy in {x}?"),
    _relation("town", "people", names.TOWNS, "lives in {y}",
              "And where does {p} live?", "Home town?",
              "Where does {x} live?", "In which town does {x} live?", "What is the home town of {x}?",
              "Tell me where {x} lives.", "Which town is home to {x}?", "Where can I visit {x}?"),
    _relation("job", "people", names.JOBS, "works as a {y}",
              "And what does {p} do for a living?", "Job?",
              "What does {x} do for a living?", "What is the job of {x}?", "What does {x} work as?",
              "Tell me what {x} does for a living.", "Which trade does {x} follow?"),
    _relation("plays", "people", names.INSTRUMENTS, "plays the {y}",
              "And which instrument does {p} play?", "Instrument?",
              "Which instrument does {x} play?", "What does {x} play?", "What is the instrument of {x}?",
              "Tell me which instrument {x} plays.", "On which instrument does {x} make music?"),
    _relation("habitat", "animals", names.ISLANDS, "lives on {y}",
              "And on which island does it live?", "Which island?",
              "On which island does the {x} live?", "Where does the {x} live?", "Where can I see the {x}?",
              "Which island is home to the {x}?", "Tell me where the {x} lives."),
    _relation("colour", "animals", names.COLOURS, "is {y}",
              "And what colour is it?", "Colour?",
              "What colour is the {x}?", "Which colour does the {x} have?", "What does the {x} look like?",
              "Tell me the colour of the {x}.", "How is the {x} coloured?"),
    _relation("food", "animals", names.FOODS, "eats {y}",
              "And what does it eat?", "Food?",
              "What does the {x} eat?", "Which food does the {x} like?", "What does the {x} feed on?",
              "Tell me what the {x} eats.", "What is the favourite food of the {x}?"),
    _relation("material", "instruments", names.MATERIALS, "is made of {y}",
              "And what is it made of?", "Made of what?",
              "What is the {x} made of?", "Which material is the {x} made of?", "From what is a {x} built?",
              "Tell me what the {x} is made of.", "What do people use to build a {x}?"),
    _relation("maker", "instruments", names.TOWNS, "is built in {y}",
              "And where is it built?", "Built where?",
              "Where is the {x} built?", "In which town is the {x} built?", "Where do people build the {x}?",
              "Tell me where the {x} is built.", "Which town builds the {x}?"),
    _relation("ingredient", "dishes", names.INGREDIENTS, "is cooked with {y}",
              "And what is it cooked with?", "Main ingredient?",
              "What is {x} cooked with?", "What is in {x}?", "Which ingredient goes into {x}?",
              "Tell me what {x} is cooked with.", "What do I need to cook {x}?"),
    _relation("origin", "dishes", names.TOWNS, "comes from {y}",
              "And where does it come from?", "From where?",
              "Where does {x} come from?", "Which town does {x} come from?", "What is the home of {x}?",
              "Tell me where {x} comes from.", "Where was {x} first cooked?"),
    _relation("month", "festivals", names.MONTHS, "is held in {y}",
              "And in which month is it held?", "Which month?",
              "In which month is the {x} held?", "When is the {x}?", "When does the {x} take place?",
              "Tell me in which month the {x} is held.", "Which month is the month of the {x}?"),
    _relation("venue", "festivals", names.TOWNS, "takes place in {y}",
              "And where does it take place?", "Which town?",
              "In which town is the {x} held?", "Where is the {x}?", "Where does the {x} take place?",
              "Tell me where the {x} is held.", "Which town holds the {x}?"),
)  # fmt: skip


@cache
def facts_of(subject: str) -> tuple[Fact, ...]:
    """Everything that is true of one entity."""
    mine = [relation for relation in RELATIONS if relation.group == GROUP_OF[subject]]
    return tuple(Fact(subject=subject, relation=relation, value=_value(subject, relation)) for relation in mine)


def _value(subject: str, relation: Relation) -> str:
    members, values = GROUPS[relation.group], relation.values
    if len(members) % len(values) == 0:  # every value for equally many members
        return values[(members.index(subject) * 7 + number(relation.name)) % len(values)]
    return values[number(subject, relation.name) % len(values)]


@cache
def all_facts() -> tuple[Fact, ...]:
    return tuple(fact for members in GROUPS.values() for name in members for fact in facts_of(name))


def domain(value: str) -> tuple[str, ...]:
    """All that could stand in the place of a value or a name."""
    by_relation = next((relation.values for relation in RELATIONS if value in relation.values), ())
    return by_relation or (GROUPS[GROUP_OF[value]] if value in GROUP_OF else ())


def spoken(subject: str, start: bool = False) -> str:
    """A name as it stands in a sentence: animals, instruments and festivals take an article."""
    article = GROUP_OF[subject] in ("animals", "instruments", "festivals")
    text = f"the {subject}" if article else subject
    return text[0].upper() + text[1:] if start else text


def pronoun(subject: str) -> str:
    return "She" if subject in names.WOMEN else "He" if subject in names.MEN else "It"


def wordings(fact: Fact, held_out: bool) -> list[str]:
    """The ways to ask for a fact on one side of the division."""
    texts = [ask.format(x=fact.subject) for ask in fact.relation.asks]
    return [text for text in texts if set_aside("fact", text) == held_out]


def follow_up(fact: Fact) -> str:
    return fact.relation.follow.format(p=pronoun(fact.subject).lower())


def ask(rng: random.Random, held_out: bool) -> tuple[str, str, str]:
    """A question, the value it asks for, and the sentence that answers it."""
    fact, text = draw(lambda: _asked(rng), lambda item: set_aside("fact", item[1]) == held_out)
    return text, fact.value, fact.sentence


def _asked(rng: random.Random) -> tuple[Fact, str]:
    fact = rng.choice(all_facts())
    return fact, rng.choice(fact.relation.asks).format(x=fact.subject)


def describe(subject: str) -> str:
    """All facts of an entity as running text."""
    first, *rest = facts_of(subject)
    return " ".join([first.sentence, *(fact.short for fact in rest)])


def claims(value: str, text: str) -> bool:
    """Whether a text names this value and none of those that would contradict it."""
    return _named(value, text) and not any(_named(rival, text) for rival in domain(value) if rival != value)


def _named(value: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", text, re.IGNORECASE) is not None
