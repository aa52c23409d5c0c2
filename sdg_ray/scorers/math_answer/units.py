r"""What stands behind a number: units, currency, percent, degrees.

unit("square centimeters")    "cm^2"
unit("eggs a day")            "": nothing that has to agree
clash("cm", "m")              True: both are known, and they are not the same
"""

import re
from types import MappingProxyType

_WORDS = """
mm: millimeter millimetre
cm: centimeter centimetre
dm: decimeter decimetre
m: meter metre
km: kilometer kilometre
in: inch inche
ft: foot feet
yd: yard
mi: mile
mg: milligram
g: gram
kg: kilogram
lb: pound
oz: ounce
ml: milliliter millilitre mL
l: liter litre L
gal: gallon
s: second sec
min: minute
h: hour hr
day:
week:
month:
year: yr
dollar: USD
cent:
euro: EUR
deg: degree
rad: radian
"""
PREFIXED = MappingProxyType({"$": "dollar", "€": "euro", "£": "pound sterling", "¥": "yen"})
PERCENT, DEGREES = "%", "deg"
POWERS = MappingProxyType({"square": "^2", "squared": "^2", "sq": "^2", "cubic": "^3", "cubed": "^3"})


def _aliases() -> dict[str, str]:
    lines = (line.split(":") for line in _WORDS.strip().splitlines())
    return {word: short for short, words in lines for word in (short, *words.split())}


ALIASES = MappingProxyType(_aliases())
SHORT = frozenset(word for word in ALIASES if 2 <= len(word) <= 3) | {"mph", "sq", "hrs", "lbs", "yds", "mins", "secs"}
"""What is a unit and no product of letters, where it follows a number."""
TOKEN = re.compile(r"[A-Za-z]+\.?|[/^%]|[23]")


def unit(text: str) -> str:
    """The unit that a text speaks of, in one spelling; nothing where it speaks of none."""
    spoken = text.replace("mph", "mi/h").replace("kph", "km/h")
    tokens = TOKEN.findall(re.sub(r"\bper\b", "/", spoken).replace("{", "").replace("}", ""))
    found, before = "", ""
    for token in tokens:
        word = token.rstrip(".")
        if word in POWERS:
            found, before = (found + POWERS[word], "") if word.endswith("ed") else (found, POWERS[word])
        elif token in "/^%23":
            found += token
        elif (known := _known(word)) is not None:
            found, before = found + known + before, ""
        else:
            return _before_others(found)
    return found.rstrip("/")


def clash(one: str, other: str) -> bool:
    """Whether both are known and differ; "dollars" and "dollars per day" do not, where one says less."""
    if "/" in one and "/" in other:
        return one != other
    (one, *_), (other, *_) = one.split("/"), other.split("/")
    return bool(one and other and one != other)


def _known(word: str) -> str | None:
    """The short form of a unit; plural or not."""
    for form in (word, word.lower(), word.lower().removesuffix("s")):
        if form in ALIASES:
            return ALIASES[form]
    return None


def _before_others(found: str) -> str:
    """A unit in front of further words: "hours and no more"; but no half of a quotient, nor what is a word, too."""
    return "" if "/" in found or found == "in" else found
