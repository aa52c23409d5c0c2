"""Things that an answer contains: placeholders to fill in, and a postscript.

    follows("Dear [name], meet me in [place].", num_placeholders=2)    True

Different from the benchmark's checker: empty brackets are no placeholder, a postscript stands at the beginning of a
line and something follows it, and "P.P.S." is no "P.S.".
"""

import random
import re

from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting

MOST_PLACEHOLDERS = 4
MARKERS = ("P.S.", "P.P.S")

PLACEHOLDER = re.compile(r"\[[^\[\]\n]*[^\s\[\]][^\[\]\n]*\]")


def number_placeholders(text: str, *, num_placeholders: int) -> bool:
    """There are at least that many texts in square brackets."""
    return len(PLACEHOLDER.findall(text)) >= num_placeholders


def postscript(text: str, *, postscript_marker: str) -> bool:
    """A line begins with the marker, in large or small letters and with or without spaces in it, and goes on."""
    letters = r"\.[ \t]*".join(map(re.escape, postscript_marker.strip().rstrip(".").split(".")))
    return bool(re.search(rf"^[ \t*_>\"]*{letters}\b[.:*_\s]*[^\s.:*_\"]", text, re.IGNORECASE | re.MULTILINE))


def draw_placeholders(chance: random.Random, setting: Setting) -> Kwargs:
    """How many."""
    return {"num_placeholders": chance.randint(1, MOST_PLACEHOLDERS)}


def draw_marker(chance: random.Random, setting: Setting) -> Kwargs:
    """Which marker."""
    return {"postscript_marker": chance.choice(MARKERS)}


GROUP = (
    Instruction(
        id="detectable_content:number_placeholders",
        asks=(
            "Leave at least {num_placeholders:placeholder} in square brackets, such as [name].",
            "Your answer should contain at least {num_placeholders:placeholder} to be filled in, in square "
            "brackets like [address].",
            "Put at least {num_placeholders:placeholder} such as [date] into your answer, with the brackets.",
        ),
        follows=number_placeholders,
        draw=draw_placeholders,
    ),
    Instruction(
        id="detectable_content:postscript",
        asks=(
            "Add a postscript at the end that begins with {postscript_marker}",
            "After your answer, write a postscript. It should start with {postscript_marker}",
            "Close with a postscript on a line of its own, marked {postscript_marker}",
        ),
        follows=postscript,
        draw=draw_marker,
    ),
)
