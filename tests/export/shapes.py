"""The documented shape of a row, by format and set, as JSON schemas."""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}


def record(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": sorted(required),
        "additionalProperties": False,
    }


def chat(last: str, *, at_least: int = 1) -> dict[str, Any]:
    """Messages, of which the last is of a role."""
    message = record({"role": {"enum": ["system", "user", "assistant"]}, "content": TEXT})
    return {"type": "array", "items": message, "minItems": at_least, "last": last}


ASKED, ANSWER, TALK = chat("user"), chat("assistant"), chat("assistant", at_least=2)
COMPLETION = {"completion": ANSWER, "reward": NUMBER}
TURN = record({"from": {"enum": ["User", "Assistant"]}, "value": TEXT})
TEMPLATED = {"type": "string", "pattern": r"\A<extra_id_0>System\n(.|\n)*\n<extra_id_1>User\n(.|\n)*Assistant\n\Z"}
ENDED = {"type": "string", "pattern": r"\n<extra_id_1>\Z"}

SHAPES: dict[tuple[str, str], dict[str, Any]] = {
    ("trl", "sft"): record({"messages": TALK, "prompt_id": TEXT}),
    ("trl", "preference"): record(
        {"prompt": ASKED, "chosen": ANSWER, "rejected": ANSWER, "prompt_id": TEXT},
        margin=NUMBER,
        score_chosen=NUMBER,
        score_rejected=NUMBER,
    ),
    ("nemo_rl", "sft"): record({"messages": TALK}),
    ("nemo_rl", "binary"): record({"prompt": ASKED, "chosen": TEXT, "rejected": TEXT}),
    ("nemo_rl", "preference"): record(
        {
            "context": ASKED,
            "completions": {
                "type": "array",
                "prefixItems": [record({"rank": {"const": rank}} | COMPLETION) for rank in (0, 1)],
                "minItems": 2,
                "maxItems": 2,
            },
        }
    ),
    ("nemo_aligner", "preference"): record(
        {
            "prompt": TEMPLATED,
            "chosen_response": ENDED,
            "rejected_response": ENDED,
            "chosen_reward": NUMBER,
            "rejected_reward": NUMBER,
            "prompt_id": TEXT,
        }
    ),
    ("nemo_aligner", "sft"): record(
        {
            "system": TEXT,
            "mask": {"const": "User"},
            "conversations": {"type": "array", "items": TURN, "minItems": 2},
            "prompt_id": TEXT,
        }
    ),
    ("openrlhf", "preference"): record({"prompt": ASKED, "chosen": ANSWER, "rejected": ANSWER, "margin": NUMBER}),
    ("openrlhf", "sft"): record({"input": TALK}),
    ("ultrafeedback", "preference"): record(
        {
            "prompt": TEXT,
            "prompt_id": TEXT,
            "chosen": TALK,
            "rejected": TALK,
            "messages": TALK,
            "score_chosen": NUMBER,
            "score_rejected": NUMBER,
        }
    ),
    ("openai", "sft"): record({"messages": TALK}),
}


def fits(row: Any, shape: dict[str, Any]) -> None:
    """Fail where a row is not of a shape; a chat also has to end with the turn that it should."""
    import jsonschema

    jsonschema.validate(row, shape)
    for key, part in shape["properties"].items():
        if "last" in part:
            assert row[key][-1]["role"] == part["last"], key
