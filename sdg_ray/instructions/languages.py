"""Which language a text is in: by its script, and where several languages share one, by common words and letters.

    detect("Der Mond zieht das Wasser an.")    "de"
    detect("3.14 * 2")                         None: no evidence, or as much for two languages

The benchmark asks for the thirty languages in NAMES. Some of their neighbours are known as well, so that Dutch is not
taken for German; a language that is not known here may be taken for one that is.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from types import MappingProxyType

from sdg_ray.instructions.common_words import LETTERS, WORDS

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
EVIDENCE = 0.08  # share of words that must speak for a language
BETWEEN_WORDS = re.compile(r"[\s\d_!-/:-@\[-`{-~«»“”„‘’…–—¿¡،؛؟।]+")


def detect(text: str) -> str | None:
    """The code of the language that most of a text is in; None where that cannot be told."""
    text = unicodedata.normalize("NFC", text).lower()
    scripts = Counter(_script(letter) for letter in text if letter.isalpha())
    if not scripts:
        return None
    eastern = sum(scripts[script] for script in CHINESE_OR_JAPANESE)
    script, letters = scripts.most_common(1)[0]
    if eastern >= letters:
        return "ja" if scripts["HIRAGANA"] + scripts["KATAKANA"] >= KANA * eastern else "zh"
    if script in SHARED_SCRIPT:
        return _by_words(script, [word for word in BETWEEN_WORDS.split(text) if word])
    return OWN_SCRIPT.get(script)


def _by_words(script: str, words: list[str]) -> str | None:
    """The language of a shared script that the words speak for."""
    found: Counter[str] = Counter()
    for word in words:
        speaks_for = _known(script).get(word, ()) or _by_letters(script, word)
        for language in speaks_for:
            found[language] += 12 // len(speaks_for)  # whole numbers, so that equal is equal
    (best, first), (_, second) = [*found.most_common(2), ("", 0), ("", 0)][:2]
    return best if first > second and first >= 12 * EVIDENCE * len(words) else None


def _by_letters(script: str, word: str) -> tuple[str, ...]:
    """The languages in which a word's unusual letters occur."""
    return tuple(language for language, letters in LETTERS[script].items() if letters & set(word))


@cache
def _known(script: str) -> dict[str, tuple[str, ...]]:
    """From each common word of a script to the languages that have it."""
    known: dict[str, tuple[str, ...]] = {}
    for language, words in WORDS[script].items():
        for word in words:
            known[word] = (*known.get(word, ()), language)
    return known


@cache
def _script(letter: str) -> str:
    """The script of a letter: the first word of its name in Unicode."""
    return unicodedata.name(letter, "").split(" ")[0].split("-")[0]
