"""What is sent to an endpoint, and what comes back: JSON on one side, our types on the other.

Nothing is believed of an answer until it was looked at: servers send empty bodies, half a body and error pages with
status 200. What cannot be read is `Malformed` and may be asked for again.

    chat_body("llama", chat, 4, 17, sampling, 62)        the body of a chat completion
    read_answers(found)                                  Answers
    head_body("classify", "rm", chat); read_values("classify", found)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sdg_ray.engines import LARGEST, Answer, Answers, BadRow, Sampling, Values
from sdg_ray.engines.users_turn import Opened
from sdg_ray.errors import Refused
from sdg_ray.record import Chat, storable

HEADS = ("classify", "pooling", "nim")
ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")  # the order of a NIM's five values
STOPS = {"stop", "eos_token", "stop_sequence", "tool_calls", "function_call"}
CUT = {"length", "max_tokens", "repetition"}


class Malformed(ValueError):
    """An answer with status 200 that is none; the message says what is odd."""


def chat_body(model: str, chat: Chat | Opened, n: int, seed: int, sampling: Sampling, seed_bits: int) -> dict[str, Any]:
    """The body for `n` candidates with the seeds `seed`, `seed` + 1, ... as servers that take both number them."""
    asked = {"prompt": chat.tokens} if isinstance(chat, Opened) else {"messages": chat}
    body: dict[str, Any] = {
        "model": model,
        **asked,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
    }
    if n > 1:  # some servers refuse the very word
        body["n"] = n
    if seed_bits:
        body["seed"] = seed % 2**seed_bits
    return body | _more(sampling.more)


def head_body(head: str, model: str, chat: Chat) -> dict[str, Any]:
    """The body for a head's raw values, which vLLM would put through a softmax by default."""
    if head == "nim":
        return {"model": model, "messages": chat}
    body = {"model": model, "messages": chat, "use_activation": False}
    return body if head == "classify" else body | {"task": "classify", "encoding_format": "float"}


def parsed(text: str) -> Mapping[str, Any]:
    """A body as JSON. Raises `Malformed`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(f"answered with {'an empty body' if not text.strip() else 'what is no JSON'}") from None
    if not isinstance(found, dict):
        raise Malformed("answered with JSON that is no object")
    return found


def read_answers(found: Mapping[str, Any]) -> Answers:
    """The candidates, in order. Raises `Malformed`, and `BadRow` where the server would not give a single one."""
    choices = _objects(found, "choices")
    choices = sorted(choices, key=lambda each: each["index"] if isinstance(each.get("index"), int) else 0)
    made, usage = [_candidate(choice) for choice in choices], _usage(found)
    lengths = _lengths(choices, [each.text for each in made], usage.get("completion_tokens", 0))
    made = [replace(each, tokens=tokens) for each, tokens in zip(made, lengths, strict=True)]
    return at_least_one(Answers(candidates=made, prompt_tokens=usage.get("prompt_tokens", 0)))


def at_least_one(answers: Answers) -> Answers:
    """The same. Raises `BadRow` where not one candidate could be had."""
    if all(each.error for each in answers.candidates):
        raise BadRow(answers.candidates[0].error)
    return answers


def unanswered(why: str) -> Answer:
    """A candidate that could not be had."""
    return Answer(text="", finish="error", tokens=0, error=why)


def read_values(head: str, found: Mapping[str, Any]) -> Values:
    """The head's raw values. Raises `Malformed`, `BadRow` for NaN, and `Refused` where the model has no such head."""
    tokens = _usage(found).get("prompt_tokens", 0)
    if head == "nim":
        return Values(values=_nim(_objects(found, "choices")[0]), prompt_tokens=tokens)
    first = _objects(found, "data")[0]
    values = first.get("probs" if head == "classify" else "data")
    if isinstance(values, list) and len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if not isinstance(values, list) or not values or not all(_is_number(value) for value in values):
        raise Malformed("answered without the values of a head")
    return Values(values=[float(value) for value in values], prompt_tokens=tokens)


def _more(options: Mapping[str, Any]) -> dict[str, Any]:
    """Further options by the server's names. A JSON schema goes in the form that all servers know, vLLM's among them;
    what else an answer can be held to (regex, choice, grammar) only vLLM knows, under the name it has here."""
    held = dict(options.get("structured_outputs", {}))
    body = {key: value for key, value in options.items() if key != "structured_outputs"}
    schema = held.pop("json", None)
    if schema is not None:
        schema = json.loads(schema) if isinstance(schema, str) else schema
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return body | ({"structured_outputs": held} if held else {})


def _objects(found: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    listed = found.get(key)
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise Malformed(f"answered without {key}")
    return listed


def _message(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    message = choice.get("message", {"content": choice["text"]} if "text" in choice else None)  # a prompt's has a text
    if not isinstance(message, dict) or not isinstance(message.get("content"), str | None):
        raise Malformed("answered with a choice that has no message")
    return message


def _candidate(choice: Mapping[str, Any]) -> Answer:
    """What a choice says; its tokens are not counted yet."""
    message, reason = _message(choice), choice.get("finish_reason")
    if refusal := message.get("refusal"):
        return unanswered(f"refused by the model: {refusal}")
    if reason == "content_filter":
        return unanswered("refused by the endpoint: its content filter ended the answer")
    if reason not in STOPS and reason not in CUT:
        raise Malformed(f"answered with finish_reason {reason!r}")
    text = storable(message.get("content") or "")
    return Answer(text=text, finish="stop" if reason in STOPS else "length", tokens=0)


def _usage(found: Mapping[str, Any]) -> dict[str, int]:
    usage = found.get("usage")
    counts = usage.items() if isinstance(usage, dict) else ()
    return {name: count for name, count in counts if type(count) is int and 0 <= count < 2**31}  # others are no counts


def _lengths(choices: Sequence[Mapping[str, Any]], texts: Sequence[str], total: int) -> list[int]:
    """Tokens of each candidate: counted where the server gives their ids, else the total shared out by length of text.

    A server counts the candidates of one request together; what is shared out adds up to its count.
    """
    ids = [choice.get("token_ids") for choice in choices]
    if all(isinstance(each, list) for each in ids):
        return [len(each or []) for each in ids]
    weights, shared, past, whole = [len(text) + 1 for text in texts], 0, 0, 0
    lengths = []
    for weight in weights:
        past += weight
        whole = total * past // sum(weights)
        lengths.append(whole - shared)
        shared = whole
    return lengths


def _nim(choice: Mapping[str, Any]) -> list[float]:
    """The five values of `helpfulness:1.617,correctness:1.648,...`; older servers put them where logprobs go."""
    content = _message(choice).get("content") or ""
    pairs = dict(pair.rsplit(":", 1) for pair in content.split(",") if ":" in pair)
    found = {name.strip(): _number(value) for name, value in pairs.items()} or _logprobs(choice)
    values = [value for name in ATTRIBUTES if (value := found.get(name)) is not None]
    if len(values) == len(ATTRIBUTES):
        return values
    if not content.strip():
        raise Malformed("answered without the five attributes")
    raise Refused(
        "does not answer helpfulness:...,correctness:... as head=nim wants it, which is for such reward models; "
        f"it answered {content!r}"
    )


def _logprobs(choice: Mapping[str, Any]) -> dict[str, float | None]:
    listed = (choice.get("logprobs") or {}).get("content") if isinstance(choice.get("logprobs"), dict) else None
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {str(each.get("token")).strip(): _number(each.get("logprob")) for each in entries}


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < LARGEST)  # JSON's may be too large for a float
