"""TRL, conversational: what SFTTrainer, DPOTrainer and RewardTrainer read without being told anything.

sft          {messages: [user, assistant], prompt_id}
preference   {prompt: [user], chosen: [assistant], rejected: [assistant], margin, score_chosen, score_rejected,
              prompt_id}

The trainers leave columns alone that they do not know; `prompt_id` says which prompt of the run a row is from.
"""

from typing import Any

import pyarrow as pa

from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.export.formats.format import Format, Shape
from sdg_ray.record import CHAT

SFT = pa.schema([("messages", CHAT), ("prompt_id", pa.string())])
PREFERENCE = pa.schema(
    [
        ("prompt", CHAT),
        ("chosen", CHAT),
        ("rejected", CHAT),
        ("margin", pa.float32()),
        ("score_chosen", pa.float32()),
        ("score_rejected", pa.float32()),
        ("prompt_id", pa.string()),
    ]
)


def sft(example: Demonstration) -> dict[str, Any]:
    """A conversation; the chat template says which turns are learnt."""
    return {"messages": example.messages, "prompt_id": example.prompt_id}


def preference(example: Preference) -> dict[str, Any]:
    """The answers without the prompt, which stands by itself."""
    return {
        "prompt": example.prompt,
        "chosen": example.chosen.response,
        "rejected": example.rejected.response,
        "margin": example.margin,
        "score_chosen": example.chosen.score,
        "score_rejected": example.rejected.score,
        "prompt_id": example.chosen.prompt_id,
    }


FORMAT = Format(
    title="TRL",
    files="parquet",
    sets={
        "preference": Shape(kind="preference", row=preference, schema=PREFERENCE),
        "sft": Shape(kind="sft", row=sft, schema=SFT),
    },
)
