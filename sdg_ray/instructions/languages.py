"""Which language a text is in: by its script; where languages share one, by common words, letters and endings.

    detect("Der Mond zieht das Wasser an.")    "de"
    detect("3.14 * 2")                         None: no evidence, or as much for two languages

The benchmark asks for the thirty languages in NAMES. Some of their neighbours are known as well, so that Dutch is not
taken for German; a language that is not known here may be taken for one that is.
"""

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from types import MappingProxyType

from sdg_ray.instructions.common_words import ENDINGS, LETTERS, WORDS

NAMES = MappingProxyType(
    {
        "en": "English",
        "es": "Spanish",
        "pt": "Portuguese",
        "ar": "Arabic",
        "hi": "Hindi",
        "fr": "French",
        "ru": "Russian",
        "de": "German",
        "ja": "Japanese",
        "it": "Italian",
        "bn": "Bengali",
        "uk": "Ukrainian",
        "th": "Thai",
        "ur": "Urdu",
        "ta": "Tamil",
        "te": "Telugu",
        "bg": "Bulgarian",
        "ko": "Korean",
        "pl": "Polish",
        "he": "Hebrew",
        "fa": "Persian",
        "vi": "Vietnamese",
        "ne": "Nepali",
        "sw": "Swahili",
        "kn": "Kannada",
        "mr": "Marathi",
        "gu": "Gujarati",
        "pa": "Punjabi",
        "ml": "Malayalam",
        "fi": "Finnish",
    }
)
OWN_SCRIPT = {
    "BENGALI": "bn",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
}
SHARED_SCRIPT = ("ARABIC", "CYRILLIC", "DEVANAGARI", "LATIN")
CHINESE_OR_JAPANESE = ("CJK", "HIRAGANA", "KATAKANA")
KANA = 0.1  # of the characters of a Japanese text, at the least; a Chinese one has none
EVIDENCE = 0.08  # share of the words that must speak for a language
WORD, LETTER, ENDING = 12, 6, 6  # what a word, one of one letter and an ending weigh, shared by who has it
LEAST = 7  # one letter alone says nothing
BETWEEN_WORDS = re.compile(r"[\s\d_!-/:-@\[-`{-~«»“”„‘’…–—¿¡،؛؟।]+")


def detect(text: str) -> str | None:
    """The code of the language that most of a text is in; None where that cannot be told."""
    text = unicodedata.normalize("NFC", text).lower()
    scripts = _scripts(text)
    eastern = sum(scripts[script] for script in CHINESE_OR_JAPANESE)
    if 0 < eastern >= max(scripts.values(), default=0):
        return "ja" if scripts["HIRAGANA"] + scripts["KATAKANA"] >= KANA * eastern else "zh"
    script = main_script(text)
    if script in SHARED_SCRIPT:
        return _by_words(script, [word for word in BETWEEN_WORDS.split(text) if word])
    return OWN_SCRIPT.get(script)


def main_script(text: str) -> str:
    """The script that most letters are of, as Unicode calls it: LATIN; nothing where there is no letter."""
    return next((script for script, _ in _scripts(text).most_common(1)), "")


def _by_words(script: str, words: list[str]) -> str | None:
    """The language of a shared script that the words speak for."""
    found: Counter[str] = Counter()
    for word in words:
        weight, speaks_for = _evidence(script, word)
        for language in speaks_for:
            found[language] += weight // len(speaks_for)
    (best, first), (_, second) = [*found.most_common(2), ("", 0), ("", 0)][:2]
    return best if first > second and first >= max(LEAST, WORD * EVIDENCE * len(words)) else None


@lru_cache(maxsize=1 << 15)
def _evidence(script: str, word: str) -> tuple[int, tuple[str, ...]]:
    """How much a word weighs, and the languages that it speaks for."""
    if speaks_for := _known(script).get(word, ()) or _by_letters(script, word):
        return (WORD if word[1:] else LETTER), speaks_for
    return ENDING, tuple(language for language, ends in ENDINGS[script].items() if word.endswith(ends))


def _by_letters(script: str, word: str) -> tuple[str, ...]:
    """The languages that have all the unusual letters of a word; none where it has only usual ones."""
    unusual = set(word) & _unusual(script)
    return tuple(language for language, letters in LETTERS[script].items() if unusual and unusual <= letters)


@cache
def _unusual(script: str) -> frozenset[str]:
    return frozenset().union(*LETTERS[script].values())


@cache
def _known(script: str) -> dict[str, tuple[str, ...]]:
    """From each common word of a script to the languages that have it."""
    known: dict[str, tuple[str, ...]] = {}
    for language, words in WORDS[script].items():
        for word in words:
            known[word] = (*known.get(word, ()), language)
    return known


def _scripts(text: str) -> Counter[str]:
    """How many letters are of each script; each letter is looked up once, for a text has few different ones."""
    found: Counter[str] = Counter()
    for letter, count in Counter(text).items():
        if letter.isalpha():
            found[_script(letter)] += count
    return found


@cache
def _script(letter: str) -> str:
    """The script of a letter: the first word of its name in Unicode."""
    return unicodedata.name(letter, "").split(" ")[0].split("-")[0]
