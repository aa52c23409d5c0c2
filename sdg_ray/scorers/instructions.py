"""Whether an answer follows the instructions in its reference, by the 25 checkers of `sdg_ray.instructions`.

    reference {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    "So it is." -> 1.0,  "Well, no." -> 0.0

Of a conversation the last answer is checked.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from sdg_ray.instructions import check, check_loose
from sdg_ray.record import Chat
from sdg_ray.scorers import Opinion, text_of

FOLLOWED = pa.struct([("id", pa.string()), ("strict", pa.bool_()), ("loose", pa.bool_())])


@dataclass(frozen=True, kw_only=True)
class Instructions:
    """1 where every instruction is followed to the letter, 0 where one is not; no score without instructions.

    The parts are the benchmark's four figures for one answer, and what became of each instruction. Loose: a first
    line, a last line and asterisks may be left out.
    """

    name: str = "instructions"

    parts = pa.struct(
        [
            ("prompt_strict", pa.float32()),
            ("prompt_loose", pa.float32()),
            ("instruction_strict", pa.float32()),
            ("instruction_loose", pa.float32()),
            ("followed", pa.list_(FOLLOWED)),
        ]
    )

    def check(self) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Instructions":
        """Nothing is loaded."""
        return self

    async def score(self, prompt: Chat, responses: Sequence[Chat], reference: str | None) -> list[Opinion]:
        """The answers to one prompt, by its instructions."""
        return [_opinion(reference or "", text_of(response)) for response in responses]


def _opinion(reference: str, answer: str) -> Opinion:
    try:
        strict = check(reference, answer)
        loose = strict if all(strict) else check_loose(reference, answer)
    except (ValueError, TypeError, RecursionError):  # no reference of instructions, or arguments of another type
        return Opinion(score=None)
    if not strict:
        return Opinion(score=None)
    return Opinion(score=float(all(strict)), parts=_parts(_ids(reference), strict, loose))


def _ids(reference: str) -> list[str]:
    return list(map(str, json.loads(reference)["instruction_id_list"]))


def _parts(ids: Sequence[str], strict: Sequence[bool], loose: Sequence[bool]) -> dict[str, object]:
    """The four figures, and each instruction; what is followed strictly is followed loosely."""
    loose = [one or other for one, other in zip(strict, loose, strict=True)]
    each = zip(ids, strict, loose, strict=True)
    return {
        "prompt_strict": float(all(strict)),
        "prompt_loose": float(all(loose)),
        "instruction_strict": sum(strict) / len(strict),
        "instruction_loose": sum(loose) / len(loose),
        "followed": [{"id": id, "strict": one, "loose": other} for id, one, other in each],
    }
