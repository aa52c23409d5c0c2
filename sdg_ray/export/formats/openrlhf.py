"""OpenRLHF with chats: `--apply_chat_template --prompt_key prompt`, and for SFT `--input_key input --multiturn`.

preference   {prompt: [user], chosen: [assistant], rejected: [assistant], margin}
sft          {input: [user, assistant]}
"""

from typing import Any

from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.export.formats.format import Format, Shape, rounded


def preference(example: Preference) -> dict[str, Any]:
    """The answers are put after the prompt by the reader; the margin is for its reward model."""
    return {
        "prompt": example.prompt,
        "chosen": example.chosen.response,
        "rejected": example.rejected.response,
        "margin": rounded(example.margin),
    }


def sft(example: Demonstration) -> dict[str, Any]:
    """A conversation; without an output key its last turn is what is learnt, with --multiturn every answer."""
    return {"input": example.messages}


FORMAT = Format(
    title="OpenRLHF",
    files="jsonl",
    sets={"preference": Shape(kind="preference", row=preference), "sft": Shape(kind="sft", row=sft)},
)
