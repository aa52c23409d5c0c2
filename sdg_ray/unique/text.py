"""What two texts are compared by: a normal form, the words in it, and its character n-grams.

    normal("What  is\n2 + 2?")  ->  "what is 2 + 2?"
    words("what is 2 + 2?")     ->  ["what", "is", "2", "2"]
    words("2 + 2 是多少？")       ->  ["2", "2", "是", "多", "少"]
    grams("banana")             ->  {"banan", "anana"}

The normal form keeps punctuation, for 2 + 2 and 2 - 2 are two questions, and does not fold compatibility forms, for x²
and x2 are too.
"""

import re
import unicodedata

GRAM = 5
SOLID = "\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Chinese and Japanese, without spaces
WORD = re.compile(rf"[^\W{SOLID}]+|(?=\w)[{SOLID}]")


def normal(text: str) -> str:
    """`text` without differences in case, white space and the way a letter with an accent is encoded."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return " ".join(composed.casefold().split())


def words(normalised: str) -> list[str]:
    """The words of a normal form, without punctuation; each character of Chinese or Japanese is one."""
    return WORD.findall(normalised)


def padded(normalised: str) -> str:
    """A normal form that is long enough to have an n-gram."""
    return normalised.ljust(GRAM, "\0")


def grams(normalised: str) -> set[str]:
    """All runs of `GRAM` characters in a normal form."""
    text = padded(normalised)
    return {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}


def jaccard(one: set[str], other: set[str]) -> float:
    """How much two sets share: the size of their intersection over that of their union."""
    both = len(one & other)
    return both / (len(one) + len(other) - both)
