"""How many: prompts and answers by how far they came, by family, by model, and by what was wrong with them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sdg_ray.report.figures.flat import Known
from sdg_ray.report.figures.measures import told
from sdg_ray.report.figures.numbers import OUTCOMES, Numbers

Row = dict[str, Any]


def funnel(run: Numbers) -> list[Row]:
    """How many prompts and answers came how far; a stage that the run has not is not there."""
    prompts, columns = run.prompts, run.known.columns
    made = prompts["error"] == 0
    rows = [
        ("planned", np.ones_like(made), None, True),
        ("with a prompt", made, None, True),
        ("unlike all others", made & (prompts["mark"] == 0), None, "mark" in columns),
        ("answered", prompts["answers"] > 0, prompts["answers"], "answered" in columns),
        ("scored", prompts["scored"] > 0, prompts["scored"], bool(run.scorers)),
        ("with an answer kept", prompts["kept"] > 0, prompts["kept"], "keep" in columns),
        ("with a pair", prompts["pairs"] > 0, prompts["pairs"], "pairs" in columns),
    ]
    return [
        {"stage": stage, "prompts": int(some.sum()), "answers": None if each is None else int(each.sum())}
        for stage, some, each, there in rows
        if there
    ]


def by_family(run: Numbers) -> list[Row]:
    """What became of each family's prompts and answers."""
    scorer = _first(run)
    found = []
    for name, code in sorted(run.known.family.items()):
        mine, answers = run.prompts["family"] == code, run.candidates["family"] == code
        outcome = np.bincount(run.prompts["outcome"][mine], minlength=len(OUTCOMES))
        found.append(
            {
                "family": name,
                "planned": int(mine.sum()),
                "used": int((mine & (run.prompts["mark"] == 0) & (run.prompts["error"] == 0)).sum()),
                "paired": int(outcome[OUTCOMES.index("paired")]),
                **_answers(run, answers, scorer),
            }
        )
    return found


def by_model(run: Numbers) -> list[Row]:
    """What became of each model's answers, and how often they are the chosen or the rejected one of a pair."""
    scorer = _first(run)
    found = []
    for name, code in run.known.model.items():
        mine = run.candidates["model"] == code
        ends = {end: int(mine[run.pairs[end]].sum()) for end in ("chosen", "rejected")}
        tokens = run.candidates["tokens"][mine & (run.candidates["finish"] == 1)]
        mean = float(tokens.mean()) if len(tokens) else None
        found.append({"model": name, "tokens": mean, **ends, **_answers(run, mine, scorer)})
    return found


def _answers(run: Numbers, mine: np.ndarray, scorer: str | None) -> Row:
    keep = run.candidates["keep"][mine]
    scores = told(run.attributes[scorer][mine]) if scorer else np.empty(0)
    return {
        "answers": int((run.candidates["finish"][mine] == 1).sum()),
        "failed": int((run.candidates["finish"][mine] == 0).sum()),
        "judged": int((keep >= 0).sum()),
        "kept": int((keep == 1).sum()),
        "scorer": scorer,
        "score": float(scores.mean()) if len(scores) else None,
    }


def _first(run: Numbers) -> str | None:
    """The scorer that stands for all in a table: the reward model if there is one."""
    return "reward" if "reward" in run.scorers else next(iter(run.scorers), None)


def named(codes: np.ndarray, names: Mapping[str, int]) -> list[Row]:
    """How often each name occurs, the most frequent first."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    rows = [{"name": name, "count": int(counts[code])} for name, code in names.items()]
    return sorted(rows, key=lambda row: -row["count"])


def errors(known: Known) -> list[Row]:
    """Errors by where and kind, each with the text of one."""
    return [
        {"where": where, "kind": kind, "count": count, "example": known.examples[where, kind][:500]}
        for (where, kind), count in known.errors.most_common(100)
    ]
