"""The form of an answer: bullet points, highlights, sections, JSON, a title, or one of three answers.

    follows("* One\n* Two", num_bullets=2)    True

Different from the benchmark's checker: a bullet point needs a space after its mark, so that a line that begins with
*emphasis* or with --- is none. A highlight has no space inside its asterisks, so that two bullet points do not make
one. A section begins a line, and each number counts once. JSON is an object or a list. One of the three answers has to
be the whole answer, not a part of it.
"""

import json
import random
import re

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting

MOST_BULLETS = 5
MOST_HIGHLIGHTS = 4
MOST_SECTIONS = 5
SECTIONS = ("Section", "SECTION")
ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")

BULLET = re.compile(r"^[ \t]*[*-][ \t]+\S", re.MULTILINE)
HIGHLIGHT = re.compile(r"(?<!\*)(\*{1,3})(?=[^\s*])[^*\n]*(?<=[^\s*])\1(?!\*)")
TITLE = re.compile(r"<<[^<>\n]*[^<>\s][^<>\n]*>>")
FENCED = re.compile(r"```(?:json)?\s*\n?(.*?)```", re.DOTALL | re.IGNORECASE)
YES_OR_NO = re.compile(
    r"(?:^|[.!\n]\s*)(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|may|must)\b[^.!?\n]*\?\s*$",
    re.IGNORECASE,
)


def number_bullet_lists(text: str, *, num_bullets: int) -> bool:
    """There are exactly that many bullet points, marked `*` or `-`."""
    return len(BULLET.findall(text)) == num_bullets


def constrained_response(text: str) -> bool:
    """The answer is one of the three; quotes around it are let be."""
    return text.strip().strip("\"'").strip() in ANSWERS


def number_highlighted_sections(text: str, *, num_highlights: int) -> bool:
    """There are at least that many *highlighted* or **highlighted** parts."""
    return len(HIGHLIGHT.findall(text)) >= num_highlights


def multiple_sections(text: str, *, section_spliter: str, num_sections: int) -> bool:
    """There are at least that many sections, such as `Section 1`; the argument's spelling is the benchmark's."""
    heading = rf"^[ \t#*_>\"]*{re.escape(section_spliter.strip())}[ \t]*(\d+)"
    return len(set(re.findall(heading, text, re.MULTILINE))) >= num_sections


def json_format(text: str) -> bool:
    """The whole answer is JSON, bare or in a code block."""
    fenced = FENCED.fullmatch(text.strip())
    try:
        return isinstance(json.loads(fenced[1] if fenced else text, parse_constant=_refuse), dict | list)
    except (ValueError, RecursionError):
        return False


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def title(text: str) -> bool:
    """A title is there in double angular brackets."""
    return bool(TITLE.search(text))


def draw_bullets(chance: random.Random, setting: Setting) -> Kwargs:
    """How many."""
    return {"num_bullets": chance.randint(1, MOST_BULLETS)}


def draw_highlights(chance: random.Random, setting: Setting) -> Kwargs:
    """How many."""
    return {"num_highlights": chance.randint(1, MOST_HIGHLIGHTS)}


def draw_sections(chance: random.Random, setting: Setting) -> Kwargs:
    """How many, and what they are called."""
    return {"section_spliter": chance.choice(SECTIONS), "num_sections": chance.randint(1, MOST_SECTIONS)}


GROUP = (
    Instruction(
        id="detectable_format:number_bullet_lists",
        asks=(
            "Use exactly {num_bullets:bullet point}, each on a line of its own that begins with * and a space.",
            "Your answer must contain exactly {num_bullets:bullet point} in markdown, such as:\n* A point",
            "Include a markdown list (lines that start with * ) with exactly {num_bullets:bullet point} in all.",
        ),
        follows=number_bullet_lists,
        draw=draw_bullets,
    ),
    Instruction(
        id="detectable_format:constrained_response",
        asks=tuple(
            f"{ask} {' '.join(ANSWERS)}"
            for ask in (
                "Answer with exactly one of these sentences:",
                "Reply with one of the following and nothing else:",
                "Choose your answer from these three:",
            )
        ),
        follows=constrained_response,
        fits=lambda setting: bool(YES_OR_NO.search(setting.prompt)),
    ),
    Instruction(
        id="detectable_format:number_highlighted_sections",
        asks=(
            "Highlight at least {num_highlights:part} of your answer in markdown, like *this*.",
            "Mark at least {num_highlights:passage} with asterisks, for example *a highlighted passage*.",
            "Your answer should have at least {num_highlights:highlighted part}, each between *asterisks*.",
        ),
        follows=number_highlighted_sections,
        draw=draw_highlights,
    ),
    Instruction(
        id="detectable_format:multiple_sections",
        asks=(
            "Divide your answer into at least {num_sections:section}. Begin each with {section_spliter} and its "
            "number, such as:\n{section_spliter} 1",
            "Structure your answer in at least {num_sections:section}, and head each of them {section_spliter} 1, "
            "{section_spliter} 2 and so on.",
            "Write at least {num_sections:section}. A section starts on a new line with {section_spliter} X, where X "
            "is its number.",
        ),
        follows=multiple_sections,
        draw=draw_sections,
    ),
    Instruction(
        id="detectable_format:json_format",
        asks=(
            "Give your whole answer as JSON.",
            "Your entire answer must be a JSON object. A markdown code block around it is fine.",
            "Answer in JSON format and write nothing else.",
        ),
        follows=json_format,
    ),
    Instruction(
        id="detectable_format:title",
        asks=(
            "Give your answer a title in double angular brackets, such as <<a title>>.",
            "Your answer needs a title, written like this: <<title of the answer>>.",
            "Put a title that is wrapped in << and >> into your answer.",
        ),
        follows=title,
    ),
)
