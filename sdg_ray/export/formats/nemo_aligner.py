"""NeMo-Aligner: texts in the Nemotron chat template for DPO and RPO, and conversations for SFT.

    preference   {prompt: "<extra_id_0>System\\n\\n<extra_id_1>User\\nWhy?\\n<extra_id_1>Assistant\\n",
                  chosen_response: "So.\\n<extra_id_1>", rejected_response, chosen_reward, rejected_reward, prompt_id}
    sft          {system: "", mask: "User", conversations: [{from: User, value: "Why?"}, {from: Assistant, value: ...}],
                  prompt_id}

The rewards are there where both are known: a row that lacks them is taken for 1 and 0, so for RPO ask for rpo=true.
A text that holds a token of the template would be read as a turn of its own, and is left out.
"""

from collections.abc import Sequence
from typing import Any

from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.export.formats.format import Format, Shape, rounded
from sdg_ray.record import Chat, Message

SYSTEM, TURN = "<extra_id_0>", "<extra_id_1>"
RESERVED = "<extra_id_"


def preference(example: Preference) -> dict[str, Any] | None:
    """The prompt up to where the assistant speaks, and each answer up to the next turn."""
    answers = (example.chosen, example.rejected)
    if not all(_sayable(answer.messages) for answer in answers):
        return None
    chosen, rejected = (_turns(answer.response).removeprefix(_opening("assistant")) for answer in answers)
    row: dict[str, Any] = {
        "prompt": _head(example.prompt) + _opening("assistant"),
        "chosen_response": chosen + TURN,
        "rejected_response": rejected + TURN,
        "prompt_id": example.chosen.prompt_id,
    }
    if example.chosen.score is not None and example.rejected.score is not None:
        row["chosen_reward"] = rounded(example.chosen.score)
        row["rejected_reward"] = rounded(example.rejected.score)
    return row


def sft(example: Demonstration) -> dict[str, Any] | None:
    """A conversation of which the user's turns are not learnt."""
    if not _sayable(example.messages):
        return None
    turns = [{"from": message["role"].title(), "value": message["content"]} for message in _spoken(example.messages)]
    return {
        "system": _system(example.messages),
        "mask": "User",
        "conversations": turns,
        "prompt_id": example.prompt_id,
    }


def _head(prompt: Chat) -> str:
    return f"{SYSTEM}System\n{_system(prompt)}\n{_turns(_spoken(prompt))}"


def _turns(chat: Sequence[Message]) -> str:
    return "".join(f"{_opening(message['role'])}{message['content']}\n" for message in chat)


def _opening(role: str) -> str:
    return f"{TURN}{role.title()}\n"


def _system(chat: Chat) -> str:
    return "\n".join(message["content"] for message in chat if message["role"] == "system")


def _spoken(chat: Chat) -> Chat:
    return [message for message in chat if message["role"] != "system"]


def _sayable(chat: Chat) -> bool:
    return not any(RESERVED in message["content"] for message in chat)


FORMAT = Format(
    title="NeMo-Aligner",
    files="jsonl",
    sets={"preference": Shape(kind="preference", row=preference), "sft": Shape(kind="sft", row=sft)},
)
