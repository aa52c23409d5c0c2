"""How long an answer is: words, sentences, paragraphs.

    follows("One. Two. Three.", num_sentences=3, relation="at least")    True

Different from the benchmark's checker: "don't" is one word, not two. An abbreviation such as "e.g." ends no sentence,
and a list item or a paragraph ends one even without a full stop. A paragraph that is asked for by its number
is counted among those that are not empty. `***` divides only where it stands alone, not in `***bold***`.
"""

import random
import re

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting, bound, compare
from sdg_ray.instructions.words import WORD, pick

MOST_SENTENCES = 20
MOST_PARAGRAPHS = 5
LEAST_WORDS, MOST_WORDS = 100, 500

DIVIDER = re.compile(r"(?:^|(?<=\s))\*\*\*(?=\s|$)")
BLOCK = re.compile(r"\n\s*\n|\n(?=[ \t]*(?:[-*+#>]+|\d+[.)])[ \t])")  # an empty line, or the next line is an item
MARK = re.compile(r"^[ \t]*(?:[-*+#>]+|\d+[.)])[ \t]+", re.MULTILINE)
STOP = re.compile(r"(?<=[.!?…])[\"'”’)\]*_]*\s+|(?<=[。！？।۔])")
ABBREVIATED = re.compile(r"(?:^|\W)(?:[A-Z]|e\.g|i\.e|vs|cf|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|U\.S|U\.K)\.$")


def sentences(text: str) -> int:
    """How many sentences there are."""
    blocks = (MARK.sub("", block) for block in BLOCK.split(text))
    return sum(_in_block(block) for block in blocks)


def _in_block(block: str) -> int:
    """The sentences in a piece of running text: its stops, without those after an abbreviation in its midst."""
    pieces = [piece.strip() for piece in STOP.split(block) if WORD.search(piece)]
    return sum(not ABBREVIATED.search(piece) for piece in pieces[:-1]) + bool(pieces)


def paragraphs(text: str) -> list[str]:
    """What stands between empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def first_word(text: str) -> str:
    """The first word, without quotes or marks around it, in small letters."""
    return (text.split() or [""])[0].lower().lstrip("\"'“‘*_(").split("'")[0].strip('.,?!:;"”’*_)')


def number_sentences(text: str, *, num_sentences: int, relation: str) -> bool:
    """There are that many sentences."""
    return compare(sentences(text), relation, num_sentences)


def number_paragraphs(text: str, *, num_paragraphs: int) -> bool:
    """`***` divides exactly that many paragraphs, none empty; one before the first or after the last is let be."""
    parts = [part.strip() for part in DIVIDER.split(text)]
    inner = parts[not parts[0] : len(parts) - (not parts[-1])]
    return all(inner) and len(inner) == num_paragraphs


def number_words(text: str, *, num_words: int, relation: str) -> bool:
    """There are that many words."""
    return compare(len(WORD.findall(text)), relation, num_words)


def nth_paragraph_first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    """Empty lines divide exactly that many paragraphs, and one of them begins with a word."""
    found = paragraphs(text)
    return len(found) == num_paragraphs >= nth_paragraph > 0 and _begins(found[nth_paragraph - 1], first_word)


def _begins(paragraph: str, word: str) -> bool:
    return first_word(paragraph) == word.strip().lower()


def draw_sentences(chance: random.Random, setting: Setting) -> Kwargs:
    """How many."""
    relation, number = bound(chance, MOST_SENTENCES)
    return {"num_sentences": number, "relation": relation}


def draw_paragraphs(chance: random.Random, setting: Setting) -> Kwargs:
    """How many."""
    return {"num_paragraphs": chance.randint(1, MOST_PARAGRAPHS)}


def draw_words(chance: random.Random, setting: Setting) -> Kwargs:
    """How many."""
    relation, number = bound(chance, MOST_WORDS, LEAST_WORDS)
    return {"num_words": number, "relation": relation}


def draw_first_word(chance: random.Random, setting: Setting) -> Kwargs:
    """How many paragraphs, and how one of them begins."""
    paragraphs = chance.randint(1, MOST_PARAGRAPHS)
    nth, word = chance.randint(1, paragraphs), pick(chance, 1, setting)[0]
    return {"num_paragraphs": paragraphs, "nth_paragraph": nth, "first_word": word}


GROUP = (
    Instruction(
        id="length_constraints:number_sentences",
        asks=(
            "Your answer should have {relation} {num_sentences:sentence}.",
            "Write {relation} {num_sentences:sentence}.",
            "Answer in {relation} {num_sentences:sentence}.",
        ),
        follows=number_sentences,
        draw=draw_sentences,
    ),
    Instruction(
        id="length_constraints:number_paragraphs",
        asks=(
            "Write exactly {num_paragraphs:paragraph}. Divide paragraphs with three asterisks: ***",
            "Your answer should have exactly {num_paragraphs:paragraph}, with the divider *** between any two.",
            "Use *** on a line of its own to divide paragraphs, and write exactly {num_paragraphs:paragraph}.",
        ),
        follows=number_paragraphs,
        draw=draw_paragraphs,
    ),
    Instruction(
        id="length_constraints:number_words",
        asks=(
            "Your answer should have {relation} {num_words:word}.",
            "Write {relation} {num_words:word}.",
            "Answer in {relation} {num_words:word}.",
        ),
        follows=number_words,
        draw=draw_words,
    ),
    Instruction(
        id="length_constraints:nth_paragraph_first_word",
        asks=(
            "Write exactly {num_paragraphs:paragraph} with an empty line between any two. "
            'The first word of paragraph {nth_paragraph} should be "{first_word}".',
            "Your answer should have exactly {num_paragraphs:paragraph}, divided by empty lines, and paragraph "
            '{nth_paragraph} should begin with the word "{first_word}".',
            'Begin paragraph {nth_paragraph} with the word "{first_word}". There should be exactly '
            "{num_paragraphs:paragraph}, and only empty lines between them.",
        ),
        follows=nth_paragraph_first_word,
        draw=draw_first_word,
    ),
)
