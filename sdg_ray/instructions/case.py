"""Large and small letters.

    follows("THE SKY IS BLUE.")    True

Different from the benchmark's checker: "I" and "A" do not count as words in capital letters. As there, an answer in
capitals or in small letters has to be English, which is held against it only where another language can be told.
"""

import random
import re

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting, bound, compare
from sdg_ray.instructions.languages import detect, main_script

MOST_CAPITAL_WORDS = 20

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def capital_words(text: str) -> int:
    """How many words of two letters or more are in capital letters; "WELL-KNOWN" is one."""
    return sum(word.isupper() and sum(map(str.isalpha, word)) > 1 for word in WORD.findall(text))


def capital_word_frequency(text: str, *, capital_frequency: int, capital_relation: str) -> bool:
    """There are that many words in capital letters."""
    return compare(capital_words(text), capital_relation, capital_frequency)


def english_capital(text: str) -> bool:
    """English, without a small letter."""
    return text.isupper() and _perhaps_english(text)


def english_lowercase(text: str) -> bool:
    """English, without a capital letter."""
    return text.islower() and _perhaps_english(text)


def _perhaps_english(text: str) -> bool:
    return main_script(text) == "LATIN" and detect(text) in ("en", None)


def draw_frequency(chance: random.Random, setting: Setting) -> Kwargs:
    """How many."""
    relation, number = bound(chance, MOST_CAPITAL_WORDS)
    return {"capital_frequency": number, "capital_relation": relation}


GROUP = (
    Instruction(
        id="change_case:capital_word_frequency",
        asks=(
            "Write {capital_relation} {capital_frequency:word} in capital letters only, such as WORD.",
            "Your answer should have {capital_relation} {capital_frequency:word} in ALL CAPITALS.",
            "Use words in capital letters, like THIS: {capital_relation} {capital_frequency:word} in all.",
        ),
        follows=capital_word_frequency,
        draw=draw_frequency,
    ),
    Instruction(
        id="change_case:english_capital",
        asks=(
            "Write your whole answer in English and in capital letters.",
            "Answer in English, with capital letters only.",
            "Your entire answer should be English text without a single lowercase letter.",
        ),
        follows=english_capital,
    ),
    Instruction(
        id="change_case:english_lowercase",
        asks=(
            "Write your whole answer in English and in lowercase letters.",
            "Answer in English, with lowercase letters only.",
            "Your entire answer should be English text without a single capital letter.",
        ),
        follows=english_lowercase,
    ),
)
