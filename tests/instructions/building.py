"""For each instruction, an answer that follows it and a way to break exactly that.

    build, broken = WAYS["punctuation:no_comma"]
    build("the sky is blue")                    "the sky is blue"
    broken("the sky is blue")                   "the sky is blue,"

A body is a few small English words, none of them asked for by an instruction, without any mark.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.instructions.cases.language import ARTICLE

Answer = Callable[..., str]

FILLER = "and so on it will go"
MARK = re.compile(r"[*\[\]<>]")


def _wanted(relation: str, bound: int) -> int:
    """A count that is right."""
    return bound if relation == "at least" else bound - 1


def _beyond(relation: str, bound: int) -> int:
    """The nearest count that is wrong."""
    return bound - 1 if relation == "at least" else bound


def _times(piece: str, count: int, join: str = " ") -> str:
    return join.join([piece] * count)


def _letters(body: str, letter: str, count: int) -> str:
    return body.replace(letter, "").strip() + " 1 " + _times(letter, count)


def _paragraphs(body: str, count: int) -> str:
    return "\n***\n".join(f"{body} {i}" for i in range(count))


def _begun(body: str, word: str, nth: int, count: int) -> str:
    return "\n\n".join(f"{word.title() if i == nth else 'Thus'}, {body}." for i in range(1, count + 1))


def _sections(body: str, name: str, count: int) -> str:
    return "\n".join(f"{name} {i}\n{body}" for i in range(1, count + 1))


def _other(language: str) -> str:
    return ARTICLE["ko" if language != "ko" else "th"]


# id: how to build an answer from a body and the arguments, and how to build one that is wrong in one way
WAYS: dict[str, tuple[Answer, Answer]] = {
    "keywords:existence": (
        lambda body, keywords: f"{body} {' '.join(keywords)}",
        lambda body, keywords: f"{body} {' '.join(keywords[:-1])} {keywords[-1]}x",
    ),
    "keywords:frequency": (
        lambda body, keyword, frequency, relation: f"{body} {_times(keyword, _wanted(relation, frequency))}",
        lambda body, keyword, frequency, relation: f"{body} {_times(keyword, _beyond(relation, frequency))}",
    ),
    "keywords:forbidden_words": (
        lambda body, forbidden_words: f"{body} {forbidden_words[0]}x",
        lambda body, forbidden_words: f"{body} {forbidden_words[0].upper()}",
    ),
    "keywords:letter_frequency": (
        lambda body, letter, let_frequency, let_relation: _letters(body, letter, _wanted(let_relation, let_frequency)),
        lambda body, letter, let_frequency, let_relation: _letters(body, letter, _beyond(let_relation, let_frequency)),
    ),
    "language:response_language": (
        lambda body, language: ARTICLE[language],
        lambda body, language: _other(language),
    ),
    "length_constraints:number_sentences": (
        lambda body, num_sentences, relation: _times(f"{body}.", _wanted(relation, num_sentences)),
        lambda body, num_sentences, relation: _times(f"{body}.", _beyond(relation, num_sentences)) or " ",
    ),
    "length_constraints:number_paragraphs": (
        lambda body, num_paragraphs: _paragraphs(body, num_paragraphs),
        lambda body, num_paragraphs: _paragraphs(body, num_paragraphs + 1),
    ),
    "length_constraints:number_words": (
        lambda body, num_words, relation: _times("so", _wanted(relation, num_words)),
        lambda body, num_words, relation: _times("so", _beyond(relation, num_words)),
    ),
    "length_constraints:nth_paragraph_first_word": (
        lambda body, num_paragraphs, nth_paragraph, first_word: _begun(body, first_word, nth_paragraph, num_paragraphs),
        lambda body, num_paragraphs, nth_paragraph, first_word: _begun(body, "no", nth_paragraph, num_paragraphs),
    ),
    "detectable_content:number_placeholders": (
        lambda body, num_placeholders: f"{body} {_times('[name]', num_placeholders)}",
        lambda body, num_placeholders: f"{body} {_times('[name]', num_placeholders - 1)} [name",
    ),
    "detectable_content:postscript": (
        lambda body, postscript_marker: f"{body}\n\n{postscript_marker} {body}",
        lambda body, postscript_marker: f"{body}\n\nNote: {body}",
    ),
    "detectable_format:number_bullet_lists": (
        lambda body, num_bullets: f"{body}\n{_times(f'* {body}', num_bullets, chr(10))}",
        lambda body, num_bullets: f"{body}\n{_times(f'- {body}', num_bullets + 1, chr(10))}",
    ),
    "detectable_format:constrained_response": (
        lambda body: "My answer is maybe.",
        lambda body: f"My answer is maybe. {body}",
    ),
    "detectable_format:number_highlighted_sections": (
        lambda body, num_highlights: _times(f"*{body}*", num_highlights),
        lambda body, num_highlights: f"{_times(f'**{body}**', num_highlights - 1)} {body}",
    ),
    "detectable_format:multiple_sections": (
        lambda body, section_spliter, num_sections: _sections(body, section_spliter, num_sections),
        lambda body, section_spliter, num_sections: _sections(body, section_spliter, num_sections - 1) or body,
    ),
    "detectable_format:json_format": (
        lambda body: f"```json\n{json.dumps({'answer': body})}\n```",
        lambda body: json.dumps({"answer": body})[:-1],
    ),
    "detectable_format:title": (
        lambda body: f"<<{body}>>\n{body}",
        lambda body: f"<{body}>\n{body}",
    ),
    "combination:two_responses": (
        lambda body: f"{body}\n******\n{body} too",
        lambda body: f"{body}\n******\n{body}",
    ),
    "combination:repeat_prompt": (
        lambda body, prompt_to_repeat: f"{prompt_to_repeat}\n{body}",
        lambda body, prompt_to_repeat: f"Well. {prompt_to_repeat}\n{body}",
    ),
    "startend:end_checker": (
        lambda body, end_phrase: f"{body}. {end_phrase}",
        lambda body, end_phrase: f"{body}. {end_phrase} {body}",
    ),
    "startend:quotation": (
        lambda body: f'"{body}"',
        lambda body: f'"{body}',
    ),
    "change_case:capital_word_frequency": (
        lambda body, capital_frequency, capital_relation: (
            f"{body} {_times('THIS', _wanted(capital_relation, capital_frequency))}"
        ),
        lambda body, capital_frequency, capital_relation: (
            f"{body} {_times('THIS', _beyond(capital_relation, capital_frequency))}"
        ),
    ),
    "change_case:english_capital": (
        lambda body: f"{body} {FILLER}".upper(),
        lambda body: f"{body} {FILLER}".title(),
    ),
    "change_case:english_lowercase": (
        lambda body: f"{body} {FILLER}",
        lambda body: f"{body} {FILLER}".title(),
    ),
    "punctuation:no_comma": (
        lambda body: body,
        lambda body: f"{body},",
    ),
}


def arguments(kwargs: dict[str, Any]) -> str:
    """The arguments in one line, for the name of a test."""
    return " ".join(f"{name}={value}" for name, value in kwargs.items())
