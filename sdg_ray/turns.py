"""Turns as text: a conversation written out, a user's turn cleaned, and whether somebody says the same thing again.

    User: Name two islands.

    Assistant: 1. Farholm
        2. Grindle

Every further line of a turn is indented: a label that begins a line is a turn's, and no text can fake one.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from sdg_ray.record import Chat

INDENT = "\n    "
LABEL = re.compile(r"\A\s*(\*\*)?(the )?(next )?user('s)?( next)?( turn)?\s*(?(1)(\*\*:|:\*\*)|:)\s*", re.IGNORECASE)
NEXT_SPEAKER = re.compile(r"\n\s*(?:\*\*)?(?:user|assistant)\s*(?:\*\*)?:", re.IGNORECASE)


def history(chat: Chat) -> str:
    """What was said, as the user has seen it: without a system turn, one paragraph for each turn."""
    seen = (message for message in chat if message["role"] != "system")
    return "\n\n".join(
        f"{message['role'].title()}: {INDENT.join(message['content'].strip().splitlines())}" for message in seen
    )


def users_own(text: str) -> tuple[str, bool]:
    """The user's turn in what a model wrote for one, without a label; and whether it went on with other turns."""
    own, *others = NEXT_SPEAKER.split(LABEL.sub("", text), maxsplit=1)
    return own.strip(), bool(others)


def without_openers(text: str, openers: Sequence[re.Pattern[str]]) -> str:
    """`text` from where it comes to the point: openers are taken off until none is left or nothing else would be."""
    rest = text
    while rest and (found := next((match for each in openers if (match := each.match(rest)) and match.end()), None)):
        text, rest = rest, _sentence(rest[found.end() :].strip())
    return rest or text


def repeats(text: str, role: str, chat: Chat, limit: float) -> bool:
    """Whether a turn of the same role in `chat` has so many words in common, in order, that their ratio is `limit`."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_words(text))
    for earlier in (message["content"] for message in chat if message["role"] == role):
        matcher.set_seq1(_words(earlier))
        if matcher.quick_ratio() >= limit and matcher.ratio() >= limit:
            return True
    return False


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text.lower())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
