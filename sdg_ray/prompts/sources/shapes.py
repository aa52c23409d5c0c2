"""The shapes that prompts and conversations have in other people's files, and what they become here.

ShareGPT       {"conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}]}
LMSYS-Chat-1M  {"conversation": [{"role": "user", "content": "Why?"}, ...], "openai_moderation": [{"flagged": false}]}
GSM8K          {"question": "...", "answer": "Half of 84 is 42.\n#### 42"}
MATH           {"problem": "...", "solution": "... so the sum is $\\boxed{\\frac{1}{2}}$."}

Each function raises ValueError, saying what is wrong, where something has another shape.
"""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from sdg_ray.record import Chat, Message

ROLES = ("system", "user", "assistant")
SPEAKERS = {"system": "system", "human": "user", "user": "user", "gpt": "assistant", "chatgpt": "assistant",
            "bing": "assistant", "bard": "assistant", "assistant": "assistant"}  # fmt: skip
CONVERSATIONS = ("conversations", "conversation", "messages")
"""The columns that a conversation may be in."""
BOX = re.compile(r"\\(?:boxed|fbox)\s*")
UNBRACED = re.compile(r"[^$\s{}]+")


def chat(content: Any) -> Chat:
    """A plain text or a list of messages, as a conversation."""
    if isinstance(content, str):
        content = [{"role": "user", "content": content}]
    if not isinstance(content, Sequence):
        raise ValueError(f"is {type(content).__name__}, neither text nor a list of messages")
    return [_message(each) for each in content]


def to_answer(content: Any) -> Chat:
    """A plain text or a list of messages that ends with a user's turn: a prompt."""
    said = chat(content)
    if not said or said[-1]["role"] != "user":
        raise ValueError("does not end with a user turn")
    if not said[-1]["content"].strip():
        raise ValueError("is empty")
    return said


def sharegpt(turns: Any) -> Chat:
    """The turns of ShareGPT, with its names of speakers, as a conversation."""
    if not isinstance(turns, Sequence) or isinstance(turns, str):
        raise ValueError(f"is {type(turns).__name__}, not a list of turns")
    named = [turn if "role" in _keys(turn) else _renamed(turn) for turn in turns]
    return chat(named)


def conversation(row: Any) -> Chat:
    """The conversation of a row, in whichever of the columns and shapes it is."""
    found = [name for name in CONVERSATIONS if name in _keys(row) and row[name] is not None]
    if not found:
        raise ValueError(f"has no {CONVERSATIONS[0]!r}; it has {', '.join(map(repr, _keys(row))) or 'nothing'}")
    return sharegpt(row[found[0]]) if found[0] == "conversations" else chat(row[found[0]])


def first_turn(row: Any) -> str | None:
    """What the user said first in the conversation of a row; None where somebody else began, or nobody said a thing."""
    said = [message for message in conversation(row) if message["role"] != "system"]
    if not said or said[0]["role"] != "user" or not said[0]["content"].strip():
        return None
    return said[0]["content"]


def flagged(row: Mapping[str, Any]) -> bool:
    """Whether the moderation of LMSYS-Chat-1M found any turn of a conversation unsafe."""
    found = row.get("openai_moderation")
    return isinstance(found, list) and any("flagged" in _keys(each) and each["flagged"] for each in found)


def final_answer(solution: Any) -> str:
    """The answer at the end of a solution: what follows #### in GSM8K, what is in the last box in MATH."""
    if not isinstance(solution, str):
        raise ValueError(f"has a solution that is {type(solution).__name__}, not text")
    before, mark, after = solution.rpartition("####")
    answer = after.strip() if mark else boxed(before + after)
    if not answer:
        raise ValueError("has a solution with an empty final answer")
    return answer


def boxed(solution: str) -> str:
    r"""What is in the last \boxed{...}, with the braces in it; or what follows a \boxed that has none."""
    boxes = list(BOX.finditer(solution))
    if not boxes:
        raise ValueError("has a solution with neither #### nor \\boxed")
    start = boxes[-1].end()
    if solution[start : start + 1] != "{":
        bare = UNBRACED.match(solution, start)
        return bare[0].rstrip(".,;") if bare else ""
    return solution[start + 1 : _closing(solution, start)].strip()


def _closing(text: str, start: int) -> int:
    """Where the brace at `start` is closed; one after a backslash is no brace of the language."""
    depth, place = 0, start
    while place < len(text):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
        place += 2 if text[place] == "\\" else 1
    raise ValueError("has a solution with a \\boxed{ that is not closed")


def _renamed(turn: Any) -> dict[str, Any]:
    """A turn of ShareGPT with the roles and keys that are used here."""
    if not {"from", "value"} <= _keys(turn):
        raise ValueError("has a turn without from and value")
    role = SPEAKERS.get(str(turn["from"]))
    if role is None:
        raise ValueError(f"has the speaker {turn['from']!r}; the speakers are {', '.join(SPEAKERS)}")
    return {"role": role, "content": turn["value"]}


def _message(message: Any) -> Message:
    if not {"role", "content"} <= _keys(message):
        raise ValueError("has a message without role and content")
    role, content = message["role"], message["content"]
    if role not in ROLES:
        raise ValueError(f"has the role {role!r}; the roles are {', '.join(ROLES)}")
    if not isinstance(content, str):
        raise ValueError(f"has a message whose content is {type(content).__name__}, not text")
    return {"role": role, "content": content}


def _keys(value: Any) -> Set[str]:
    """The keys of a mapping; of anything else none."""
    return value.keys() if isinstance(value, Mapping) else frozenset()
