"""UltraFeedback, binarised: both conversations in full, with their scores.

preference   {prompt: "Why?", prompt_id, chosen: [user, assistant], rejected: [user, assistant],
              messages: [user, assistant], score_chosen, score_rejected}
"""

from typing import Any

import pyarrow as pa

from sdg_ray.export.example import Preference
from sdg_ray.export.formats.format import Format, Shape
from sdg_ray.record import CHAT

PREFERENCE = pa.schema(
    [
        ("prompt", pa.string()),
        ("prompt_id", pa.string()),
        ("chosen", CHAT),
        ("rejected", CHAT),
        ("messages", CHAT),
        ("score_chosen", pa.float32()),
        ("score_rejected", pa.float32()),
    ]
)


def preference(example: Preference) -> dict[str, Any]:
    """`messages` is the chosen one again, for SFT; `prompt` is the first thing that the user says."""
    asked = next(message["content"] for message in example.prompt if message["role"] == "user")
    return {
        "prompt": asked,
        "prompt_id": example.chosen.prompt_id,
        "chosen": example.chosen.messages,
        "rejected": example.rejected.messages,
        "messages": example.chosen.messages,
        "score_chosen": example.chosen.score,
        "score_rejected": example.rejected.score,
    }


FORMAT = Format(
    title="UltraFeedback (binarised)",
    files="parquet",
    sets={"preference": Shape(kind="preference", row=preference, schema=PREFERENCE)},
)
