"""NeMo-RL: PreferenceDataset (ranks), BinaryPreferenceDataset (two texts) and the OpenAI format of its SFT.

    preference   {context: [user], completions: [{rank: 0, completion: [assistant], reward}, {rank: 1, ...}]}
    binary       {prompt: [user], chosen: "...", rejected: "..."}
    sft          {messages: [user, assistant]}

`reward` is what RPO asks for, and is there where both are known. No row has a `task_name`: the readers add that column
themselves, and fail where there is one.
"""

from typing import Any

from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.export.formats.format import Format, Shape, rounded


def preference(example: Preference) -> dict[str, Any]:
    """The better completion has the lower rank."""
    answers = (example.chosen, example.rejected)
    completions: list[dict[str, Any]] = [
        {"rank": rank, "completion": answer.response} for rank, answer in enumerate(answers)
    ]
    if all(answer.score is not None for answer in answers):
        for completion, answer in zip(completions, answers, strict=True):
            completion["reward"] = rounded(answer.score)
    return {"context": example.prompt, "completions": completions}


def binary(example: Preference) -> dict[str, Any] | None:
    """Each answer as a text; an answer of several turns is none."""
    if max(len(example.chosen.response), len(example.rejected.response)) > 1:
        return None
    chosen, rejected = (answer.response[0]["content"] for answer in (example.chosen, example.rejected))
    return {"prompt": example.prompt, "chosen": chosen, "rejected": rejected}


def sft(example: Demonstration) -> dict[str, Any]:
    """A conversation."""
    return {"messages": example.messages}


FORMAT = Format(
    title="NeMo-RL",
    files="jsonl",
    sets={
        "preference": Shape(kind="preference", row=preference),
        "binary": Shape(kind="preference", row=binary),
        "sft": Shape(kind="sft", row=sft),
    },
)
