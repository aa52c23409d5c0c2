"""OpenAI chat, one conversation a line: what most services and trainers take for supervised fine-tuning.

sft   {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]}
"""

from typing import Any

from sdg_ray.export.example import Demonstration
from sdg_ray.export.formats.format import Format, Shape


def sft(example: Demonstration) -> dict[str, Any]:
    """A conversation."""
    return {"messages": example.messages}


FORMAT = Format(title="OpenAI chat", files="jsonl", sets={"sft": Shape(kind="sft", row=sft)})
