"""The record: one row is one prompt, together with everything that has happened to it.

A stage adds columns; it never adds, drops or reorders rows. So `prompt_id` names a row in every file of a run, and a
filter is a column, not a deletion. What belongs to a candidate answer is a list with one element per candidate, in the
same order in every such column of the row:

    prompt        [{role: user, content: "What is 17 + 25?"}]
    responses     [[{role: assistant, content: "The answer is 42."}], [{role: assistant, content: "It is 41."}]]
    answered      [{model: pocket-instruct, finish: stop, tokens: 9, ...}, {...}]
    score_reward  [4.1, null]        null: could not be told. A failure is never a zero.
    keep, reason  [true, false], [null, "reward: not scored"]
    pairs         [{chosen: 0, rejected: 1, margin: 2.3, by: reward}]
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pyarrow as pa


class Message(TypedDict):
    """One turn of a conversation; the role is system, user or assistant."""

    role: str
    content: str


Chat = list[Message]

MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
CHAT = pa.list_(MESSAGE)
ORIGIN = pa.struct(
    [
        ("source", pa.string()),
        ("item", pa.string()),
        ("path", pa.list_(pa.string())),
        ("template", pa.string()),
        ("model", pa.string()),
        ("licence", pa.string()),
        ("seed", pa.int64()),
        ("parents", pa.list_(pa.string())),  # the texts it was made from
        ("own", pa.string()),  # what is the prompt's own, where the rest is a document: this is compared with others
    ]
)
ANSWER = pa.struct(
    [
        ("model", pa.string()),
        ("seed", pa.int64()),
        ("finish", pa.string()),  # stop, length or error
        ("prompt_tokens", pa.int32()),
        ("tokens", pa.int32()),
        ("error", pa.string()),  # why there is no text, where finish is error
    ]
)
PAIR = pa.struct([("chosen", pa.int32()), ("rejected", pa.int32()), ("margin", pa.float32()), ("by", pa.string())])

PROMPT_ID = pa.field("prompt_id", pa.string(), nullable=False)
PROMPT = pa.schema(
    [
        PROMPT_ID,
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("prompt", CHAT, nullable=False),  # ends with a user turn; empty where there is an error
        pa.field("reference", pa.string()),  # what a verifier may compare with
        pa.field("origin", ORIGIN),
        pa.field("error", pa.string()),  # why this slot has no prompt: a row, not a gap
    ]
)
RESPONSES = pa.schema([("responses", pa.list_(CHAT)), ("answered", pa.list_(ANSWER))])
SELECTION = pa.schema([("keep", pa.list_(pa.bool_())), ("reason", pa.list_(pa.string()))])
PAIRS = pa.schema([("pairs", pa.list_(PAIR))])


def hashed(*parts: object, bits: int = 96) -> str:
    """A short hexadecimal name for `parts`, the same on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=bits // 8).hexdigest()


def prompt_id(seed: int, family: str, item: str, index: int) -> str:
    """The name of prompt `index` made from seed item `item`: the same in every run, on every machine."""
    return hashed(seed, family, item, index)


def candidate_seed(seed: int, step: str, prompt_id: str) -> int:
    """The sampling seed of a prompt's first candidate; candidate i uses this plus i.

    62 random bits: seeds of neighbouring rows must not be consecutive, or row r's second candidate would repeat row
    r+1's first.
    """
    return int(hashed(seed, step, prompt_id, bits=64), 16) >> 2


def counts(table: pa.Table) -> dict[str, Any]:
    """What happened in one step's columns: numbers for the table of a run, by the columns that are there."""
    found: dict[str, Any] = {"rows": table.num_rows}
    errors: Counter[str] = Counter()
    if "error" in table.schema.names:
        errors.update(kind(text) for text in table["error"].to_pylist() if text)
    for name in table.schema.names:
        if name.startswith("answered"):
            rows = table[name].to_pylist()
            answers = [answer for row in rows for answer in row]
            found["asked"] = sum(map(bool, rows))
            found["unanswered"] = dict(Counter(kind(row[0]["error"] or "no reason") for row in rows if _lost(row)))
            found["tokens_in"] = sum(row[0]["prompt_tokens"] or 0 for row in rows if row)
            found["tokens_out"] = sum(answer["tokens"] or 0 for answer in answers)
        if name == "answered":  # those of one generator among several are counted where they are put together
            errors.update(kind(answer["error"]) for answer in answers if answer["error"])
            found["answers"] = sum(answer["finish"] != "error" for answer in answers)
        if name.startswith("score_"):
            found["scored"] = sum(score is not None for row in table[name].to_pylist() for score in row)
    if "dialogues" in table.schema.names:
        found |= _dialogues(table)
    if "keep" in table.schema.names:
        found["judged"] = sum(map(len, table["keep"].to_pylist()))
        found["kept"] = sum(map(sum, table["keep"].to_pylist()))
        reasons = (reason for row in table["reason"].to_pylist() for reason in row if reason)
        found["left_out"] = dict(Counter(reason.split(":")[0] for reason in reasons))
    if "pairs" in table.schema.names:
        found["pairs"] = sum(map(len, table["pairs"].to_pylist()))
        found["pairs_by"] = dict(Counter(pair["by"] for row in table["pairs"].to_pylist() for pair in row))
        found["paired_rows"] = sum(map(bool, table["pairs"].to_pylist()))
    return found | {"errors": dict(errors)}


def _dialogues(table: pa.Table) -> dict[str, int]:
    """What became of the dialogues that a step has held, and of the turns that their user's model wrote."""
    held = [about for row in table["dialogues"].to_pylist() for about in row]
    said = (message for row in table["responses"].to_pylist() for dialogue in row for message in dialogue)
    return {
        "dialogues": sum(answer["finish"] == "stop" for row in table["answered"].to_pylist() for answer in row),
        "user_turns": sum(message["role"] == "user" for message in said),
        "stripped": sum(about["stripped"] for about in held),
        "looped": sum(kind(about["ended"] or "") == "loop" for about in held),
    }


def _lost(candidates: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a row was asked and every answer ended as an error."""
    return bool(candidates) and all(answer["finish"] == "error" for answer in candidates)


def storable(text: str) -> str:
    """The text with a question mark for each half of a character, which JSON can say but no file can hold."""
    return text.encode(errors="replace").decode()


def kind(error: str) -> str:
    """What sort of error a row's error is: the part before its first colon, which recurs from row to row."""
    return error.split(":")[0]


def no_answer(model: str, seed: int, error: str) -> Mapping[str, Any]:
    """The `answered` entry of a candidate that could not be made."""
    return {"model": model, "seed": seed, "finish": "error", "prompt_tokens": 0, "tokens": 0, "error": error}
