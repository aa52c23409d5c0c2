"""Words and letters that an answer has or lacks.

    follows("The tide and the moon.", keywords=["moon", "tide"])    True

The benchmark's checker takes a keyword as a regular expression and finds it inside longer words; only forbidden words
are whole words there. Here a keyword is plain text and a whole word in all three, upper or lower case, as a reader
would take it: "sun" is not in "sunny", and "c++" is a keyword like any other.
"""

import random
import re
import string
from collections.abc import Sequence

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting, bound, compare
from sdg_ray.instructions.words import pick

KEYWORDS = 2
MOST_OF_A_KEYWORD = 3
MOST_OF_A_LETTER = 10


def times(word: str, text: str) -> int:
    """How often `word` is in `text` as a whole word."""
    return len(re.findall(rf"(?<!\w){re.escape(word.strip())}(?!\w)", text, re.IGNORECASE))


def existence(text: str, *, keywords: Sequence[str]) -> bool:
    """Every keyword is there."""
    return all(times(word, text) for word in keywords)


def frequency(text: str, *, keyword: str, frequency: int, relation: str) -> bool:
    """The keyword is there that often."""
    return compare(times(keyword, text), relation, frequency)


def forbidden_words(text: str, *, forbidden_words: Sequence[str]) -> bool:
    """None of the words is there."""
    return not any(times(word, text) for word in forbidden_words)


def letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: str) -> bool:
    """The letter is there that often, large or small."""
    return compare(text.lower().count(letter.lower()), let_relation, let_frequency)


def draw_keywords(chance: random.Random, setting: Setting) -> Kwargs:
    """Two words."""
    return {"keywords": pick(chance, KEYWORDS, setting)}


def draw_frequency(chance: random.Random, setting: Setting) -> Kwargs:
    """A word, and how often."""
    relation, number = bound(chance, MOST_OF_A_KEYWORD)
    return {"keyword": pick(chance, 1, setting)[0], "frequency": number, "relation": relation}


def draw_forbidden(chance: random.Random, setting: Setting) -> Kwargs:
    """Two words."""
    return {"forbidden_words": pick(chance, KEYWORDS, setting)}


def draw_letter(chance: random.Random, setting: Setting) -> Kwargs:
    """A letter, and how often."""
    relation, number = bound(chance, MOST_OF_A_LETTER)
    return {"letter": chance.choice(string.ascii_lowercase), "let_frequency": number, "let_relation": relation}


GROUP = (
    Instruction(
        id="keywords:existence",
        asks=(
            "Use the words {keywords} in your answer.",
            "Your answer should contain these words: {keywords}.",
            "Make sure that {keywords} occur in what you write.",
        ),
        follows=existence,
        draw=draw_keywords,
    ),
    Instruction(
        id="keywords:frequency",
        asks=(
            'Use the word "{keyword}" {relation} {frequency:time}.',
            'In your answer, the word "{keyword}" should occur {relation} {frequency:time}.',
            'Write "{keyword}" {relation} {frequency:time} in your answer.',
        ),
        follows=frequency,
        draw=draw_frequency,
    ),
    Instruction(
        id="keywords:forbidden_words",
        asks=(
            "Do not use the words {forbidden_words}.",
            "Avoid these words in your answer: {forbidden_words}.",
            "Answer without the words {forbidden_words}.",
        ),
        follows=forbidden_words,
        draw=draw_forbidden,
    ),
    Instruction(
        id="keywords:letter_frequency",
        asks=(
            'Use the letter "{letter}" {let_relation} {let_frequency:time}.',
            'The letter "{letter}" should occur {let_relation} {let_frequency:time} in your answer.',
            'Write your answer so that it has the letter "{letter}" {let_relation} {let_frequency:time}.',
        ),
        follows=letter_frequency,
        draw=draw_letter,
    ),
)
