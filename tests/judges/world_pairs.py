"""Files in the benchmarks' published formats, made up of the pocket world, where it is known which answer is right."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdg_ray.pocket.corpus import grades
from sdg_ray.scorers.reward_model import ATTRIBUTES

SPOILED = ("wrong", "slip", "elsewhere", "cut")


def reward_bench_rows(n: int, subsets: Sequence[str], kinds: Sequence[str] = ("fact", "arithmetic")) -> list[dict]:
    """A right and a spoiled answer to the same held-out question, `n` times."""
    rng, rows = random.Random("reward bench"), list[dict[str, Any]]()
    while len(rows) < n:
        state, kind = rng.random(), rng.choice(kinds)
        good, bad = (
            grades.graded(random.Random(state), held_out=True, kind=kind, how=how)
            for how in ("right", rng.choice(SPOILED))
        )
        if bad.labels[1] < good.labels[1] and good.turns[:-1] == bad.turns[:-1]:
            rows.append(
                {
                    "prompt": [{"role": role, "content": text} for role, text in good.turns[:-1]],
                    "chosen": good.turns[-1][1],
                    "chosen_model": "world",
                    "rejected": bad.turns[-1][1],
                    "rejected_model": bad.how,
                    "subset": subsets[len(rows) % len(subsets)],
                    "id": len(rows),
                }
            )
    return rows


def help_steer_rows(n: int) -> list[dict[str, Any]]:
    """Graded answers, `n` of them; a conversation of several turns is written as HelpSteer2 writes it."""
    rng, rows = random.Random("help steer"), list[dict[str, Any]]()
    for _ in range(n):
        made = grades.graded(rng, held_out=True)
        (_, first), *later = [turn for turn in made.turns[:-1] if turn[0] != "system"]
        prompt = first + "".join(f"\n<extra_id_1>{role.title()}\n{text}" for role, text in later)
        labels = dict(zip(ATTRIBUTES, made.labels, strict=True))
        rows.append({"prompt": prompt, "response": made.turns[-1][1], **labels})
    return rows


def written(path: Path, rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as lines of JSON."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)
