r"""Where the final answer of a response stands.

    candidates("So 9 * 2 = 18.\n#### 18")                      ["18"]
    candidates(r"Hence $\boxed{\frac{1}{2}}$ is left.")        [r"\frac{1}{2}"]
    candidates("The answer is 20 cups, and not 15.")           the whole phrase, "20 cups", ...: the first that is one

In this order: the last box; what follows the last `####`; what is called the answer; the formula or number that comes
last. Only the end of a response is looked at.
"""

import re
from collections.abc import Iterator

LOOKED_AT = 4_000  # letters at the end of a response
SHORT = 200  # letters of a line that is a formula
LISTED = re.compile(r"(?<=[^\[{}$=\\]\n)[ \t]*-[ \t]+")  # a list's mark and no sign, but where a formula goes on
BOX = re.compile(r"\\(?:boxed|fbox)\s*")
UNBRACED = re.compile(r"[^\s$.,;]+")
CALLED = re.compile(
    r"\banswers?\b\s*(?:\*\*)?\s*(?:\([^()\n]{0,40}\)\s*)?(?:is|are|would be|=|:)(?![a-z])\s*", re.IGNORECASE
)
SENTENCE = re.compile(r"[^\n]*?(?=[.!?]?(?:\s*\n|\s*$)|[.?!]\s)")
FORMULA = re.compile(
    r"\\\((.{1,400}?)\\\)|\\\[(.{1,400}?)\\\]|\$\$([^$]{1,400})\$\$|(?<![\\$])\$([^$\n]{1,400})(?<!\\)\$(?!\d)",
    re.DOTALL,
)
NUMBER = re.compile(
    r"(?<![\w.)])[-−]?\s?[$€£]?(?<![\w.])"
    r"(?:\d+\s+\d+/\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)(?:/\d+)?(?:\s?%)?"
    r"(?:[ -](?:degrees?|cents?|dollars?|hours?|minutes?|seconds?|feet|meters?|miles?|km|cm|mm|kg)\b)?"
)
ASIDE = re.compile(
    r"[,;(]?\s+(?:because|since|as|so|which|where|when|if|but|(?:and\s+)?not)\b|[,;]\s+(?!or\b|and\b)(?=[A-Za-z]{3})"
)
"""Where what is said of the answer begins, after the answer."""
PROSE = re.compile(r"(?<![\\{A-Za-z])[A-Za-z]{3,}")


def candidates(response: str) -> Iterator[str]:
    """What may be the final answer, the likeliest first; nothing where there is none."""
    text = LISTED.sub("", response[-LOOKED_AT:])
    if boxed := _boxed(text):
        yield boxed
        return
    before, mark, after = text.rpartition("####")
    if mark and after.strip():
        line = after.strip().splitlines()[0].strip(" *")
        yield from (line, *_inside(line))
        return
    if said := _called(text):
        formulas = _formulas(said)
        yield from (
            *(formulas if len(formulas) == 1 else ()),
            ASIDE.split(said)[0],
            *_inside(said),
            *_first_words(said),
        )
        return
    yield from _last(text)


def _boxed(text: str) -> str:
    r"""What is in the last \boxed{...}, with the braces in it; or what follows one without braces."""
    boxes = list(BOX.finditer(text))
    if not boxes:
        return ""
    start = boxes[-1].end()
    if text[start : start + 1] != "{":
        bare = UNBRACED.match(text, start)
        return bare[0] if bare else ""
    return text[start + 1 : _closing(text, start)].strip()


def _closing(text: str, start: int) -> int:
    """Where the brace at `start` is closed; the end where it is not."""
    depth, at = 0, start
    while at < len(text):
        if text[at] == "\\":
            at += 1
        else:
            depth += (text[at] == "{") - (text[at] == "}")
            if depth == 0:
                return at
        at += 1
    return at


def _called(text: str) -> str:
    """What the response calls its answer, to the end of the sentence."""
    last = None
    for last in CALLED.finditer(text):  # noqa: B007
        pass
    if last is None:
        return ""
    sentence = SENTENCE.match(text, last.end())
    return (sentence[0] if sentence else "").strip(" *:")


def _formulas(text: str) -> list[str]:
    """The formulas between dollar signs and such; two sums of money with words between are none."""
    found = (next(part for part in match.groups() if part is not None) for match in FORMULA.finditer(text))
    return [each for each in found if not PROSE.search(each)]


def _inside(text: str) -> Iterator[str]:
    """The first number in a phrase, with its unit."""
    if number := NUMBER.search(text):
        yield number[0]


def _first_words(text: str) -> Iterator[str]:
    """A phrase up to its first comma or bracket."""
    yield re.split(r"[,(;]", text)[0].strip()


def _last(text: str) -> Iterator[str]:
    """A last line that is nothing but a formula; else the formula or the number that comes last."""
    line = text.rstrip().rpartition("\n")[2].strip()
    if "\\" in line and len(line) <= SHORT and not re.search(r"[=$]|\\[()\[\]]", line) and not PROSE.search(line):
        yield line
        return
    formulas = [match for match in FORMULA.finditer(text) if not PROSE.search(match[0])]
    numbers = list(NUMBER.finditer(text))
    if formulas and (not numbers or numbers[-1].start() < formulas[-1].end()):
        yield next(part for part in formulas[-1].groups() if part is not None)
    elif numbers:
        yield numbers[-1][0]
