"""Small files that a family takes its seeds from: one of this package by its short name, or your own by its path.

persona/people.txt    A nurse who works at night.
                      A boy who collects stones.

What is in a file counts, not where it lies: its `digest` is a part of what identifies a family, its path is not.
"""

from pathlib import Path

from sdg_ray.errors import Refused
from sdg_ray.record import hashed
from sdg_ray.template import FOLDER


def text_in(name: str, family: str) -> str:
    """What is in a file. Raises `Refused`, for this family, where it cannot be read."""
    path = FOLDER / name
    try:
        return (path if path.is_file() else Path(name)).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"prompts.{family}: {name} is no text file that can be read: {error}; give its path") from error


def lines_in(name: str, family: str) -> list[str]:
    """The lines of a file that are not empty. Raises `Refused` where there is none."""
    lines = [line.strip() for line in text_in(name, family).splitlines() if line.strip()]
    if not lines:
        raise Refused(f"prompts.{family}: {name} is empty; it should have a line for each")
    return lines


def digest(name: str, family: str) -> str:
    """A hash of what is in a file, so that a changed one is noticed."""
    return hashed(text_in(name, family))
