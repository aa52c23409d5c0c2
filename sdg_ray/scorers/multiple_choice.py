r"""Which option an answer chooses, and whether it is that of the reference.

MultipleChoice()    reference "B":  "The answer is (B)." -> 1.0,  "**C**" -> 0.0,  "It depends." -> 0.0
                    reference {"answer": "B", "choices": ["Rome", "Paris"]}:  "Paris" -> 1.0, too
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, text_of

LETTERS = "ABCDEFGHIJ"
LOOKED_AT = 4_000  # letters at the end of an answer
WRAPPED = r"[\s*_`\"'({\[]*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?[\s*_`\"'({\[]*"
CALLED = "(?:answer|choice|option)"
END = r"(?![\w'’])"  # "I'm" chooses nothing
LETTER = f"(?P<letter>[{LETTERS}])"
UNDECIDED = r"\s+(?:and|or)\s+\(?(?-i:[A-J])\b"  # the answer is B or C
LINKED = r"(?P<link>\s+(?:is|would be|should be)\b\s*[:=]?|\s*[:=])?"  # the answer is B, but not: option B describes
GOES_ON = r"\s+(?:because|since|as|and|so|which|for|but|due|over|by|from|if|when|where|while|instead)(?![\w-])"
PRAISED = (
    r"\s+(?:is|must be|would be|has to be)\s+(?:(?:clearly|definitely|therefore|thus|indeed|the|most|only|one)\s+)*"
    r"(?:correct|right|true|best|accurate|appropriate|answer|choice|option)(?![\w-])"
)
NO_WORD = r"(?-i:(?<![AI]))"  # the answer is a matter of taste; the answer: I think not
CHOSEN = rf"(?!{UNDECIDED})(?:(?!\s+[a-z])|(?=\s*\n|{GOES_ON}|{PRAISED})|(?(link){NO_WORD}|(?!)))"
"""What follows a letter that is an answer: no further word, or one that goes on from it or praises it; but any word
where the letter is what the answer `is`, and is no word itself."""
REFERENCE = re.compile(rf"[\s(\[]*([{LETTERS}])[\s)\].:]*")
WAYS = (
    re.compile(rf"\\boxed\s*\{{{WRAPPED}{LETTER}{END}"),
    re.compile(rf"\b{CALLED}\b{LINKED}(?:\s*(?:the\s+)?{CALLED})?{WRAPPED}(?-i:{LETTER}){END}{CHOSEN}", re.IGNORECASE),
    re.compile(rf"\*\*\s*\(?{LETTER}\s*(?:[).:][^*\n]*)?\*\*"),
    re.compile(rf"\({LETTER}\)"),
    re.compile(rf"(?:^|\n)\s*{LETTER}[).:](?=\s|$)"),
    re.compile(rf"(?:^|\n)\W*{LETTER}\W*(?:\n|$)"),
)
"""The ways to name an option, the surest first; of one way the last in the text counts."""


@dataclass(frozen=True, kw_only=True)
class MultipleChoice:
    """1 where the option of the reference is chosen, 0 where another is or none; no score where the reference is none.

    With the options' texts in the reference, an answer that is one of them chooses it. The part is the letter found.
    """

    name: str = "multiple_choice"

    parts = pa.struct([("choice", pa.string())])

    def check(self) -> None:
        """Nothing can be wrong."""

    def start(self) -> "MultipleChoice":
        """Nothing is loaded."""
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The choices among the options of one prompt."""
        wanted, options = _wanted(reference or "")
        if wanted is None:
            return [Opinion(score=None) for _ in responses]
        chosen = [choice(text_of(response), options) for response in responses]
        return [Opinion(score=float(each == wanted), parts={"choice": each}) for each in chosen]


def choice(answer: str, options: Sequence[str] = ()) -> str | None:
    """The letter of the option that an answer chooses; None where it chooses none, or none that there is."""
    there = LETTERS[: len(options)] if options else LETTERS
    if (at := _place(answer, options)) is not None:
        return LETTERS[at]
    for way in WAYS:
        if found := [each["letter"] for each in way.finditer(answer[-LOOKED_AT:])]:
            return found[-1] if found[-1] in there else None
    return _in_last_sentence(answer, options)


def _wanted(reference: str) -> tuple[str | None, Sequence[str]]:
    """The right letter and the options; no letter where the reference has none."""
    if letter := REFERENCE.fullmatch(reference):
        return letter[1], ()
    try:
        known = json.loads(reference)
        answer, options = str(known["answer"]), [str(each) for each in known["choices"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, ()
    if letter := REFERENCE.fullmatch(answer):
        return (letter[1] if letter[1] in LETTERS[: len(options)] else None), options
    at = _place(answer, options)
    return (None if at is None else LETTERS[at]), options


def _place(text: str, options: Sequence[str]) -> int | None:
    """Which of the options a text is; None where it is none, or two are the same."""
    normal = _normal(text)
    found = [at for at, option in enumerate(options[: len(LETTERS)]) if _normal(option) == normal]
    return found[0] if len(found) == 1 else None


def _in_last_sentence(answer: str, options: Sequence[str]) -> str | None:
    """The one option whose text stands in the last line; None where none does, or several."""
    line = f" {_normal(next(iter(reversed(answer.strip().splitlines())), ''))} "
    found = [at for at, option in enumerate(options[: len(LETTERS)]) if f" {_normal(option)} " in line]
    return LETTERS[found[0]] if len(found) == 1 else None


def _normal(text: str) -> str:
    """Small letters and digits, and one space between words."""
    return " ".join(re.findall(r"[^\W_]+(?:[.,]\d+)*", text.lower()))
